//! Threads leave their own stacks when they are asked, and no debugger helps here. Whoever does not
//! leave one is said why.

use poolproof_harness::{STACKS_VARIABLE, ThreadStack, ask_for_stacks, leave_stacks_on_request};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;

/// Says that this program is to be asked.
const ASKED: &str = "STACKS_ARE_ASKED_FOR";

#[inline(never)]
fn waits_for_the_end_of_its_input() {
    let _ = std::io::stdin().read(&mut [0]);
    // Not a call that could take the place of this frame.
    std::hint::black_box(());
}

/// What this program is when it is asked for its stacks; otherwise it passes at once.
#[test]
fn asked() {
    if std::env::var_os(ASKED).is_none() {
        return;
    }
    leave_stacks_on_request();
    let (deaf, is_deaf) = channel();
    let body = move || {
        // SAFETY: the set is written before it is read, and no thread but this one is concerned.
        #[allow(unsafe_code)]
        unsafe {
            let mut all: libc::sigset_t = std::mem::zeroed();
            libc::sigfillset(&raw mut all);
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, std::ptr::null_mut());
        }
        deaf.send(()).expect("somebody waits");
        loop {
            std::thread::park();
        }
    };
    std::thread::Builder::new().name("deaf".into()).spawn(body).expect("a thread can be started");
    is_deaf.recv().expect("it goes on");
    println!("ready");
    waits_for_the_end_of_its_input();
    std::process::exit(0);
}

/// A process that waits to be asked, and ends with this.
struct Asked(Child);

impl Asked {
    fn start(directory: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program can be found again"))
            .args(["--exact", "asked", "--nocapture"])
            .env(ASKED, "1")
            .env(STACKS_VARIABLE, directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it can be started");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let ready = lines.map_while(Result::ok).any(|line| line.contains("ready"));
        assert!(ready, "it ended before it was ready");
        Self(child)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the process answers in the end: a thread that gets no processor for a while answers when it
/// is asked again.
fn answers(process: u32, directory: &Path, wanted: impl Fn(&[ThreadStack]) -> bool) -> Vec<ThreadStack> {
    const OFTEN: u32 = 100;
    for _ in 0..OFTEN {
        let threads = ask_for_stacks(process, directory);
        if wanted(&threads) {
            return threads;
        }
    }
    panic!("it never answers as it must: {:#?}", ask_for_stacks(process, directory));
}

#[test]
fn a_thread_leaves_its_stack_and_its_frames_have_names() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Asked::start(directory.path());
    let waits = |thread: &ThreadStack| {
        let place = |frame: &String| {
            frame.contains("waits_for_the_end_of_its_input")
                && frame.contains(" at ")
                && frame.contains("tests/stacks.rs:")
        };
        thread.frames.iter().any(place) && thread.silent.is_none()
    };
    let threads = answers(process.0.id(), directory.path(), |threads| threads.iter().any(waits));
    // Innermost first, and without the frames of the question itself.
    let frames = &threads.iter().find(|thread| waits(thread)).expect("it was there").frames;
    // With its modules, or optimised without them.
    let is = |frame: &str, name: &str| frame.split(' ').next().is_some_and(|function| function.ends_with(name));
    let at = |name: &str| frames.iter().position(|frame| is(frame, name));
    let (inner, outer) = (at("waits_for_the_end_of_its_input"), at("asked"));
    assert!(inner.is_some() && inner < outer, "{frames:#?}");
    assert!(at("leave_stack").is_none(), "{frames:#?}");

    let deaf = threads.iter().find(|thread| thread.name == "deaf").expect("it is a thread of the process");
    assert_eq!((deaf.silent, deaf.frames.len()), (Some("it blocks signals"), 0));
}

#[test]
fn who_leaves_no_stack_is_said_why() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut sleeper = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().expect("there is such a program");
    // Until it has become that program, it is a copy of this one.
    let threads =
        answers(sleeper.id(), directory.path(), |threads| threads.iter().all(|thread| thread.name == "sleep"));
    assert!(threads.iter().all(|thread| thread.silent == Some("its program leaves no stacks")), "{threads:#?}");
    sleeper.kill().expect("it is there");
    sleeper.wait().expect("it ends");

    let process = Asked::start(directory.path());
    let number = process.0.id().cast_signed();
    // SAFETY: stops a child of this process, and waits until it has stopped.
    #[allow(unsafe_code)]
    unsafe {
        libc::kill(number, libc::SIGSTOP);
        libc::waitpid(number, std::ptr::null_mut(), libc::WUNTRACED);
    }
    let threads = ask_for_stacks(process.0.id(), directory.path());
    assert!(threads.len() >= 2 && threads.iter().all(|thread| thread.frames.is_empty()), "{threads:#?}");
    assert!(threads.iter().any(|thread| thread.silent == Some("it does not run")), "{threads:#?}");
}
