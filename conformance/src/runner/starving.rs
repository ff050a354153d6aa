//! Who hangs on a machine that is too busy for its warden, and who was not let run there.

use super::judge::judge;
use super::limits::Limits;
use super::listen::{Child, Silences, listen};
use super::protocol::Secret;
use super::watched::Watched;
use poolproof_harness::{Patience, Verdict};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::{fs, io, thread};

/// How much of the one processor a thread gets that all in this test share.
#[derive(Clone, Copy)]
enum Share {
    /// As much as the others.
    Fair,
    /// What the nicest gets.
    Nice,
    /// What nobody else wants.
    Rest,
}

impl Share {
    /// Gives it to the calling thread, and to what it starts.
    fn take(self) -> io::Result<()> {
        // SAFETY: system calls on the calling thread, with a set of processors and a parameter that
        // live on its stack; all-zero is a valid value of both.
        #[allow(unsafe_code)]
        let status = unsafe {
            let (mut set, size) = (std::mem::zeroed::<libc::cpu_set_t>(), size_of::<libc::cpu_set_t>());
            libc::sched_getaffinity(0, size, &raw mut set);
            let first = (0..size * 8).find(|&cpu| libc::CPU_ISSET(cpu, &set)).unwrap_or(0);
            libc::CPU_ZERO(&mut set);
            libc::CPU_SET(first, &mut set);
            let parameter = std::mem::zeroed::<libc::sched_param>();
            let taken = match self {
                Self::Fair => 0,
                Self::Nice => libc::setpriority(libc::PRIO_PROCESS, 0, 19),
                Self::Rest => libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const parameter),
            };
            libc::sched_setaffinity(0, size, &raw const set) | taken
        };
        if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

/// Turns for ever.
const CIRCLE: &str = "while :; do :; done";
/// Waits for what never comes.
const WAIT: &str = "read line";

/// A shell that runs a script, and is ended with this value.
struct Shell(std::process::Child);

impl Shell {
    fn run(script: &str, share: Share) -> Self {
        let mut command = Command::new("sh");
        // Whoever has an answer to that signal is not looked at by a debugger, which would take long here.
        command.args(["-c", &format!("trap : USR1; {script}")]).stdin(Stdio::piped());
        // SAFETY: it makes system calls only, allocates nothing and takes no lock.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(move || share.take());
        }
        Self(command.spawn().expect("a shell is there"))
    }

    /// Waits until it sleeps in its script.
    fn await_sleep(&self) {
        let status = || fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let trapped = |status: &str| status.lines().any(|line| line.starts_with("SigCgt:") && !line.ends_with("0000"));
        while !(status().contains("State:\tS") && trapped(&status())) {
            thread::yield_now();
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a warden sees of a process that never says anything.
fn watch(pid: u32) -> Watched {
    let (reports, _silent) = UnixStream::pair().expect("sockets can be made");
    let (runner, _there) = UnixStream::pair().expect("sockets can be made");
    let (output, _open) = io::pipe().expect("a pipe can be made");
    let (secret, stacks) = (Secret::default(), std::env::temp_dir());
    let child = Child { pid: pid.cast_signed(), reports, output, secret, stacks };
    let limits = Limits { memory: u64::MAX, processes: usize::MAX };
    listen(&child, &runner, Silences::of(Patience::ticks(25)), limits, None).expect("the runner is there")
}

#[test]
fn whoever_is_not_let_run_does_not_hang_and_whoever_waits_for_nothing_does() {
    // The warden gets so little that its ticks come late.
    let _crowd: Vec<_> = (0..4).map(|_| Shell::run(CIRCLE, Share::Fair)).collect();
    let watched = |shell: Shell| {
        let warden = thread::spawn(move || {
            Share::Nice.take().expect("anybody may be nice");
            let mut watched = watch(shell.0.id());
            // However late they came: that is another test's matter.
            let hang = watched.hang.as_mut().expect("it never said anything");
            hang.elapsed = hang.nominal;
            judge(&mut watched)
        });
        warden.join().expect("it watched")
    };
    let (verdict, message) = watched(Shell::run(CIRCLE, Share::Rest));
    assert_eq!(verdict, Verdict::Inconclusive, "{message:?}");
    assert!(message.is_some_and(|message| message.contains("too busy to judge")));
    let waits = Shell::run(WAIT, Share::Fair);
    waits.await_sleep();
    let (verdict, message) = watched(waits);
    assert_eq!(verdict, Verdict::Hangs, "{message:?}");
}
