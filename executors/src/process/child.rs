//! One worker process, seen from the executor: start, exchange, end. It is always reaped.

use super::attendants::Attendants;
use super::bell::Unheard;
use super::channel::{Channel, Direction, Receiver, Sender, Unsent};
use super::launch::{Process, described};
use super::message::HELLO;
use super::supervisor::{Alarm, Watch};
use poolproof_harness::{Patience, worker_arguments};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How long a worker that was told to end may take to do so by itself.
const FAREWELL: Duration = Duration::from_secs(10);

/// A running worker process. Its replies come through a [`Receiver`] that its link keeps.
#[derive(Debug)]
pub(super) struct Worker {
    /// Dropped before the process, whose descriptor is watched.
    watch: Option<Watch>,
    process: Process,
    sender: Sender,
    alarm: Arc<Alarm>,
    /// Tasks it has run.
    pub(super) ran: u64,
}

/// A worker that is no more.
#[derive(Debug)]
pub(super) struct Loss {
    /// Which worker, and how it ended: "worker process 17 was killed by signal 9 (SIGKILL)".
    pub(super) what: String,
    /// How many of the unanswered requests it may have begun with.
    pub(super) began: usize,
}

/// What goes wrong between an executor and its worker.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The process has ended.
    Died,
    /// What it left in the shared memory is no message, or a message that was not asked for.
    Garbage,
    /// There is no memory for a message to it.
    NoMemory(io::Error),
}

impl From<Unsent> for Trouble {
    fn from(unsent: Unsent) -> Self {
        match unsent {
            Unsent::Damaged => Self::Garbage,
            Unsent::NoMemory(error) => Self::NoMemory(error),
        }
    }
}

impl From<Unheard> for Trouble {
    fn from(_: Unheard) -> Self {
        Self::Garbage
    }
}

impl Worker {
    /// Starts a worker, and waits for its hello.
    ///
    /// # Errors
    ///
    /// One sentence: what went wrong, and what to change in the program.
    pub(super) fn start(patience: Patience, attendants: &Attendants) -> Result<(Self, Receiver), String> {
        let arguments = worker_arguments();
        let no_memory = |error| format!("no memory to share with a worker can be made: {error}");
        let channel = Channel::create().map_err(no_memory)?;
        let process = attendants.launch(channel.file().map_err(no_memory)?)?;
        let channel = Arc::new(channel);
        let alarm = Arc::new(Alarm::new(&channel));
        let watch = match attendants.supervisor()?.watch(process.descriptor(), &alarm) {
            Ok(watch) => watch,
            // It never got a task; there is nothing to lose.
            Err(error) => return Err(format!("worker process {} cannot be watched: {error}", process.pid())),
        };
        let mut receiver = Receiver::new(&channel, Direction::Reply);
        let sender = Sender::new(&channel, Direction::Request);
        let worker = Self { watch: Some(watch), process, sender, alarm, ran: 0 };
        match worker.shake_hands(&mut receiver, patience) {
            Ok(()) => Ok((worker, receiver)),
            Err(error) => Err(worker.unanswered(error, &arguments)),
        }
    }

    /// The number of the process.
    pub(super) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What its link is called by.
    pub(super) fn alarm(&self) -> &Arc<Alarm> {
        &self.alarm
    }

    fn shake_hands(&self, receiver: &mut Receiver, patience: Patience) -> Result<(), Silence> {
        let mut deadline = patience.start();
        let died = |_: &_| self.alarm.is_dead().then_some(());
        match receiver.wait(|| deadline.next_slice().map(Some), died) {
            Ok(Some(())) => Err(Silence::Ended),
            Ok(None) if receiver.copy() == Ok(&HELLO) => Ok(()),
            Ok(None) | Err(Unheard::ForNothing) => Err(Silence::AnotherHello),
            Err(Unheard::TimedOut) => Err(Silence::TimedOut),
        }
    }

    /// Ends a worker that is none, and says what the program must do to be one.
    fn unanswered(mut self, silence: Silence, arguments: &[String]) -> String {
        let how = match silence {
            Silence::TimedOut => "did not say in time that it is a worker".to_owned(),
            Silence::AnotherHello => "answered with something else than a worker's hello".to_owned(),
            Silence::Ended => format!("{} before it said that it is a worker", self.process.ending()),
        };
        described("a worker", &how, arguments)
    }

    /// Whether a request of so many bytes can be sent now.
    pub(super) fn has_room(&mut self, length: usize) -> bool {
        // What is damaged is found when something is sent or comes back.
        self.sender.has_room(length).unwrap_or(false)
    }

    /// Sends a request.
    ///
    /// # Errors
    ///
    /// The worker is of no more use.
    pub(super) fn send(&mut self, request: &[u8]) -> Result<(), Trouble> {
        Ok(self.sender.send(request)?)
    }

    /// Takes back the requests that it has not begun with, but for the first unanswered one, and at most so many; how
    /// many, from the last one on.
    ///
    /// # Errors
    ///
    /// The worker is of no more use.
    pub(super) fn withdraw(&mut self, limit: usize) -> Result<usize, Trouble> {
        self.sender.withdraw(limit).map_err(|_| Trouble::Garbage)
    }

    /// Whether it has begun with the first unanswered request.
    pub(super) fn has_begun(&self) -> bool {
        self.begun() > 0
    }

    /// How many of the unanswered requests it has begun with; none if it has damaged the count, which is found when it
    /// answers.
    pub(super) fn begun(&self) -> usize {
        self.sender.begun().unwrap_or(0)
    }

    /// Called when the first unanswered request was answered, which had so many tasks.
    pub(super) fn answered(&mut self, tasks: u64) {
        self.sender.answered();
        self.ran += tasks;
    }

    /// Tells a worker that waits for room for a reply to look again.
    pub(super) fn nudge(&self) {
        self.sender.nudge();
    }

    /// Sends a request and waits for its reply. Nobody else waits for this worker meanwhile.
    ///
    /// # Errors
    ///
    /// The worker is of no more use.
    pub(super) fn exchange<'a>(&mut self, receiver: &'a mut Receiver, request: &[u8]) -> Result<&'a [u8], Trouble> {
        self.send(request)?;
        let died = |_: &_| self.alarm.is_dead().then_some(());
        match receiver.wait(|| Some(None), died)? {
            Some(()) => Err(Trouble::Died),
            None => receiver.copy().map_err(|_| Trouble::Garbage),
        }
    }

    /// Ends a worker that is of no more use, and says what happened to it.
    pub(super) fn lose(mut self, trouble: &Trouble) -> Loss {
        let pid = self.pid();
        let how = match trouble {
            Trouble::Died => self.process.ending(),
            Trouble::Garbage => "answered with something that is no reply and was killed".to_owned(),
            Trouble::NoMemory(error) => format!("was killed, because there is no memory for a message to it: {error}"),
        };
        // It can no longer begin: what it has not claimed by now it will never claim. If it has damaged the
        // count, it may have begun with anything.
        self.process.end();
        let began = self.sender.begun().unwrap_or(usize::MAX);
        Loss { what: format!("worker process {pid} {how}"), began }
    }

    /// Tells the worker that it is needed no more, and waits until it is gone.
    pub(super) fn retire(mut self) {
        self.watch = None;
        self.sender.close();
        // Nobody asks how a worker ended that had nothing left to do; one that does not go is killed
        // when it is dropped.
        let _ = self.process.await_end(Patience::at_least(FAREWELL));
    }
}

/// Why a hello did not come.
#[derive(Clone, Copy, Debug)]
enum Silence {
    Ended,
    AnotherHello,
    TimedOut,
}
