//! Asks the threads of a process for their stacks, and collects the answers.

use super::naming::Names;
use super::{Entry, FILE, FRAMES, request};
use crate::Patience;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One thread of a process, and what it was doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadStack {
    /// The number of the thread.
    pub tid: u64,
    /// Its name.
    pub name: String,
    /// What the operating system says of it: its state, and what it waits in.
    pub state: String,
    /// Its frames, innermost first; empty if it did not answer.
    pub frames: Vec<String>,
    /// Why it did not answer, if it did not.
    pub silent: Option<&'static str>,
}

/// How long answers are waited for.
const ANSWERS: Patience = Patience::ticks(30);

/// Every thread of the process `pid`, with its stack if it leaves it in `directory`.
#[must_use]
pub fn ask_for_stacks(pid: u32, directory: &Path) -> Vec<ThreadStack> {
    let handled = status_mask(&format!("/proc/{pid}/status"), "SigCgt:");
    let mut threads: Vec<_> = tasks(pid).into_iter().map(|tid| thread(pid, tid, handled)).collect();
    let asked: Vec<u64> = threads.iter().filter(|thread| thread.silent.is_none()).map(|thread| thread.tid).collect();
    for &tid in &asked {
        ask(pid, tid);
    }
    let file = directory.join(format!("{FILE}{pid}"));
    let mut deadline = ANSWERS.start();
    let mut answers = read(&file);
    while !asked.iter().all(|tid| answers.contains_key(tid)) {
        let Some(slice) = deadline.next_slice() else { break };
        std::thread::sleep(slice);
        answers = read(&file);
    }
    if answers.is_empty() {
        return threads;
    }
    let names = Names::of(pid);
    for thread in &mut threads {
        match answers.get(&thread.tid) {
            Some(frames) => thread.frames = names.frames(frames),
            None => thread.silent = thread.silent.or(Some("it did not answer")),
        }
    }
    threads
}

fn tasks(pid: u32) -> Vec<u64> {
    let entries = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut tids: Vec<u64> = entries.filter_map(|task| task.file_name().to_str()?.parse().ok()).collect();
    tids.sort_unstable();
    tids
}

fn thread(pid: u32, tid: u64, handled: u64) -> ThreadStack {
    let root = format!("/proc/{pid}/task/{tid}");
    let read = |file: &str| fs::read_to_string(format!("{root}/{file}")).unwrap_or_default().trim().to_owned();
    let status = read("status");
    let state = status.lines().find_map(|line| line.strip_prefix("State:")).unwrap_or("gone").trim().to_owned();
    let asked_for = 1_u64 << (request() - 1);
    let silent = if handled & asked_for == 0 {
        Some("its program leaves no stacks")
    } else if status_mask(&format!("{root}/status"), "SigBlk:") & asked_for != 0 {
        Some("it blocks signals")
    } else if state.starts_with(['T', 't', 'Z']) {
        Some("it does not run")
    } else {
        None
    };
    let (place, call) = (read("wchan"), read("syscall"));
    let call = call.split(' ').next().unwrap_or_default();
    let mut state = state;
    if !place.is_empty() && place != "0" {
        state = format!("{state}, in {place}");
    }
    if call.parse::<u64>().is_ok() {
        state = format!("{state}, system call {call}");
    }
    ThreadStack { tid, name: read("comm"), state, frames: Vec::new(), silent }
}

/// A mask of signals out of a status file; 0 if there is none.
fn status_mask(path: &str, line: &str) -> u64 {
    let status = fs::read_to_string(path).unwrap_or_default();
    let mask = status.lines().find_map(|candidate| candidate.strip_prefix(line)).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).unwrap_or(0)
}

fn ask(pid: u32, tid: u64) {
    // SAFETY: tgkill takes three numbers and touches no memory of ours; the thread handles the signal.
    #[allow(unsafe_code)]
    unsafe {
        libc::syscall(libc::SYS_tgkill, libc::c_long::from(pid.cast_signed()), tid, libc::c_long::from(request()));
    }
}

/// The stacks in a file, by thread.
fn read(file: &Path) -> BTreeMap<u64, Vec<u64>> {
    let bytes = fs::read(file).unwrap_or_default();
    let entries = bytes.chunks_exact(size_of::<Entry>());
    entries
        .map(|entry| {
            let mut words = entry.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap_or_default()));
            let (tid, count) = (words.next().unwrap_or(0), words.next().unwrap_or(0));
            (tid, words.take(usize::try_from(count).unwrap_or(0).min(FRAMES)).collect())
        })
        .collect()
}
