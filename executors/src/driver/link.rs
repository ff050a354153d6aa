//! The link to one driver: its process, its socket, and calls that any thread may make.

use super::answers::{Answer, Answers, Over, quote};
use super::child::Process;
use super::lane::Lanes;
use super::launch::Launch;
use super::wire::{Call, Hello, LONGEST_LINE, PROTOCOL, Request, WireFault};
use poolproof_harness::{Fault, Patience, SetupError, hand_down, handed_down, peer_is_me, visible};
use serde::de::DeserializeOwned;
use std::fmt;
use std::fs::Permissions;
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

/// How long a driver that was told to end is waited for before it is killed: longer than the grace
/// that the drivers give to what hangs in them.
pub(super) const FAREWELL: Patience = Patience::ticks(500);

/// The lane of the driver's main thread.
const MAIN_LANE: usize = 0;

/// A running driver. Dropping it ends the driver.
pub(super) struct Link {
    hello: OnceLock<Hello>,
    stream: Arc<UnixStream>,
    sending: Mutex<()>,
    answers: Arc<Answers>,
    lanes: Lanes,
    next: AtomicU64,
    process: Arc<Process>,
    _directory: tempfile::TempDir,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("driver", &self.answers.name).finish_non_exhaustive()
    }
}

/// Why a call brought nothing.
#[derive(Debug)]
pub(super) enum CallError {
    /// The driver says so.
    Fault(WireFault),
    /// There is no driver any more, or it breaks the protocol: one sentence.
    Broke(String),
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Fault(fault) => fault.into(),
            CallError::Broke(reason) => Self::Driver(reason),
        }
    }
}

impl From<CallError> for SetupError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Fault(WireFault::NotInstalled { what, install }) => Self::NotInstalled { what, install },
            CallError::Fault(WireFault::Setup(reason)) | CallError::Broke(reason) => Self::Failed(reason),
            CallError::Fault(fault) => Self::Failed(Fault::from(fault).to_string()),
        }
    }
}

impl Link {
    /// Starts the driver and shakes hands with it.
    pub(super) fn start(launch: &Launch) -> Result<Arc<Self>, SetupError> {
        Self::begin(launch).map_err(|error| launch.advise(error))
    }

    fn begin(launch: &Launch) -> Result<Arc<Self>, SetupError> {
        let name = launch.name();
        let failed = |what: String| SetupError::failed(format!("the driver {name} {what}"));
        let ours = |error: io::Error| failed(format!("cannot be listened to: {error}"));
        let directory = tempfile::Builder::new()
            .prefix("poolproof-driver-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .map_err(ours)?;
        let path = directory.path().join("driver");
        let listener = UnixListener::bind(&path).map_err(ours)?;
        let command = launch.command(&path)?;

        let connected: Arc<OnceLock<Arc<UnixStream>>> = Arc::default();
        let at_end = Arc::clone(&connected);
        // A forked worker may hold the connection open; the end of the driver closes it anyway.
        let on_end = move || at_end.get().into_iter().for_each(|stream| close(stream));
        let process = Process::start(command, on_end);
        let process = Arc::new(process.map_err(|error| launch.not_started(&error))?);
        let stream = match accept(&listener, &process, launch.patience) {
            Ok(stream) => Arc::new(stream),
            Err(what) => {
                process.kill();
                return Err(failed(what));
            }
        };
        let _ = connected.set(Arc::clone(&stream));
        if process.ends_within(Patience::ticks(0)) {
            close(&stream);
        }

        let answers = Arc::new(Answers::new(name.clone()));
        let (read, reading, reader_process) = (Arc::clone(&answers), Arc::clone(&stream), Arc::clone(&process));
        let reader = move || {
            let broke = read.read(&reading);
            close(&reading);
            read.end(match broke {
                Some(what) => Over::Broke(what),
                None => {
                    reader_process.ends_within(FAREWELL);
                    Over::Ended(reader_process.obituary())
                }
            });
        };
        thread::Builder::new().name("driver-reader".into()).spawn(reader).map_err(ours)?;

        let link = Self {
            hello: OnceLock::new(),
            stream,
            sending: Mutex::default(),
            answers,
            lanes: Lanes::default(),
            next: AtomicU64::new(1),
            process,
            _directory: directory,
        };
        link.shake_hands(launch)?;
        Ok(Arc::new(link))
    }

    fn shake_hands(&self, launch: &Launch) -> Result<(), SetupError> {
        // To find out what a subject is may mean to open an executor and to run a task, which would cost as much again
        // as a check, each time.
        let fact = format!("the answer to hello of {}", launch.address);
        let known = handed_down(&fact).and_then(|known| serde_json::from_str(&known).ok());
        let call =
            Call::Hello { protocol: PROTOCOL, subject: launch.subject.clone(), options: launch.options.clone(), known };
        let answers = self.ask(&call)?;
        let mut deadline = launch.patience.start();
        let answer = loop {
            let Some(slice) = deadline.next_slice() else {
                let seconds = launch.patience.nominal().as_secs_f64();
                let what = format!("did not answer `hello` within {seconds} s; is it a driver of Poolproof?");
                self.answers.end(Over::Broke(what));
                self.process.kill();
                return Err(SetupError::Failed(self.answers.sentence("during", &call)));
            };
            match answers.recv_timeout(slice) {
                Ok(answer) => break self.decode(&call, answer)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(SetupError::Failed(self.answers.sentence("during", &call)));
                }
            }
        };
        let hello: Hello = answer;
        if hello.protocol != PROTOCOL {
            return Err(SetupError::failed(format!(
                "the driver {} speaks version {} of the protocol, this program version {PROTOCOL}; use a matching one",
                self.answers.name, hello.protocol
            )));
        }
        if let Ok(known) = serde_json::to_string(&hello) {
            hand_down(&fact, &known);
        }
        let _ = self.hello.set(hello);
        self.process.forward_output();
        Ok(())
    }

