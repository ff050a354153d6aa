//! The server at which tasks meet: it answers nobody until all are there.
//!
//! A task of the workload [`Socket(1)`](poolproof_harness::Workload::Socket) connects, sends a
//! byte and waits for it to come back. When as many have come as make a party, all are answered,
//! so that a party is only ever complete while all its tasks run at the same time. A round of
//! [`Dispatch::Held`](poolproof_harness::Dispatch::Held) ends the wait by a byte of its own, before
//! which the subject's memory is looked at.

use super::usage::Usage;
use poolproof_harness::ALL_SUBMITTED;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// A server for one party after another; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct Meeting {
    port: u16,
    shared: Arc<Shared>,
    seen: Receiver<io::Result<Usage>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    /// How many make a party (`None`: only the byte of the round ends the wait), and the process
    /// that is looked at when that byte comes.
    host: Mutex<Host>,
    over: AtomicBool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Host {
    party: Option<usize>,
    process: u32,
}

impl Meeting {
    /// Starts a server on the loopback interface.
    ///
    /// # Errors
    ///
    /// If it offers no port, or no thread can be started.
    pub(super) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { host: Mutex::default(), over: AtomicBool::new(false) });
        let (say, seen) = channel();
        let serve = {
            let shared = Arc::clone(&shared);
            move || serve(&listener, &shared, &say)
        };
        let thread = thread::Builder::new().name("meeting".into()).spawn(serve)?;
        Ok(Self { port, shared, seen, thread: Some(thread) })
    }

    /// Where it listens.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// From now on so many make a party.
    pub(super) fn of(&self, party: usize) {
        self.set(Host { party: Some(party), process: 0 });
    }

    /// From now on everybody waits for the byte of the round; then `process` is looked at.
    pub(super) fn holding(&self, process: u32) {
        self.set(Host { party: None, process });
    }

    /// What `process` used when the byte of the round came, if it came since the last call.
    pub(super) fn seen(&self) -> Option<io::Result<Usage>> {
        self.seen.try_iter().last()
    }

    fn set(&self, host: Host) {
        *self.shared.host.lock().unwrap_or_else(PoisonError::into_inner) = host;
    }
}

impl Drop for Meeting {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        // Wakes the thread from its wait for the next guest.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, shared: &Shared, say: &Sender<io::Result<Usage>>) {
    let mut waiting: Vec<(TcpStream, u8)> = Vec::new();
    for guest in listener.incoming() {
        if shared.over.load(Ordering::Acquire) {
            return;
        }
        let Ok(mut guest) = guest else { continue };
        let mut byte = [0];
        // Whoever connects sends at once; one that died instead is no guest.
        if guest.read_exact(&mut byte).is_err() {
            continue;
        }
        let host = *shared.host.lock().unwrap_or_else(PoisonError::into_inner);
        let said = byte[0] == ALL_SUBMITTED;
        waiting.push((guest, byte[0]));
        if said {
            // A task that starts only now, because its worker was asleep, has nobody to wait for.
            shared.host.lock().unwrap_or_else(PoisonError::into_inner).party = Some(1);
            // A receiver that is gone asks no more.
            let _ = say.send(Usage::of(host.process));
        }
        if said || host.party.is_some_and(|party| waiting.len() >= party) {
            for (mut guest, byte) in waiting.drain(..) {
                // A guest that has gone needs no answer.
                let _ = guest.write_all(&[byte]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Comes and sends a byte. Guests are let in in the order in which they come.
    fn guest(meeting: &Meeting, byte: u8) -> TcpStream {
        let mut guest = TcpStream::connect((Ipv4Addr::LOCALHOST, meeting.port())).expect("it listens");
        guest.write_all(&[byte]).expect("it is connected");
        guest
    }

    fn answer(mut guest: TcpStream) -> u8 {
        let mut byte = [0];
        guest.set_read_timeout(None).expect("no limit is valid");
        guest.read_exact(&mut byte).expect("it is answered");
        byte[0]
    }

    #[test]
    fn nobody_is_answered_before_all_are_there() {
        let meeting = Meeting::start().expect("the loopback interface works");
        meeting.of(3);
        let mut first = guest(&meeting, 7);
        let second = guest(&meeting, 8);
        // A server that answers too early may do so within this time, on a busy machine later.
        first.set_read_timeout(Some(Duration::from_millis(20))).expect("a valid limit");
        assert!(first.read(&mut [0]).is_err(), "two of three are there, and one is answered");
        let third = guest(&meeting, 9);
        assert_eq!([first, second, third].map(answer), [7, 8, 9]);
    }

    #[test]
    fn the_byte_of_the_round_ends_the_wait_after_a_look_at_the_process() {
        let meeting = Meeting::start().expect("the loopback interface works");
        meeting.holding(std::process::id());
        let held = guest(&meeting, 7);
        let round = guest(&meeting, ALL_SUBMITTED);
        assert_eq!([held, round].map(answer), [7, ALL_SUBMITTED]);
        let usage = meeting.seen().expect("it looked").expect("this process runs");
        assert!(usage.memory_bytes > 0 && usage.cpu_ns > 0 && usage.processes >= 1, "{usage:?}");
        assert!(meeting.seen().is_none(), "there was one look");
        assert_eq!(answer(guest(&meeting, 8)), 8, "a task that comes late is not left behind");
    }

    #[test]
    fn one_who_leaves_without_a_word_is_no_guest() {
        let meeting = Meeting::start().expect("the loopback interface works");
        meeting.of(2);
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, meeting.port())).expect("it listens"));
        let both = [guest(&meeting, 7), guest(&meeting, 8)];
        assert_eq!(both.map(answer), [7, 8]);
    }
}
