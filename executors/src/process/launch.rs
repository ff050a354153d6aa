//! How worker processes come to be, and how they go.

use super::loss::describe;
use super::system::{end_child, is_ready, kill, process_descriptor, send_descriptor, wait_for};
use super::template::Template;
use super::worker::{TEMPLATE, VARIABLE};
use poolproof_harness::Patience;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Who must wait for a process when it has ended.
#[derive(Debug)]
enum Parent {
    /// This process.
    Us,
    /// The template that it was forked from.
    Template(Arc<Template>),
}

/// A process that was started for an executor. It is killed and reaped when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    pid: u32,
    descriptor: OwnedFd,
    parent: Parent,
    ended: Option<String>,
}

impl Process {
    /// A child of this process, which nobody has waited for.
    ///
    /// # Errors
    ///
    /// It cannot be watched, and was ended.
    pub(super) fn of_ours(pid: u32) -> Result<Self, String> {
        match process_descriptor(pid) {
            Ok(descriptor) => Ok(Self { pid, descriptor, parent: Parent::Us, ended: None }),
            Err(error) => {
                // It never got a task; there is nothing to lose.
                end_child(pid);
                Err(format!("worker process {pid} cannot be watched: {error}"))
            }
        }
    }

    /// A child of a template.
    pub(super) fn of_template(pid: u32, descriptor: OwnedFd, template: Arc<Template>) -> Self {
        Self { pid, descriptor, parent: Parent::Template(template), ended: None }
    }

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

    /// Whether the process has ended.
    pub(super) fn has_ended(&self) -> bool {
        matches!(is_ready(self.descriptor(), Duration::ZERO), Ok(true))
    }

    /// How the process ended, in words that continue "worker process 17"; it has ended.
    pub(super) fn ending(&mut self) -> String {
        self.reap().to_owned()
    }

    /// Ends the process, if it has not ended.
    pub(super) fn end(&mut self) {
        if self.ended.is_none() {
            kill(self.descriptor());
            self.reap();
        }
    }

    fn reap(&mut self) -> &str {
        self.ended.get_or_insert_with(|| {
            let status = match &self.parent {
                Parent::Us => wait_for(self.pid),
                Parent::Template(template) => template.reap(self.pid),
            };
            match status {
                Ok(status) => describe(status),
                Err(error) => format!("ended, and how is not known: {error}"),
            }
        })
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
    let child = command(arguments, theirs, Role::Worker)
        .spawn()
        .map_err(|error| format!("the program {} cannot be started as a worker: {error}", program()))?;
    Process::of_ours(child.id())
}

/// What a program is started as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A worker.
    Worker,
    /// A template, from which workers are forked.
    Template,
}

/// Says that this program did not become what it was started as, and what it must do.
pub(super) fn described(role: &str, how: &str, arguments: &[String]) -> String {
    let program = program();
    if arguments.is_empty() {
        format!(
            "the program {program}, started as {role}, {how}: call \
             `poolproof_executors::process::serve_if_worker()` first thing in its `main`"
        )
    } else {
        format!(
            "the program {program}, started as {role} with the arguments `{}`, {how}: call \
             `poolproof_executors::process::serve_if_worker()` in the test that these arguments run, or name \
             the right test with `poolproof_harness::set_worker_arguments`",
            arguments.join(" ")
        )
    }
}

/// The command that starts this program as a worker or a template whose socket is `stream`.
///
/// The socket is passed as standard input: that one descriptor crosses to the new program without
/// being inheritable here for a moment, in which a program started by another thread could
/// inherit it as well. A worker takes the descriptor of its memory from it and closes it.
pub(super) fn command(arguments: &[String], stream: UnixStream, role: Role) -> Command {
    // What `/proc/self/exe` names is this very program, also after its file was replaced or removed.
    let mut command = Command::new("/proc/self/exe");
    if let Some(name) = std::env::args_os().next() {
        command.arg0(name);
    }
    command.args(arguments);
    let role = if role == Role::Template { TEMPLATE } else { "" };
    command.env(VARIABLE, format!("0:{}{role}", std::process::id()));
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
