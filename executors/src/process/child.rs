//! One worker process, seen from the executor: start, exchange, end. It is always reaped.

use super::connection::Connection;
use super::frame;
use super::loss::describe;
use super::message::HELLO;
use super::worker::VARIABLE;
use poolproof_harness::{Patience, worker_arguments};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a worker that was told to end, or lost its stream, may take to do so by itself.
const FAREWELL: Duration = Duration::from_secs(10);

/// A running worker process.
#[derive(Debug)]
pub(super) struct Worker {
    process: Child,
    connection: Connection,
    /// Tasks it has run.
    pub(super) ran: u64,
}

/// A worker that is no more.
#[derive(Debug)]
pub(super) struct Loss {
    /// Which worker, and how it ended: "worker process 17 was killed by signal 9 (SIGKILL)".
    pub(super) what: String,
    /// Whether it may have begun with what was sent to it last.
    pub(super) began: bool,
}

impl Worker {
    /// Starts this program once more, as a worker, and waits for its hello.
    ///
    /// # Errors
    ///
    /// One sentence: what went wrong, and what to change in the program.
    pub(super) fn start(patience: Patience) -> Result<Self, String> {
        let arguments = worker_arguments();
        let (ours, theirs) =
            UnixStream::pair().map_err(|error| format!("no socket pair for a worker can be made: {error}"))?;
        let mut process = command(&arguments, theirs)
            .spawn()
            .map_err(|error| format!("the program {} cannot be started as a worker: {error}", program()))?;
        let connection = match Connection::new(ours, process.id()) {
            Ok(connection) => connection,
            Err(error) => {
                // It never got a task; there is nothing to lose.
                let _ = process.kill();
                let _ = process.wait();
                return Err(format!("worker process {} cannot be watched: {error}", process.id()));
            }
        };
        let mut worker = Self { process, connection, ran: 0 };
        match worker.shake_hands(patience) {
            Ok(()) => Ok(worker),
            Err(error) => Err(worker.unanswered(&error, &arguments)),
        }
    }

    /// The number of the process.
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    fn shake_hands(&mut self, patience: Patience) -> io::Result<()> {
        self.connection.limit(Some(patience));
        let mut hello = [0; HELLO.len()];
        self.connection.read_exact(&mut hello)?;
        self.connection.limit(None);
        if hello == HELLO { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidData, "another hello")) }
    }

    /// Ends a worker that is none, and says what the program must do to be one.
    fn unanswered(self, error: &io::Error, arguments: &[String]) -> String {
        let program = program();
        let how = match error.kind() {
            io::ErrorKind::TimedOut => {
                self.kill();
                "did not say in time that it is a worker".to_owned()
            }
            io::ErrorKind::InvalidData => {
                self.kill();
                "answered with something else than a worker's hello".to_owned()
            }
            _ => format!("{} before it said that it is a worker", self.bury()),
        };
        if arguments.is_empty() {
            format!(
                "the program {program}, started as a worker, {how}: call \
                 `poolproof_executors::process::serve_if_worker()` first thing in its `main`"
            )
        } else {
            format!(
                "the program {program}, started as a worker with the arguments `{}`, {how}: call \
                 `poolproof_executors::process::serve_if_worker()` in the test that these arguments run, or name \
                 the right test with `poolproof_harness::set_worker_arguments`",
                arguments.join(" ")
            )
        }
    }

    /// Whether it waits for a task: alive, and silent.
    pub(super) fn is_ready(&self) -> bool {
        self.connection.is_quiet()
    }

    /// Sends a request and waits for the content of its reply.
    ///
    /// # Errors
    ///
    /// The worker is lost.
    pub(super) fn exchange(&mut self, request: &mut [u8]) -> Result<Vec<u8>, ExchangeError> {
        // A worker that has not read the whole request has not begun with it. The system tells so:
        // the rest cannot be sent, or the stream is reset and not merely ended.
        frame::write(&mut self.connection, request).map_err(|_| ExchangeError { began: false, garbage: false })?;
        match frame::read(&mut self.connection) {
            Ok(Some(content)) => Ok(content),
            Ok(None) => Err(ExchangeError { began: true, garbage: false }),
            Err(error) => Err(ExchangeError {
                began: error.kind() != io::ErrorKind::ConnectionReset,
                garbage: error.kind() == io::ErrorKind::InvalidData,
            }),
        }
    }

    /// Ends the worker after a failed exchange, and says what happened to it.
    pub(super) fn lose(self, error: &ExchangeError) -> Loss {
        let pid = self.pid();
        let how = if error.garbage {
            self.kill();
            "answered with something that is no reply and was killed".to_owned()
        } else {
            self.bury()
        };
        Loss { what: format!("worker process {pid} {how}"), began: error.began }
    }

    /// Tells the worker that it is needed no more, and waits until it is gone.
    pub(super) fn retire(self) {
        self.connection.close();
        // Nobody asks how a worker ended that had nothing left to do.
        let _ = self.bury();
    }

    /// Waits for the end of a worker whose stream has ended, and says how it ended.
    fn bury(mut self) -> String {
        let by_itself = self.connection.await_end(Patience::at_least(FAREWELL));
        if !by_itself {
            let _ = self.process.kill();
        }
        match self.process.wait() {
            Ok(_) if !by_itself => "closed its stream and was killed".to_owned(),
            Ok(status) => describe(status),
            Err(error) => format!("ended, and how is not known: {error}"),
        }
    }

    fn kill(mut self) {
        // Either fails only if somebody else of this program has reaped the child already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Reached with a live child only when a link unwinds; for one that was waited for, both
        // do nothing.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Why an exchange gave no reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExchangeError {
    /// The worker may have begun with the request.
    pub(super) began: bool,
    /// The worker is alive, and what it sent is no reply.
    pub(super) garbage: bool,
}

impl ExchangeError {
    /// The reply came, and is damaged.
    pub(super) const DAMAGED: Self = Self { began: true, garbage: true };
}

/// The command that starts this program as a worker whose end of the stream is `stream`.
///
/// The stream is passed as standard input: that one descriptor crosses to the new program without
/// being inheritable here for a moment, in which a program started by another thread could
/// inherit it as well and keep the stream open. The worker moves it away at once.
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
