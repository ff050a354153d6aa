//! The driver's process: its start, its last words, and how it ended.

use poolproof_harness::Patience;
use std::fmt;
use std::io::{self, PipeReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How much of its output is remembered.
const REMEMBERED: usize = 4096;

/// How many of its last lines are quoted.
const QUOTED_LINES: usize = 3;

/// A started process, watched by a thread until it ends.
pub(super) struct Process {
    shared: Arc<Shared>,
}

struct Shared {
    inner: Mutex<Inner>,
    changed: Condvar,
    forward: AtomicBool,
}

struct Inner {
    child: Child,
    ended: Option<ExitStatus>,
    output: Vec<u8>,
    silent: bool,
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("ended", &self.shared.lock().ended).finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `ready`, or until the patience is exhausted.
    fn until(&self, patience: Patience, ready: impl Fn(&Inner) -> bool) -> bool {
        let mut deadline = patience.start();
        let mut inner = self.lock();
        while !ready(&inner) {
            let Some(slice) = deadline.next_slice() else { return false };
            inner = self.changed.wait_timeout(inner, slice).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl Process {
    /// Starts `command` with nothing to read and its output remembered. `on_end` is called once,
    /// in a thread of its own, when the process has ended.
    pub(super) fn start(mut command: Command, on_end: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn()?;
        // The command holds the writing end; with it the output would never end.
        drop(command);
        let pid = child.id();
        let inner = Inner { child, ended: None, output: Vec::new(), silent: false };
        let shared =
            Arc::new(Shared { inner: Mutex::new(inner), changed: Condvar::new(), forward: AtomicBool::new(false) });
        let process = Self { shared: Arc::clone(&shared) };
        let remembering = Arc::clone(&shared);
        thread::Builder::new().name("driver-output".into()).spawn(move || remember(reader, &remembering))?;
        thread::Builder::new().name("driver-end".into()).spawn(move || {
            await_end(pid);
            let mut inner = shared.lock();
            inner.ended = inner.child.wait().ok();
            drop(inner);
            shared.changed.notify_all();
            on_end();
        })?;
        Ok(process)
    }

    /// Passes what it prints from now on to our own standard error, where autopsies are read.
    pub(super) fn forward_output(&self) {
        self.shared.forward.store(true, Ordering::Relaxed);
    }

    /// Whether it ended within the patience.
    pub(super) fn ends_within(&self, patience: Patience) -> bool {
        self.shared.until(patience, |inner| inner.ended.is_some())
    }

    /// Waits until it ended; its exit code, if it has one.
    pub(super) fn exit_code(&self) -> Option<i32> {
        let mut inner = self.shared.lock();
        loop {
            if let Some(status) = inner.ended {
                return status.code();
            }
            inner = self.shared.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Kills it, if it is still there.
    pub(super) fn kill(&self) {
        let mut inner = self.shared.lock();
        if inner.ended.is_none() {
            // It is reaped under the same lock, so its number is still its own.
            let _ = inner.child.kill();
        }
    }

    /// How it ended, and what it said last.
    pub(super) fn obituary(&self) -> Obituary {
        // Workers that outlive it may hold its output open; what it wrote itself is there already.
        self.shared.until(Patience::ticks(20), |inner| inner.silent);
        let inner = self.shared.lock();
        let how = match inner.ended {
            None => "closed its connection".to_owned(),
            Some(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("ended with exit code {code}"),
                (None, Some(signal)) => format!("was killed by signal {signal}"),
                (None, None) => "ended".to_owned(),
            },
        };
        let output = String::from_utf8_lossy(&inner.output);
        let lines: Vec<_> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Obituary { how, last_words: lines[lines.len().saturating_sub(QUOTED_LINES)..].join(" | ") }
    }
}

/// How a process ended.
#[derive(Clone, Debug)]
pub(super) struct Obituary {
    /// `ended with exit code 3`.
    how: String,
    /// The last lines that it printed.
    last_words: String,
}

impl Obituary {
    /// `ended with exit code 3 WHEN; its last words: ...`.
    pub(super) fn told(&self, when: &str) -> String {
        let Self { how, last_words } = self;
        if last_words.is_empty() {
            format!("{how} {when}")
        } else {
            format!("{how} {when}; its last words: {last_words}")
        }
    }
}

/// Reads what the process prints, for as long as anybody can print.
fn remember(mut reader: PipeReader, shared: &Shared) {
    let mut chunk = [0; REMEMBERED];
    loop {
        let read = match reader.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(0) | Err(_) => break,
            Ok(read) => read,
        };
        if shared.forward.load(Ordering::Relaxed) {
            let _ = io::stderr().write_all(&chunk[..read]);
        }
        let mut inner = shared.lock();
        inner.output.extend_from_slice(&chunk[..read]);
        let excess = inner.output.len().saturating_sub(REMEMBERED);
        inner.output.drain(..excess);
    }
    shared.lock().silent = true;
    shared.changed.notify_all();
}

/// Waits until the child `pid` has ended and leaves it to be reaped, so that its number is not
/// given away while somebody may still kill it.
fn await_end(pid: u32) {
    loop {
        // SAFETY: an all-zero siginfo_t is a valid value of that plain struct.
        #[allow(unsafe_code)]
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: `info` is valid for writes; the child is ours and not reaped yet.
        #[allow(unsafe_code)]
        let status = unsafe { libc::waitid(libc::P_PID, pid, &raw mut info, libc::WEXITED | libc::WNOWAIT) };
        if status == 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return;
        }
    }
}
