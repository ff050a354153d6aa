//! A link: the thread that looks after one worker. It receives the worker's replies and completes
//! their futures, gives it what is in the queue, and replaces it when it dies or has run enough.

use super::attendants::Attendants;
use super::channel::Receiver;
use super::child::{Loss, Trouble, Worker};
use super::codec::decode;
use super::desk::Desk;
use super::message::read_items;
use super::parcel::Parcel;
use super::shared::{Next, Setup, Shared, Standing};
use super::supervisor::Alarm;
use poolproof_harness::{Failure, contain};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

/// Starts a link. It has no worker until there is work.
pub(super) fn start(shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name("process-link".into()).spawn(move || run(&Standing::new(shared)))
}

fn run(standing: &Standing) {
    let mut link = Link { shared: Arc::clone(standing.shared()), desk: Arc::default(), line: None };
    loop {
        link.let_go_of_the_dead();
        match link.shared.next(&link.desk, link.line.as_ref().map(|line| &line.alarm)) {
            Next::End => break,
            Next::Prepare => {
                if let Err(reason) = link.prepare() {
                    link.shared.break_down(&reason);
                    break;
                }
            }
            Next::Run(parcel) => {
                link.hand(parcel);
                link.attend();
            }
            Next::Rest => link.attend(),
        }
    }
    if let Some(worker) = link.take_worker() {
        worker.retire();
    }
}

/// What the link itself needs of its worker, which is on the desk.
struct Line {
    receiver: Receiver,
    alarm: Arc<Alarm>,
}

/// What a link wakes up for.
enum Heard {
    Reply,
    Death,
    Call,
    Garbage,
}

struct Link {
    shared: Arc<Shared>,
    desk: Arc<Desk>,
    /// There while a worker is on the desk.
    line: Option<Line>,
}

impl Link {
    fn take_worker(&mut self) -> Option<Worker> {
        self.line = None;
        self.desk.lock().worker.take()
    }

    /// An idle worker that died is reaped, and replaced before it can cost a task.
    fn let_go_of_the_dead(&mut self) {
        if self.line.as_ref().is_some_and(|line| line.alarm.is_dead()) {
            drop(self.take_worker());
        }
    }

    /// Puts a new worker that has run its initialiser on the desk.
    fn prepare(&mut self) -> Result<(), String> {
        let (worker, receiver) = prepare(&self.shared.setup, &self.shared.attendants)?;
        self.line = Some(Line { receiver, alarm: Arc::clone(worker.alarm()) });
        self.desk.lock().worker = Some(worker);
        Ok(())
    }

    /// Sends a parcel to the worker. Trouble is found on the desk.
    fn hand(&self, parcel: Parcel) {
        if self.desk.lock().hand(parcel).is_err()
            && let Some(line) = &self.line
        {
            line.alarm.call();
        }
    }

    fn listen(&self) -> Heard {
        let Some(Line { receiver, alarm }) = &self.line else { return Heard::Call };
        let other = |_: &_| {
            if alarm.is_dead() {
                return Some(Heard::Death);
            }
            alarm.was_called().then_some(Heard::Call)
        };
        match receiver.wait(|| Some(None), other) {
            Ok(None) => Heard::Reply,
            Ok(Some(heard)) => heard,
            Err(_) => Heard::Garbage,
        }
    }

    /// Waits for the worker's reply, or whatever comes instead, and deals with it. Returns when
    /// there is no parcel on the desk.
    fn attend(&mut self) {
        loop {
            let heard = self.listen();
            self.shared.unlist(&self.desk);
            let mut seat = self.desk.lock();
            let trouble = match (heard, seat.trouble.take()) {
                (_, Some(trouble)) => Some(trouble),
                (Heard::Death, None) => Some(Trouble::Died),
                (Heard::Garbage, None) => Some(Trouble::Garbage),
                (Heard::Reply, None) => None,
                // What it was called for is found when there is nothing else to do.
                (Heard::Call, None) if seat.parcel.is_some() => continue,
                (Heard::Call, None) => return,
            };
            let parcel = seat.parcel.take();
            drop(seat);
            match (parcel, trouble) {
                (Some(parcel), None) => return self.receive(parcel),
                (Some(parcel), Some(trouble)) => {
                    if !self.lose(parcel, &trouble) {
                        return;
                    }
                }
                // An idle worker died, or said something that nobody had asked for.
                (None, _) => return drop(self.take_worker()),
            }
        }
    }

