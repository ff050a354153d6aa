//! Templates: a process with one thread that forks workers from itself.
//!
//! A fork copies memory and one thread. What other threads were holding at that moment, a lock of an
//! allocator or of a logger, stays locked in the copy for ever; so only a process with a single
//! thread may be forked, and no executor's own process has only one. Hence the template:
//!
//! * `forkserver`: this program, started once more like a worker under `spawn`; it must have one
//!   thread when it asks whether it is a worker, which is the case at the top of `main`.
//! * `fork`: a copy of this process, made by `open` itself; it must have one thread at that time. Its
//!   workers have everything that the program had set up before.
//!
//! The executor asks through a socket, one question and one answer at a time:
//!
//! ```text
//! template  ready     number of threads
//! executor  fork      + the memory to share with the worker
//! template  forked    number of the process + its descriptor, or the error
//! executor  reap      number of the process, which has ended
//! template  status    as the system tells it
//! ```
//!
//! The template ends when the socket ends or the executor's process does, which it watches by its
//! descriptor: it needs no thread of the executor to live. A worker is killed with its template
//! (`PR_SET_PDEATHSIG`). So a killed executor leaves nobody.

use super::launch::{Process, Role, command, described, program};
use super::system::{
    die_with_parent, either_ready, exit_now, fork, is_ready, process_descriptor, receive_descriptor, send_descriptor,
    wait_for,
};
use super::tasks::Tasks;
use super::worker::serve_memory;
use poolproof_harness::{Patience, contain, worker_arguments};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{ExitStatusExt, parent_id};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const READY: u32 = 1;
const FORK: u32 = 2;
const FORKED: u32 = 3;
const REAP: u32 = 4;
const STATUS: u32 = 5;
const FAILED: u32 = 6;

/// How long a template that lost its socket may take to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long threads that have ended may be counted still.
const SETTLING: Patience = Patience::ticks(10);

/// The bytes of a question or an answer: what it is, and a number.
const LENGTH: usize = 8;

fn message(kind: u32, number: u32) -> [u8; LENGTH] {
    (u64::from(kind) << 32 | u64::from(number)).to_ne_bytes()
}

fn parts(message: [u8; LENGTH]) -> (u32, u32) {
    let word = u64::from_ne_bytes(message);
    ((word >> 32) as u32, word as u32)
}

/// How many threads this process has.
pub(super) fn threads() -> io::Result<u32> {
    Ok(u32::try_from(std::fs::read_dir("/proc/self/task")?.count()).unwrap_or(u32::MAX))
}

/// A template, seen from the executor. It is ended and reaped when this is dropped.
#[derive(Debug)]
pub(super) struct Template {
    socket: Mutex<UnixStream>,
    process: Process,
}

impl Template {
    /// Starts this program once more, as a template.
    ///
    /// # Errors
    ///
    /// One sentence: what went wrong, and what to change in the program.
    pub(super) fn start(patience: Patience) -> Result<Arc<Self>, String> {
        let arguments = worker_arguments();
        let (ours, theirs) = pair()?;
        let child = command(&arguments, theirs, Role::Template).spawn().map_err(|error| {
            format!("the program {} cannot be started as a template of workers: {error}", program())
        })?;
        let mut process = Process::of_ours(child.id())?;
        let mut deadline = patience.start();
        let ready = loop {
            let Some(slice) = deadline.next_slice() else {
                return Err(described("a template of workers", "did not say in time that it is one", &arguments));
            };
            match is_ready(ours.as_fd(), slice) {
                Ok(true) => break answer(&ours),
                Ok(false) => {}
                Err(error) => break Err(error),
            }
        };
        match ready {
            Ok((READY, 1, _)) => Ok(Arc::new(Self { socket: Mutex::new(ours), process })),
            Ok((READY, count, _)) => Err(format!(
                "the start method `forkserver` forks workers from the program {}, which is safe only while that has one \
                 thread, and it has {count} when it asks whether it is a worker: call `serve_if_worker()` first thing \
                 in `main` (a test program needs `harness = false` for that), or use `spawn`",
                program()
            )),
            Ok(_) => Err(described("a template of workers", "answered with something else than its hello", &arguments)),
            Err(_) => {
                process.end();
                let how = format!("{} before it said that it is one", process.ending());
                Err(described("a template of workers", &how, &arguments))
            }
        }
    }

    /// Forks this process, which then is a template with these tasks.
    ///
    /// # Errors
    ///
    /// One sentence: above all, that this process has more than one thread.
    pub(super) fn copy(tasks: &Tasks) -> Result<Arc<Self>, String> {
        let failed = |error: io::Error| format!("this process cannot be forked: {error}");
        let mut count = threads().map_err(failed)?;
        let mut deadline = SETTLING.start();
        // A thread that was joined is counted for a moment longer.
        while count != 1
            && let Some(slice) = deadline.next_slice()
        {
            std::thread::sleep(slice);
            count = threads().map_err(failed)?;
        }
        if count != 1 {
            return Err(format!(
                "the start method `fork` copies the program as it is, which is safe only while it has one thread, and it \
                 has {count}: open the executor before anything starts a thread, or use `spawn` or `forkserver`"
            ));
        }
        let (ours, theirs) = pair()?;
        // What is buffered here would be written by every copy again.
        let _ = io::stdout().flush();
        let executor = std::process::id();
        let Some(pid) = fork().map_err(failed)? else {
            drop(ours);
            leave(contain(|| serve(tasks, theirs.into(), executor)));
        };
        drop(theirs);
        let process = Process::of_ours(pid)?;
        match answer(&ours) {
            Ok((READY, 1, _)) => Ok(Arc::new(Self { socket: Mutex::new(ours), process })),
            _ => Err(format!("the copy of this process, process {pid}, does not serve as a template of workers")),
        }
    }