    /// What the driver said of its subject.
    pub(super) fn hello(&self) -> Option<&Hello> {
        self.hello.get()
    }

    /// A handle that was never used before.
    pub(super) fn handle(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether the driver is there and keeps to the protocol.
    pub(super) fn is_alive(&self) -> bool {
        self.answers.go_on()
    }

    /// Asks the driver and waits for its answer.
    pub(super) fn call<T: DeserializeOwned>(&self, call: &Call) -> Result<T, CallError> {
        self.call_in(self.lanes.mine(), call)
    }

    fn call_in<T: DeserializeOwned>(&self, lane: usize, call: &Call) -> Result<T, CallError> {
        let answers = self.ask_in(lane, call)?;
        let answer = answers.recv().map_err(|_| CallError::Broke(self.answers.sentence("during", call)))?;
        self.decode(call, answer)
    }

    /// Lets the driver's main thread end, waits until the driver has ended, and says with which
    /// exit code.
    pub(super) fn end_program(&self) -> Result<i32, CallError> {
        self.call_in::<()>(MAIN_LANE, &Call::EndProgram)?;
        let code = self.process.exit_code();
        code.ok_or_else(|| CallError::Broke(self.process.obituary().told("at the end of its program")))
    }

    fn ask(&self, call: &Call) -> Result<Receiver<Answer>, CallError> {
        self.ask_in(self.lanes.mine(), call)
    }

    fn ask_in(&self, lane: usize, call: &Call) -> Result<Receiver<Answer>, CallError> {
        let id = self.handle();
        let request = Request { id, lane, call };
        let broke = |what: String| CallError::Broke(format!("the request `{}` {what}", call.name()));
        let mut line = serde_json::to_vec(&request).map_err(|error| broke(format!("cannot be written: {error}")))?;
        line.push(b'\n');
        if line.len() > LONGEST_LINE {
            return Err(broke(format!("is longer than {LONGEST_LINE} bytes; use fewer tasks in one call")));
        }
        let over = || CallError::Broke(self.answers.sentence("before", call));
        let answer = self.answers.expect(id).ok_or_else(over)?;
        let sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        if (&*self.stream).write_all(&line).is_err() {
            // Nobody listens; the reader finds out why and wakes us.
            close(&self.stream);
        }
        drop(sending);
        Ok(answer)
    }

    fn decode<T: DeserializeOwned>(&self, call: &Call, answer: Answer) -> Result<T, CallError> {
        let ok = answer.map_err(CallError::Fault)?;
        let quoted = quote(ok.to_string().as_bytes());
        serde_json::from_value(ok).map_err(|error| {
            let (name, error) = (&self.answers.name, error.to_string());
            let error = visible::line(&error);
            CallError::Broke(format!("the driver {name} answered `{}` with `{quoted}`: {error}", call.name()))
        })
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Its answer is not waited for: the driver may be busy with a call that never returns.
        let _ = self.ask(&Call::Bye);
        let _ = self.stream.shutdown(Shutdown::Write);
        if !self.process.ends_within(FAREWELL) {
            self.process.kill();
            self.process.ends_within(FAREWELL);
        }
        close(&self.stream);
    }
}

fn close(stream: &UnixStream) {
    // A stream that is closed already is what we want.
    let _ = stream.shutdown(Shutdown::Both);
}

/// Waits for the driver to connect; says what it did instead.
pub(super) fn accept(listener: &UnixListener, process: &Process, patience: Patience) -> Result<UnixStream, String> {
    let mut deadline = patience.start();
    while let Some(slice) = deadline.next_slice() {
        let mut waiting = libc::pollfd { fd: listener.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let millis = libc::c_int::try_from(slice.as_millis()).unwrap_or(libc::c_int::MAX);
        // SAFETY: `waiting` is one valid pollfd for the duration of the call.
        #[allow(unsafe_code)]
        let ready = unsafe { libc::poll(&raw mut waiting, 1, millis) };
        if ready > 0 {
            let (stream, _) = listener.accept().map_err(|error| format!("cannot be accepted: {error}"))?;
            if peer_is_me(&stream) {
                return Ok(stream);
            }
        } else if process.ends_within(Patience::ticks(0)) {
            return Err(process.obituary().told("before it connected"));
        }
    }
    let seconds = patience.nominal().as_secs_f64();
    Err(format!("did not connect to the socket in POOLPROOF_DRIVER within {seconds} s; is it a driver of Poolproof?"))
}