    /// Completes the future of a parcel that was answered, and keeps the worker unless it has run
    /// enough.
    fn receive(&mut self, parcel: Parcel) {
        let Some(line) = &mut self.line else { return };
        let Ok(content) = line.receiver.copy() else {
            self.lose(parcel, &Trouble::Garbage);
            return;
        };
        let Some(outcomes) = read_items(content).filter(|outcomes| outcomes.len() as u64 == parcel.tasks) else {
            self.lose(parcel, &Trouble::Garbage);
            return;
        };
        let enough = {
            let mut seat = self.desk.lock();
            seat.worker.as_mut().is_none_or(|worker| {
                worker.answered(parcel.tasks);
                self.shared.setup.max_tasks_per_worker.is_some_and(|most| worker.ran >= most)
            })
        };
        self.shared.round_trips.fetch_add(1, Ordering::Relaxed);
        deliver(parcel, &outcomes, &self.shared);
        if enough && let Some(worker) = self.take_worker() {
            worker.retire();
        }
    }

    /// Deals with a parcel whose worker is of no more use. `true`: nothing has run, and another
    /// worker has the parcel.
    fn lose(&mut self, mut parcel: Parcel, trouble: &Trouble) -> bool {
        let loss = match self.take_worker() {
            Some(worker) => worker.lose(trouble),
            None => Loss { what: "the worker is gone".to_owned(), began: true },
        };
        let content = parcel.content();
        if loss.began {
            fail(parcel, format!("{} while it ran {content}", loss.what), &self.shared);
            return false;
        }
        // The worker died after it was found alive, and before it had taken the request: nothing
        // has run, so a new worker may. If that dies as well, the request is what kills them.
        if parcel.again {
            fail(parcel, format!("{} before it took {content}, and so did the one before", loss.what), &self.shared);
            return false;
        }
        parcel.again = true;
        match self.prepare() {
            Ok(()) => {
                self.hand(parcel);
                true
            }
            Err(reason) => {
                self.shared.break_down(&reason);
                let what = format!("{} before it took {content}, and none replaces it: {reason}", loss.what);
                fail(parcel, what, &self.shared);
                false
            }
        }
    }
}

/// A new worker that has run its initialiser.
fn prepare(setup: &Setup, attendants: &Attendants) -> Result<(Worker, Receiver), String> {
    let (mut worker, mut receiver) = Worker::start(setup.patience, attendants)?;
    let Some(initialiser) = &setup.initialiser else { return Ok((worker, receiver)) };
    let pid = worker.pid();
    let trouble = match worker.exchange(&mut receiver, initialiser) {
        Ok(content) => match read_items(content).as_deref() {
            Some(&[outcome]) => match decode::<Result<(), Failure>>(outcome) {
                Ok(Ok(())) => {
                    worker.answered(0);
                    return Ok((worker, receiver));
                }
                Ok(Err(failure)) => {
                    worker.retire();
                    return Err(format!("the initialiser failed in worker process {pid}: {failure}"));
                }
                Err(_) => Trouble::Garbage,
            },
            _ => Trouble::Garbage,
        },
        Err(trouble) => trouble,
    };
    Err(format!("{} while it ran the initialiser", worker.lose(&trouble).what))
}

fn deliver(parcel: Parcel, outcomes: &[&[u8]], shared: &Arc<Shared>) {
    let Parcel { request, receipt, .. } = parcel;
    // Whoever sees the result must not find the task's bytes still in memory.
    drop(request);
    // A value whose future was dropped is dropped here and may panic. Its future is done then, and
    // the panic hook has told.
    shared.settle(|| contain(move || receipt.deliver(outcomes)).unwrap_or_default());
}

fn fail(parcel: Parcel, reason: String, shared: &Arc<Shared>) {
    shared.settle(|| parcel.receipt.fail(Failure::Broken(reason)));
}
