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

#[cfg(test)]
mod tests {
    use super::super::protocol::Secret;
    use super::*;
    use std::os::unix::net::UnixStream;

    fn sleeper() -> std::process::Child {
        Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().expect("there is such a program")
    }

    fn end(mut sleeper: std::process::Child) {
        sleeper.kill().expect("it is there");
        sleeper.wait().expect("it ends");
    }

    /// Why a debugger can tell nothing here, if it cannot.
    fn no_debugger() -> Option<&'static str> {
        let asked = Command::new("gdb").arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).status();
        if !asked.is_ok_and(|status| status.success()) {
            return Some("gdb is not installed; install it with: apt-get install gdb");
        }
        // A debugger is no ancestor of what it looks at.
        let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
        // SAFETY: geteuid takes no arguments and cannot fail.
        #[allow(unsafe_code)]
        let root = unsafe { libc::geteuid() } == 0;
        (!matches!(scope.trim(), "" | "0") && !root).then_some("kernel.yama.ptrace_scope lets nobody look at a sibling")
    }

    /// An interpreter that tells its stacks when it is asked, as the Python driver and its workers do.
    const INTERPRETER: &str = "
import faulthandler, signal, sys
faulthandler.register(signal.SIGUSR1)
def waits_here():
    print('ready', flush=True)
    sys.stdin.read()
waits_here()
";

    #[test]
    fn an_interpreter_is_asked_for_its_own_stacks() {
        let piped = Stdio::piped;
        let mut command = Command::new("python3");
        command.args(["-c", INTERPRETER]).stdin(piped()).stdout(piped()).stderr(piped());
        let Ok(mut python) = command.spawn() else {
            println!("SKIPPED: python3 is not installed; install it with: apt-get install python3");
            return;
        };
        let mut ready = [0; 6];
        python.stdout.as_mut().expect("it is piped").read_exact(&mut ready).expect("it starts");
        let (reports, _open) = UnixStream::pair().expect("sockets can be made");
        let (output, _open) = std::io::pipe().expect("a pipe can be made");
        let (secret, nowhere) = (Secret::default(), std::env::temp_dir());
        let child = Child { pid: python.id().cast_signed(), reports, output, secret, stacks: nowhere };
        let text = stacks(&child, &["the check waits for submit to return".to_owned()]);
        // It was asked before its input ended, so it tells before it ends.
        drop(python.stdin.take());
        let told = python.wait_with_output().expect("it ends").stderr;
        let told = String::from_utf8_lossy(&told);
        assert!(told.contains("in waits_here"), "no stack of Python: {told}");
        let head = format!("the check waits for submit to return\nprocess {}: ", child.pid);
        assert!(text.starts_with(&head), "{text}");
    }

    #[test]
    fn a_debugger_tells_of_who_does_not_speak_for_itself() {
        if let Some(why) = no_debugger() {
            println!("SKIPPED: {why}");
            return;
        }
        let (sleeper, mut text) = (sleeper(), String::new());
        debug(sleeper.id(), Duration::from_secs(300), &mut text);
        end(sleeper);
        let frames = text.lines().filter(|line| line.trim_start().starts_with('#'));
        assert!(frames.count() > 0, "no frame of a process that sleeps: {text}");
    }

    #[test]
    fn a_debugger_that_takes_too_long_is_ended() {
        let (sleeper, mut text) = (sleeper(), String::new());
        debug(sleeper.id(), Duration::ZERO, &mut text);
        end(sleeper);
        assert_eq!(text, "");
    }
}
