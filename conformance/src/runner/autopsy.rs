//! What the threads of a hanging check are doing: the child's, and those of all it started.

use super::family;
use super::listen::Child;
use poolproof_harness::{ThreadStack, ask_for_stacks};
use std::fmt::Write;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Who waits for whom, and then every thread: of what runs this program its own stack, of Python
/// its Python stack (on the child's output), of anything else what a debugger sees, if there is one.
///
/// It is bounded: an autopsy delays the verdict by less than two seconds.
pub(super) fn stacks(child: &Child, waiting: &[String]) -> String {
    let started = Instant::now();
    let mut text = String::new();
    for line in waiting {
        let _ = writeln!(text, "{line}");
    }
    let directory = child.stacks.as_path();
    for pid in u32::try_from(child.pid).map(family::with_descendants).unwrap_or_default().into_iter().take(PROCESSES) {
        if started.elapsed() > LONGEST {
            let _ = writeln!(text, "process {pid}: left out, because what came before took {:.1?}", started.elapsed());
            continue;
        }
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command: Vec<_> = command.split(|&byte| byte == 0).map(String::from_utf8_lossy).take(3).collect();
        let _ = writeln!(text, "process {pid}: {}", command.join(" ").trim_end());
        let threads = ask_for_stacks(pid, directory);
        threads.iter().for_each(|thread| tell(thread, &mut text));
        if handles_dump_signal(pid) {
            dump_interpreter(pid);
        } else if threads.iter().any(|thread| thread.frames.is_empty()) {
            debug(pid, LONGEST.saturating_sub(started.elapsed()), &mut text);
        }
    }
    text
}

/// More processes than this are not looked at.
const PROCESSES: usize = 16;
/// The most time for all of them, but for the last one that was begun.
const LONGEST: Duration = Duration::from_millis(1200);

fn tell(thread: &ThreadStack, text: &mut String) {
    let ThreadStack { tid, name, state, frames, silent } = thread;
    let _ = writeln!(text, "  thread {tid} {name}: {state}");
    for frame in frames {
        let _ = writeln!(text, "    {frame}");
    }
    if let (Some(why), true) = (silent, frames.is_empty()) {
        let _ = writeln!(text, "    no stack: {why}");
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
    family::signal(pid, DUMP_SIGNAL);
    // Nothing announces the end of the dump; this only bounds how much of it is waited for.
    thread::sleep(Duration::from_millis(50));
}

/// What a debugger sees of a process that does not answer for itself; nothing if there is no
/// debugger here, or it takes too long.
fn debug(pid: u32, limit: Duration, text: &mut String) {
    let mut command = Command::new("gdb");
    command.args(["-nx", "-batch", "-ex", "set pagination off", "-ex", "thread apply all backtrace 30", "-p"]);
    command.arg(pid.to_string()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut debugger) = command.spawn() else { return };
    let mut output = debugger.stdout.take();
    let reader = thread::spawn(move || {
        let mut said = Vec::new();
        let _ = output.as_mut().map(|output| output.take(MOST).read_to_end(&mut said));
        said
    });
    let started = Instant::now();
    while debugger.try_wait().is_ok_and(|ended| ended.is_none()) {
        if started.elapsed() > limit {
            let _ = debugger.kill();
        }
        thread::sleep(Duration::from_millis(5));
    }
    let said = reader.join().unwrap_or_default();
    let said = String::from_utf8_lossy(&said).into_owned();
    for line in said.lines().filter(|line| line.starts_with("Thread ") || line.starts_with('#')) {
        let _ = writeln!(text, "    {line}");
    }
}

/// How much of a debugger's answer is read.
const MOST: u64 = 256 * 1024;
