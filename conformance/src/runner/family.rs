//! The processes below this one: who they are, and how they end.
//!
//! A warden adopts every orphan among its descendants, so nothing that a check starts can leave its
//! family: not by forking twice, not by a session of its own.
#![allow(unsafe_code)]

use std::fs;
use std::io;
use std::thread;
use std::time::Duration;

/// The process and its descendants, parents first.
pub(crate) fn with_descendants(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        next += 1;
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for task in tasks.flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    found
}

/// The processes below this one.
pub(super) fn descendants() -> Vec<u32> {
    let mut all = with_descendants(std::process::id());
    all.remove(0);
    all
}

/// The name of a process, and whether it ended and was not waited for.
pub(super) fn name_of(pid: u32) -> (String, bool) {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    (name.trim().to_owned(), stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
}

/// What the system says of a thread, as far as it is needed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ThreadStat {
    /// Its name.
    pub(crate) name: String,
    /// When it started, in the system's ticks.
    pub(crate) started: u64,
    /// Whether it has run its last instruction of the program.
    pub(crate) is_exiting: bool,
}

impl ThreadStat {
    /// Reads a `stat` file: the name is in parentheses and may hold anything.
    pub(crate) fn parse(stat: &str) -> Option<Self> {
        /// `PF_EXITING` of the kernel.
        const EXITING: u64 = 4;
        let (head, rest) = stat.rsplit_once(')')?;
        let name = head.split_once('(')?.1.to_owned();
        let fields: Vec<_> = rest.split_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
        Some(Self { name, started: number(19)?, is_exiting: number(6)? & EXITING != 0 })
    }
}

/// From now on orphans below this process become its children.
pub(super) fn adopt_orphans() {
    // SAFETY: PR_SET_CHILD_SUBREAPER takes a number and touches no memory of ours.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
    }
}

/// Sends a signal; a process that is gone is no error.
pub(super) fn signal(pid: i32, signal: i32) {
    // SAFETY: kill takes two numbers and touches no memory of ours.
    unsafe {
        libc::kill(pid, signal);
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Exited(i32),
    Killed(i32),
}

/// How the child `pid` ended, if it has. It is left to be reaped, so that its number stays its own.
pub(super) fn ended(pid: i32) -> Option<Ended> {
    // SAFETY: an all-zero siginfo_t is a valid value of that plain struct.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: `info` is valid for writes for the duration of the call.
    let status = unsafe { libc::waitid(libc::P_PID, pid.cast_unsigned(), &raw mut info, options) };
    // SAFETY: after a successful waitid these fields of `info` are initialised, all zero if nothing ended.
    let (child, code) = unsafe { (info.si_pid(), info.si_status()) };
    if status != 0 || child != pid {
        return None;
    }
    Some(if info.si_code == libc::CLD_EXITED { Ended::Exited(code) } else { Ended::Killed(code) })
}

/// How often a sweep looks again, a hundredth of a second apart, before it gives up on a process
/// that the system itself keeps from dying.
const SWEEPS: u32 = 300;

/// Kills everything below this process, `leader`'s group at one stroke, and reaps it.
///
/// # Errors
///
/// If something is still there at the end.
pub(super) fn sweep(leader: Option<i32>) -> io::Result<()> {
    if let Some(leader) = leader {
        // A group is signalled as one: nothing in it forks away meanwhile.
        signal(-leader, libc::SIGKILL);
        signal(leader, libc::SIGKILL);
    }
    for _ in 0..SWEEPS {
        reap();
        let left = descendants();
        if left.is_empty() {
            return Ok(());
        }
        for stop in [libc::SIGSTOP, libc::SIGKILL] {
            // Stopped first: what is stopped starts nobody while the others are killed.
            left.iter().filter_map(|&pid| i32::try_from(pid).ok()).for_each(|pid| signal(pid, stop));
        }
        reap();
        if !descendants().is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
    }
    Err(io::Error::other(format!("processes {:?} cannot be ended", descendants())))
}

/// Reaps every child that has ended.
fn reap() {
    // SAFETY: waitpid without a place for the status touches no memory of ours.
    while unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } > 0 {}
}

/// Kills every process whose environment at its start held `mark`: the family of a warden that is
/// gone and can sweep no more.
pub(super) fn kill_marked(mark: &str) {
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let marked = environment.split(|&byte| byte == 0).any(|fact| fact == mark.as_bytes());
        if let (true, Ok(number)) = (marked && pid != std::process::id(), i32::try_from(pid)) {
            signal(number, libc::SIGKILL);
        }
    }
}
