//! The answers of one driver, handed to the threads that wait for them.
//!
//! One thread reads everything the driver sends. When the driver ends or breaks the protocol, the
//! first reason is kept, and every waiting and later call ends with it: a dead driver strands
//! nobody.

use super::child::Obituary;
use super::lines::Lines;
use super::wire::{Call, LONGEST_LINE, PROTOCOL, WireFault};
use poolproof_harness::visible;
use serde_json::Value;
use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the calling threads and the reading one share.
pub(super) struct Answers {
    /// How messages call the driver.
    pub(super) name: String,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    calls: HashMap<u64, SyncSender<Answer>>,
    over: Option<Over>,
}

/// What a driver answers to one request.
pub(super) type Answer = Result<Value, WireFault>;

/// Why the link is of no use any more.
#[derive(Clone)]
pub(super) enum Over {
    /// The driver ended.
    Ended(Obituary),
    /// It broke the protocol: what it did.
    Broke(String),
}

impl Answers {
    /// No answers yet, from the driver that messages call `name`.
    pub(super) fn new(name: String) -> Self {
        Self { name, waiting: Mutex::default() }
    }

    /// Where the answer to request `id` will arrive; `None` if the driver is of no use any more.
    pub(super) fn expect(&self, id: u64) -> Option<Receiver<Answer>> {
        let mut waiting = self.lock();
        if waiting.over.is_some() {
            return None;
        }
        let (sender, answer) = sync_channel(1);
        waiting.calls.insert(id, sender);
        Some(answer)
    }

    /// Whether the driver is there and keeps to the protocol.
    pub(super) fn go_on(&self) -> bool {
        self.lock().over.is_none()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the first reason and wakes everybody who waits.
    pub(super) fn end(&self, over: Over) {
        let mut waiting = self.lock();
        waiting.over.get_or_insert(over);
        waiting.calls.clear();
    }

    /// The sentence for a call that got no answer; `when` is `during` or `before` it.
    pub(super) fn sentence(&self, when: &str, call: &Call) -> String {
        let when = format!("{when} `{}`", call.name());
        match self.lock().over.clone() {
            Some(Over::Ended(obituary)) => format!("the driver {} {}", self.name, obituary.told(&when)),
            Some(Over::Broke(what)) => format!("the driver {} {what}", self.name),
            None => format!("the driver {} stopped answering {when}", self.name),
        }
    }

    /// Reads what the driver sends; returns what it did wrong, if it did.
    pub(super) fn read(&self, stream: &UnixStream) -> Option<String> {
        let mut lines = Lines::new(stream, LONGEST_LINE);
        loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(what) => return Some(what),
            };
            let (id, answer) = match understand(&line) {
                Ok(understood) => understood,
                Err(what) => return Some(what),
            };
            let Some(waiter) = self.lock().calls.remove(&id) else {
                return Some(format!("answered request {id}, which nobody waits for"));
            };
            // Whoever gave up waiting does not want the answer.
            let _ = waiter.send(answer);
        }
    }
}

/// The number of the request that a line answers, and the answer.
fn understand(line: &[u8]) -> Result<(u64, Answer), String> {
    let quoted = quote(line);
    let mut object = match serde_json::from_slice(line) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return Err(format!("sent a line that is no JSON object: `{quoted}`")),
        Err(_) => return Err(format!("sent a line that is not JSON: `{quoted}`")),
    };
    let id = object.get("id").and_then(Value::as_u64);
    let id = id.ok_or_else(|| format!("sent an answer without the `id` of a request: `{quoted}`"))?;
    if let Some(fault) = object.remove("fault") {
        let fault = serde_json::from_value(fault).map_err(|error| {
            let error = error.to_string();
            format!(
                "answered with a fault that version {PROTOCOL} does not know ({}): `{quoted}`",
                visible::line(&error)
            )
        })?;
        return Ok((id, Err(fault)));
    }
    let ok = object.remove("ok");
    ok.map(|ok| (id, Ok(ok))).ok_or_else(|| format!("sent an answer with neither `ok` nor `fault`: `{quoted}`"))
}

/// The beginning of a line, printable on one line.
pub(super) fn quote(line: &[u8]) -> String {
    const QUOTED: usize = 60;
    let text = String::from_utf8_lossy(&line[..line.len().min(QUOTED * 4)]);
    let mut quoted = String::new();
    for letter in text.chars().take(QUOTED) {
        if letter.is_control() {
            quoted.extend(letter.escape_default());
        } else {
            quoted.push(letter);
        }
    }
    if text.chars().nth(QUOTED).is_some() {
        quoted.push_str("...");
    }
    quoted
}
