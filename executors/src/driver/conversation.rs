//! A conversation with a driver line by line, as a person would have it who reads the protocol: to
//! see what the driver says, not what comes of it.

use super::child::Process;
use super::launch::Launch;
use super::lines::Lines;
use super::link::accept;
use super::wire::LONGEST_LINE;
use poolproof_harness::{Patience, Profile, SetupError};
use serde_json::Value;
use std::cell::OnceCell;
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

/// A driver, and the lines that it sends.
pub(crate) struct Conversation {
    stream: Arc<UnixStream>,
    lines: Receiver<Result<Vec<u8>, String>>,
    process: Process,
    patience: Patience,
    /// The subject's name in the hello, and the options of its address.
    pub(crate) hello: (String, Value),
    /// What the driver declares of its subject, once `hello` is answered.
    pub(crate) profile: OnceCell<Profile>,
    _directory: tempfile::TempDir,
}

impl Conversation {
    /// Starts the driver; says what it did instead of connecting.
    pub(super) fn start(launch: &Launch, patience: Patience) -> Result<Self, SetupError> {
        let failed = |what: String| SetupError::failed(format!("the driver {} {what}", launch.name()));
        let ours = |error: std::io::Error| failed(format!("cannot be listened to: {error}"));
        let directory = tempfile::Builder::new().prefix("poolproof-driver-").tempdir().map_err(ours)?;
        let path = directory.path().join("driver");
        let listener = UnixListener::bind(&path).map_err(ours)?;
        let command = launch.command(&path)?;
        let process = Process::start(command, || {}).map_err(|error| launch.not_started(&error))?;
        let stream = accept(&listener, &process, launch.patience).map_err(|what| {
            process.kill();
            failed(what)
        })?;
        let stream = Arc::new(stream);
        let (said, lines) = channel();
        let reading = Arc::clone(&stream);
        let read = move || {
            let mut lines = Lines::new(&*reading, LONGEST_LINE);
            while let Some(line) = lines.next().transpose() {
                let over = line.is_err();
                if said.send(line).is_err() || over {
                    return;
                }
            }
        };
        thread::Builder::new().name("driver-reader".into()).spawn(read).map_err(ours)?;
        let options = serde_json::to_value(&launch.options).unwrap_or_default();
        let hello = (launch.subject.clone(), options);
        Ok(Self { stream, lines, process, patience, hello, profile: OnceCell::new(), _directory: directory })
    }

    /// Sends one line.
    pub(crate) fn say(&self, request: &Value) -> Result<(), String> {
        let mut line = request.to_string();
        line.push('\n');
        (&*self.stream).write_all(line.as_bytes()).map_err(|_| self.end("while it was asked"))
    }

    /// The next line that the driver sends, while `call` waits for its answer.
    pub(crate) fn hear(&self, call: &str) -> Result<Value, String> {
        let mut deadline = self.patience.start();
        while let Some(slice) = deadline.next_slice() {
            match self.lines.recv_timeout(slice) {
                Ok(Ok(line)) => {
                    let said = serde_json::from_slice(&line).ok().filter(Value::is_object);
                    let quoted = super::answers::quote(&line);
                    return said.ok_or_else(|| format!("the driver sent a line that is no JSON object: `{quoted}`"));
                }
                Ok(Err(what)) => return Err(format!("the driver {what}")),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(self.end(&format!("during `{call}`"))),
            }
        }
        let seconds = self.patience.nominal().as_secs_f64();
        Err(format!("the driver did not answer `{call}` within {seconds} s"))
    }

    fn end(&self, when: &str) -> String {
        self.process.ends_within(self.patience);
        format!("the driver {}", self.process.obituary().told(when))
    }

    /// How long to wait for what the driver does outside its answers.
    pub(crate) fn patience(&self) -> Patience {
        self.patience
    }

    /// Whether the driver ends by itself within `patience`.
    pub(crate) fn ends_within(&self, patience: Patience) -> bool {
        self.process.ends_within(patience)
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
        if !self.process.ends_within(super::link::FAREWELL) {
            self.process.kill();
        }
    }
}
