//! What goes wrong in the executor's own process: it takes its workers along, whatever they are doing.
//!
//! Such a process is this program, started once more. One of its workers is busy and one is idle.

use crate::cell::{Limit, Start, descendants, has_ended, kill_the_stopped, until};
use crate::task::{HOWS, How, Mine, PLACES, Place};
use poolproof_executors::process::ProcessExecutor;
use poolproof_harness::{CellFuture, Executor, STACKS_VARIABLE, ask_for_stacks};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

/// Whether these arguments are those of a parent; then it was one, and this program ends.
pub(crate) fn is_one(words: &[String]) -> bool {
    let [is_parent, start, directory, place, how] = words else { return false };
    if is_parent != "parent" {
        return false;
    }
    let start: Start = start.parse().expect("a start method");
    let (executor, busy) = one_busy_one_idle(start, directory);
    match (find(&PLACES, place), find(&HOWS, how)) {
        (Some(place), Some(how)) => {
            until("it is to strike", || Path::new(&format!("{directory}/strike")).exists());
            let future = executor.submit(Mine { place, how, go: None }).expect("accepted");
            panic!("this process goes on, and the task ended with {:?}", Limit::Set.outcome(&future));
        }
        _ => panic!("this process goes on, and the task ended with {:?}", Limit::Set.outcome(&busy)),
    }
}

/// The one that is called so.
fn find<V: Copy + std::fmt::Debug>(all: &[V], name: &str) -> Option<V> {
    all.iter().copied().find(|one| format!("{one:?}") == name)
}

/// An executor with two workers, and what one of them runs.
fn one_busy_one_idle(start: Start, directory: &str) -> (ProcessExecutor, CellFuture<crate::task::Report>) {
    let executor = ProcessExecutor::builder(2).start_method(start).open().expect("an executor");
    let calm = |go: &str| Mine { go: Some(format!("{directory}/{go}")), ..Mine::calm() };
    let [first, second] = [calm("one"), calm("two")].map(|mine| executor.submit(mine).expect("accepted"));
    Limit::Set.outcome(&first).expect("the first is let go");
    std::fs::write(format!("{directory}/idle"), "").expect("a file");
    (executor, second)
}

/// A parent that does not outlive this program's interest in it, should an assertion fail meanwhile.
struct Parent(Child);

impl Drop for Parent {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a parent; gives it and the processes below it, of which one is busy and one idle.
fn start_parent(start: Start, directory: &Path, place: &str, how: &str) -> (Parent, Vec<u32>) {
    let parent = Command::new(std::env::current_exe().expect("this program"))
        .args(["parent", &start.to_string(), &directory.display().to_string(), place, how])
        .env(STACKS_VARIABLE, directory)
        .stdout(Stdio::null())
        .spawn()
        .map(Parent)
        .expect("this program starts");
    until("both tasks run", || ["one", "two"].iter().all(|name| directory.join(format!("{name}.there")).exists()));
    std::fs::write(directory.join("one"), "").expect("a file");
    until("one worker is idle", || directory.join("idle").exists());
    let below = descendants(parent.0.id());
    let templates = usize::from(start != Start::Spawn);
    assert_eq!(below.len(), 2 + templates, "{start}: an idle worker, a busy one, and their template");
    (parent, below)
}

/// It is struck itself while it serialises a task, or rebuilds a result.
pub(crate) fn check(place: Place, how: How, start: Start) {
    let told = format!("{place:?} x {how:?} x {start}");
    eprintln!("{told}");
    let directory = tempfile::tempdir().expect("a directory");
    let (mut parent, below) = start_parent(start, directory.path(), &format!("{place:?}"), &format!("{how:?}"));
    std::fs::write(directory.path().join("strike"), "").expect("a file");
    if how == How::Stop {
        kill_the_stopped();
    }
    let mut ended = None;
    until("it has ended", || {
        ended = parent.0.try_wait().expect("it is ours");
        ended.is_some()
    });
    let status = ended.expect("it has ended");
    assert!(is_end_of(status, how), "{told}: {status}");
    until("all have ended", || below.iter().all(|pid| has_ended(*pid)));
}

/// Whether a process that ended so was struck in that way.
fn is_end_of(status: ExitStatus, how: How) -> bool {
    match how {
        How::Panic | How::Close => false,
        How::Exit => status.code() == Some(7),
        How::ExitNow => status.code() == Some(8),
        How::Abort => status.signal() == Some(libc::SIGABRT),
        How::Fault => status.signal() == Some(libc::SIGSEGV),
        How::Kill | How::Stop => status.signal() == Some(libc::SIGKILL),
    }
}

pub(crate) fn workers_leave_their_stacks_and_do_not_outlive_their_parent(start: Start) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    let (mut parent, below) = start_parent(start, path, "-", "-");
    // What an autopsy asks of workers, idle or not; a thread that gets no processor answers another time. Optimised,
    // the function is part of another one, and named without its modules.
    let serves = |frame: &String| frame.contains("serve at ") && frame.contains("process/worker.rs:");
    let leaves_a_stack = |pid: &&u32| {
        let threads = ask_for_stacks(**pid, path);
        threads.iter().any(|thread| thread.frames.iter().any(serves))
    };
    until("both workers leave their stacks", || below.iter().filter(leaves_a_stack).count() == 2);
    let killed = Instant::now();
    parent.0.kill().expect("it is ours");
    parent.0.wait().expect("it is ours");
    until("all have ended", || below.iter().all(|pid| has_ended(*pid)));
    println!("{start}: nobody is left {:.1} ms after the parent was killed", killed.elapsed().as_secs_f64() * 1e3);
}