    fn lock(&self) -> MutexGuard<'_, UnixStream> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is no more.
    pub(super) fn has_ended(&self) -> bool {
        self.process.has_ended()
    }

    /// Forks a worker that shares `memory`.
    pub(super) fn worker(self: &Arc<Self>, memory: BorrowedFd<'_>) -> Result<Process, String> {
        let socket = self.lock();
        let asked = send_descriptor(socket.as_fd(), &message(FORK, 0), memory);
        match asked.and_then(|()| answer(&socket)) {
            Ok((FORKED, pid, Some(descriptor))) => Ok(Process::of_template(pid, descriptor, Arc::clone(self))),
            Ok((FAILED, error, _)) => {
                let error = io::Error::from_raw_os_error(error.cast_signed());
                Err(format!("no worker can be forked: {error}"))
            }
            Ok(_) => Err("the template of workers answers with something that is no answer".to_owned()),
            Err(error) => Err(format!("the template of workers, process {}, is gone: {error}", self.process.pid())),
        }
    }

    /// How a worker of this template has ended.
    pub(super) fn reap(&self, pid: u32) -> io::Result<ExitStatus> {
        let mut socket = self.lock();
        socket.write_all(&message(REAP, pid))?;
        match answer(&socket)? {
            (STATUS, status, _) => Ok(ExitStatus::from_raw(status.cast_signed())),
            (_, error, _) => Err(io::Error::from_raw_os_error(error.cast_signed())),
        }
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        // An error means that the other end is closed already.
        let _ = self.lock().shutdown(std::net::Shutdown::Both);
        // One that does not go is killed with its `Process`.
        let _ = self.process.await_end(Patience::at_least(FAREWELL));
    }
}

fn pair() -> Result<(UnixStream, UnixStream), String> {
    UnixStream::pair().map_err(|error| format!("no socket pair for a template of workers can be made: {error}"))
}

fn answer(socket: &UnixStream) -> io::Result<(u32, u32, Option<OwnedFd>)> {
    let mut content = [0; LENGTH];
    let (count, descriptor) = receive_descriptor(socket.as_fd(), &mut content)?;
    if count == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "its socket has ended"));
    }
    let mut rest: &UnixStream = socket;
    rest.read_exact(&mut content[count..])?;
    let (kind, number) = parts(content);
    Ok((kind, number, descriptor))
}

/// Is a template until the executor is gone.
pub(super) fn serve(tasks: &Tasks, socket: OwnedFd, executor: u32) -> io::Result<()> {
    let mut stream = UnixStream::from(socket);
    let watched = process_descriptor(executor)?;
    if parent_id() != executor {
        return Err(io::Error::other("it was not started by the executor itself"));
    }
    stream.write_all(&message(READY, threads()?))?;
    let template = std::process::id();
    loop {
        let (asked, gone) = either_ready(stream.as_fd(), watched.as_fd())?;
        if gone {
            return Ok(());
        }
        if !asked {
            continue;
        }
        match answer(&stream) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
            Ok((FORK, _, Some(memory))) => match fork() {
                Ok(None) => {
                    // The worker has no descriptor of its template.
                    drop(stream);
                    drop(watched);
                    leave(contain(|| work(tasks, memory, template)));
                }
                Ok(Some(pid)) => match process_descriptor(pid) {
                    Ok(worker) => send_descriptor(stream.as_fd(), &message(FORKED, pid), worker.as_fd())?,
                    Err(error) => {
                        // It dies with this process, and has no task.
                        stream.write_all(&message(FAILED, code(&error)))?;
                    }
                },
                Err(error) => stream.write_all(&message(FAILED, code(&error)))?,
            },
            Ok((REAP, pid, _)) => {
                let answer = match wait_for(pid) {
                    Ok(status) => message(STATUS, status.into_raw().cast_unsigned()),
                    Err(error) => message(FAILED, code(&error)),
                };
                stream.write_all(&answer)?;
            }
            Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "a question is damaged")),
        }
    }
}

fn code(error: &io::Error) -> u32 {
    error.raw_os_error().unwrap_or(libc::EIO).cast_unsigned()
}

/// Is a worker that was forked from `template`.
fn work(tasks: &Tasks, memory: OwnedFd, template: u32) -> io::Result<()> {
    die_with_parent()?;
    if parent_id() != template {
        return Err(io::Error::other("its template is gone"));
    }
    poolproof_harness::leave_stacks_on_request();
    serve_memory(tasks, memory)
}

/// Ends a process that was forked. It leaves out what the program it is a copy of wanted to do at
/// its end, and never returns into it.
fn leave(served: Result<io::Result<()>, String>) -> ! {
    let code = match served {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            eprintln!("process {}, forked by an executor, gives up: {error}", std::process::id());
            1
        }
        Err(_) => 101,
    };
    let _ = io::stdout().flush();
    exit_now(code)
}
