//! The warden: the process between the runner and the child of a check.
//!
//! It runs one check after the other, each in a child of its own that it forks from itself, and
//! watches it. It adopts every orphan below it and kills everything below it when the check is over;
//! when the runner is gone, however it went, the warden's socket ends, and the warden kills
//! everything below it and leaves. So nothing outlives a check, and nothing outlives the runner.
#![allow(unsafe_code)]

use super::listen::{Abandoned, Child, Silences, listen, orphans};
use super::protocol::{Assignment, HELLO, Order, Secret, WARDEN};
use super::watched::Watched;
use super::{child::LEFTOVERS, family};
use poolproof_harness::{Patience, STACKS_VARIABLE, Verdict};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::parent_id;
use std::path::Path;

/// Where the child of a check finds what it reports on.
pub(super) const REPORTS: RawFd = 3;

/// If this process is a warden, serves until the runner is gone; returns only in the children that
/// it forks, each with its assignment. Returns `None` in any other process.
pub(super) fn attend() -> Option<Assignment> {
    std::env::var_os(WARDEN)?;
    // SAFETY: this is the beginning of `main` or of the only test that runs: nothing has begun
    // that could read the environment behind the standard library's back.
    unsafe {
        std::env::remove_var(WARDEN);
    }
    let runner = take_runner()?;
    // SAFETY: setsid and prctl take no memory of ours.
    unsafe {
        libc::setsid();
    }
    family::adopt_orphans();
    let mut orders = BufReader::new(runner.try_clone().ok()?);
    if (&runner).write_all(format!("{HELLO}\n").as_bytes()).is_err() {
        std::process::exit(0);
    }
    let mut line = String::new();
    loop {
        line.clear();
        let order: Order = match orders.read_line(&mut line).map(|_| serde_json::from_str(&line)) {
            Ok(Ok(order)) => order,
            // The runner is gone, or it is not ours.
            _ => std::process::exit(0),
        };
        let watched = match serve(&order, &runner) {
            Ok(Served::Child(secret)) => {
                // Closed already, with everything else that is the warden's.
                std::mem::forget((runner, orders));
                return Some(Assignment { secret, ..order.assignment });
            }
            Ok(Served::Watched(watched)) => *watched,
            Ok(Served::Abandoned) => std::process::exit(0),
            Err(error) => Watched { not_started: Some(error.to_string()), ..Watched::default() },
        };
        let Ok(mut answer) = serde_json::to_vec(&watched) else { std::process::exit(3) };
        answer.push(b'\n');
        if (&runner).write_all(&answer).is_err() {
            std::process::exit(0);
        }
    }
}

/// The runner's socket, which came as the standard input.
fn take_runner() -> Option<UnixStream> {
    let null = fs::File::open("/dev/null").ok()?;
    // SAFETY: duplicates the standard input, which a process may do with its own, and puts an open
    // descriptor in its place; the new one is ours alone.
    let socket = unsafe {
        let socket = libc::fcntl(0, libc::F_DUPFD_CLOEXEC, 3);
        if socket < 0 {
            return None;
        }
        libc::dup2(null.as_raw_fd(), 0);
        OwnedFd::from_raw_fd(socket)
    };
    Some(UnixStream::from(socket))
}

enum Served {
    /// This is the child, and what its reports begin with.
    Child(Secret),
    Watched(Box<Watched>),
    Abandoned,
}

/// Runs one check in a child, and leaves nothing of it.
fn serve(order: &Order, runner: &UnixStream) -> io::Result<Served> {
    // What the child leaves in the temporary directory when it is killed vanishes with it.
    let scratch =
        tempfile::Builder::new().prefix("poolproof-check-").permissions(fs::Permissions::from_mode(0o700)).tempdir()?;
    let (reports, theirs) = UnixStream::pair()?;
    let (output, output_end) = io::pipe()?;
    let warden = std::process::id();
    let secret = Secret::new()?;
    await_quiet();
    // SAFETY: every other thread of this process is blocked in a wait of its own and holds no lock
    // (`await_quiet`), so the child may do all that a process with one thread may.
    let pid = unsafe { libc::fork() };
    match pid {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            become_child(&theirs, &output_end, warden, scratch.path(), &order.facts);
            // Closed already, or the warden's business.
            std::mem::forget((scratch, reports, theirs, output, output_end));
            Ok(Served::Child(secret))
        }
        pid => {
            drop((theirs, output_end));
            let child = Child { pid, reports, output, secret, stacks: scratch.path().to_owned() };
            let patience = Patience::ticks(order.assignment.ticks);
            // Whoever waits within the check gives up sooner, and says more about it.
            let [open, opening] =
                [order.assignment.ticks, order.assignment.opening].map(|ticks| Patience::ticks(ticks * 2));
            let watched = listen(&child, runner, Silences { opening, open }, order.limits, order.until_ns);
            let watched = watched.map(|mut watched| {
                if watched.ended == Some(true)
                    && let Some(left) = orphans(&child, patience)
                {
                    let message = format!("after shutdown this is left behind: {left}");
                    watched.findings.push((LEFTOVERS.to_owned(), Verdict::Leaks, message));
                }
                watched
            });
            family::sweep(Some(pid))?;
            drop(scratch);
            match watched {
                Ok(watched) => Ok(Served::Watched(Box::new(watched))),
                Err(Abandoned) => Ok(Served::Abandoned),
            }
        }
    }
}

/// Waits until every other thread of this process is blocked in a wait for a thread.
///
/// In a test program the thread that waits for the only test is such a one. Whoever forks while
/// another thread holds a lock leaves that lock locked in the child for ever.
fn await_quiet() {
    // SAFETY: gettid takes no arguments and cannot fail.
    let me = unsafe { libc::gettid() }.to_string();
    let busy = || {
        let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        tasks.filter(|task| task.file_name().to_str() != Some(&me)).any(|task| {
            let call = fs::read_to_string(task.path().join("syscall")).unwrap_or_default();
            call.split(' ').next() != Some(&libc::SYS_futex.to_string())
        })
    };
    let mut deadline = Patience::ticks(100).start();
    while busy() {
        let Some(slice) = deadline.next_slice() else { return };
        std::thread::sleep(slice);
    }
}

/// Makes the process that was just forked the child of a check.
fn become_child(
    reports: &UnixStream,
    output: &io::PipeWriter,
    warden: u32,
    scratch: &Path,
    (known, facts): &(String, String),
) {
    // SAFETY: system calls on this process and its own descriptors; after the fork nobody else in
    // it uses one of those that are closed, and `set_var` runs in the only thread.
    unsafe {
        libc::setsid();
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::dup2(output.as_raw_fd(), 1);
        libc::dup2(output.as_raw_fd(), 2);
        // Not onto itself: that would keep the flag that closes it.
        let above = libc::fcntl(reports.as_raw_fd(), libc::F_DUPFD, 4);
        libc::dup2(above, REPORTS);
        libc::syscall(libc::SYS_close_range, REPORTS + 1, u32::MAX, 0);
        std::env::set_var("TMPDIR", scratch);
        std::env::set_var(STACKS_VARIABLE, scratch);
        std::env::set_var(known, facts);
    }
    // The warden may have died before the tie was made.
    if parent_id() != warden {
        std::process::exit(0);
    }
}
