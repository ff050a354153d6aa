//! How worker processes come to be, and how they go.

use super::loss::describe;
use super::system::{is_ready, kill, process_descriptor, send_descriptor};
use super::worker::VARIABLE;
use poolproof_harness::Patience;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A worker process. It is killed and reaped when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    pid: u32,
    descriptor: OwnedFd,
    child: Child,
    reaped: bool,
}

impl Process {
    /// The number of the process.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Is readable when the process has ended.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// Waits until the process has ended; `false` when the patience ran out.
    pub(super) fn await_end(&self, patience: Patience) -> bool {
        let mut deadline = patience.start();
        loop {
            let slice = deadline.next_slice();
            match is_ready(self.descriptor(), slice.unwrap_or_default()) {
                Ok(true) => return true,
                Ok(false) if slice.is_some() => {}
                Ok(false) | Err(_) => return false,
            }
        }
    }

    /// How the process ended, in words that continue "worker process 17"; it has ended.
    pub(super) fn ending(&mut self) -> String {
        match self.reap() {
            Ok(status) => describe(status),
            Err(error) => format!("ended, and how is not known: {error}"),
        }
    }

    /// Ends the process, if it has not ended.
    pub(super) fn end(&mut self) {
        if !self.reaped {
            kill(self.descriptor());
            // An error means that somebody else of this program has reaped it already.
            let _ = self.reap();
        }
    }

    fn reap(&mut self) -> io::Result<ExitStatus> {
        self.reaped = true;
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts this program once more as a worker, and sends it the memory `shared`.
pub(super) fn spawn(arguments: &[String], shared: BorrowedFd<'_>) -> Result<Process, String> {
    let (ours, theirs) =
        UnixStream::pair().map_err(|error| format!("no socket pair for a worker can be made: {error}"))?;
    // What is sent before the other side exists waits in its socket.
    send_descriptor(ours.as_fd(), b"m", shared).map_err(|error| format!("no worker can be given memory: {error}"))?;
    let mut child = command(arguments, theirs)
        .spawn()
        .map_err(|error| format!("the program {} cannot be started as a worker: {error}", program()))?;
    let pid = child.id();
    match process_descriptor(pid) {
        Ok(descriptor) => Ok(Process { pid, descriptor, child, reaped: false }),
        Err(error) => {
            // It never got a task; there is nothing to lose.
            let _ = child.kill();
            let _ = child.wait();
            Err(format!("worker process {pid} cannot be watched: {error}"))
        }
    }
}

/// The command that starts this program as a worker whose socket is `stream`.
///
/// The socket is passed as standard input: that one descriptor crosses to the new program without
/// being inheritable here for a moment, in which a program started by another thread could
/// inherit it as well. The worker takes the descriptor of its memory from it and closes it.
fn command(arguments: &[String], stream: UnixStream) -> Command {
    // What `/proc/self/exe` names is this very program, also after its file was replaced or removed.
    let mut command = Command::new("/proc/self/exe");
    if let Some(name) = std::env::args_os().next() {
        command.arg0(name);
    }
    command.args(arguments);
    command.env(VARIABLE, format!("0:{}", std::process::id()));
    command.stdin(Stdio::from(OwnedFd::from(stream)));
    if !arguments.is_empty() {
        // A test program greets on standard output before it runs the worker.
        command.stdout(Stdio::null());
    }
    command
}

/// The program's file, for messages.
pub(super) fn program() -> String {
    std::env::current_exe().map_or_else(|_| "/proc/self/exe".to_owned(), |path| path.display().to_string())
}
