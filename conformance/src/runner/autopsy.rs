//! What the threads of a hanging process are doing.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// What the operating system says of every thread of `pid` and of the processes below it; and,
/// where an interpreter installed a handler for it, its own stacks on its error output.
pub(crate) fn stacks(pid: u32) -> String {
    let mut text = String::new();
    for pid in with_descendants(pid) {
        describe(pid, &mut text);
    }
    text
}

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

fn describe(pid: u32, text: &mut String) {
    let root = format!("/proc/{pid}");
    let command = fs::read(Path::new(&root).join("cmdline")).unwrap_or_default();
    let command: Vec<_> = command.split(|&byte| byte == 0).map(String::from_utf8_lossy).take(3).collect();
    let _ = writeln!(text, "process {pid}: {}", command.join(" "));
    let Ok(tasks) = fs::read_dir(format!("{root}/task")) else { return };
    for task in tasks.flatten() {
        let read = |file| fs::read_to_string(task.path().join(file)).unwrap_or_default().trim().to_owned();
        let status = read("status");
        let state = status.lines().find_map(|line| line.strip_prefix("State:")).unwrap_or("").trim().to_owned();
        let call = read("syscall").split(' ').next().unwrap_or_default().to_owned();
        let id = task.file_name().to_string_lossy().into_owned();
        let _ = writeln!(text, "  thread {id} {}: {state}, in {}, system call {call}", read("comm"), read("wchan"));
    }
    if handles_dump_signal(pid) {
        dump_interpreter(pid);
    }
}

/// The signal on which a driver writes the stacks of its interpreter to its error output.
const DUMP_SIGNAL: i32 = libc::SIGUSR1;

fn handles_dump_signal(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0").trim().to_owned();
    u64::from_str_radix(&caught, 16).is_ok_and(|mask| mask & (1 << (DUMP_SIGNAL - 1)) != 0)
}

fn dump_interpreter(pid: u32) {
    let Ok(pid) = i32::try_from(pid) else { return };
    // SAFETY: sends a signal that the process installed a handler for.
    #[allow(unsafe_code)]
    unsafe {
        libc::kill(pid, DUMP_SIGNAL);
    }
    // Nothing announces the end of the dump; this only bounds how much of it is waited for.
    thread::sleep(Duration::from_millis(50));
}
