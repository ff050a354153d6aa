//! A link: the thread that looks after one worker. It receives the worker's replies and completes
//! their futures, gives it what is in the queue, and replaces it when it dies or has run enough.

use super::attendants::Attendants;
use super::channel::Receiver;
use super::child::{Loss, Trouble, Worker};
use super::codec::decode;
use super::desk::{Desk, Line, Received};
use super::message::read_items;
use super::parcel::Parcel;
use super::shared::{Next, Setup, Shared, Standing};
use super::supervisor::{Alarm, Heard};
use poolproof_harness::Failure;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// Starts a link. It has no worker until there is work.
pub(super) fn start(shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name("process-link".into()).spawn(move || run(&Standing::new(shared)))
}

fn run(standing: &Standing) {
    let mut link = Link { shared: Arc::clone(standing.shared()), desk: Arc::clone(standing.desk()), alarm: None };
    loop {
        link.let_go();
        match link.shared.next(&link.desk, link.alarm.as_ref()) {
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

struct Link {
    shared: Arc<Shared>,
    desk: Arc<Desk>,
    /// There while a worker is on the desk.
    alarm: Option<Arc<Alarm>>,
}

impl Link {
    fn take_worker(&mut self) -> Option<Worker> {
        self.alarm = None;
        *self.desk.ear() = None;
        self.desk.lock().worker.take()
    }

    /// An idle worker that died is reaped, and replaced before it can cost a task; one that has run enough ends.
    fn let_go(&mut self) {
        if self.alarm.as_ref().is_some_and(|alarm| alarm.is_dead()) {
            drop(self.take_worker());
        }
        let most = self.shared.setup.max_tasks_per_worker;
        let ran = self.desk.lock().worker.as_ref().map_or(0, |worker| worker.ran);
        if most.is_some_and(|most| ran >= most)
            && let Some(worker) = self.take_worker()
        {
            worker.retire();
        }
    }

    /// Puts a new worker that has run its initialiser on the desk.
    fn prepare(&mut self) -> Result<(), String> {
        let (worker, receiver) = prepare(&self.shared.setup, &self.shared.attendants)?;
        let alarm = Arc::clone(worker.alarm());
        *self.desk.ear() = Some(Line::new(&self.shared, &self.desk, receiver, Arc::clone(&alarm)));
        self.alarm = Some(alarm);
        self.desk.lock().worker = Some(worker);
        Ok(())
    }

    /// Sends a parcel to the worker, and more if it is fast. Trouble is found on the desk.
    fn hand(&self, parcel: Parcel) {
        let sent = self.desk.hand(&mut self.desk.lock(), parcel);
        if let Some(line) = &mut *self.desk.ear() {
            if sent.is_err() {
                line.alarm.call();
            } else {
                line.top_up(1);
            }
        }
    }

    /// Waits for the worker's replies, or whatever comes instead, and deals with it. Returns when
    /// there is no parcel on the desk.
    fn attend(&mut self) {
        loop {
            let heard = self.alarm.as_ref().map_or(Heard::Call, |alarm| alarm.listen());
            let mut ear = self.desk.ear();
            let Some(line) = &mut *ear else { return };
            // Somebody else may have received it meanwhile.
            let heard = match heard {
                _ if line.receiver.is_ready() => Heard::Reply,
                Heard::Reply => continue,
                other => other,
            };
            self.shared.unlist(&self.desk);
            let mut seat = self.desk.lock();
            let (trouble, callbacks) = (seat.trouble.take(), std::mem::take(&mut seat.callbacks));
            let busy = !seat.parcels.is_empty();
            drop(seat);
            let trouble = match (heard, trouble) {
                (_, Some(trouble)) => trouble,
                (Heard::Death, None) => Trouble::Died,
                (Heard::Garbage, None) => Trouble::Garbage,
                (Heard::Reply, None) if callbacks.is_empty() => match line.receive(true) {
                    Received::Done { callbacks, left, next: _ } => {
                        if left > 0 {
                            line.top_up(left);
                        }
                        drop(ear);
                        self.shared.call_back(callbacks, left == 0);
                        if left == 0 {
                            return;
                        }
                        continue;
                    }
                    Received::Unasked | Received::Garbage => Trouble::Garbage,
                },
                // What it was called for is found when there is nothing else to do.
                (Heard::Call | Heard::Reply, None) => {
                    drop(ear);
                    for callbacks in callbacks {
                        self.shared.call_back(callbacks, !busy);
                    }
                    if busy || heard == Heard::Reply {
                        continue;
                    }
                    return;
                }
            };
            drop(ear);
            for callbacks in callbacks {
                self.shared.call_back(callbacks, !busy);
            }
            if !self.lose(&trouble) {
                return;
            }
        }
    }

    /// Deals with the parcels on the desk, whose worker is of no more use. `true`: nothing has run, and another
    /// worker has the first one.
    fn lose(&mut self, trouble: &Trouble) -> bool {
        // What is behind the first and has not begun is as good as never sent. It is taken back while the worker is on
        // the desk, so that whoever cancels finds it here or in the queue.
        self.shared.take_back(&self.desk);
        let loss = match self.take_worker() {
            Some(worker) => worker.lose(trouble),
            None => Loss { what: "the worker is gone".to_owned(), began: usize::MAX },
        };
        let mut begun = {
            let mut seat = self.desk.lock();
            let begun = std::mem::take(&mut seat.parcels);
            self.desk.count(&seat);
            begun
        };
        if begun.is_empty() {
            // An idle worker died, or said something that nobody had asked for.
            return false;
        }
        if loss.began > 0 {
            let last = begun.pop_back();
            for parcel in begun {
                let reason = format!("{} while it ran {}", loss.what, parcel.content());
                parcel.receipt.fail(Failure::Broken(reason)).call();
            }
            if let Some(parcel) = last {
                let reason = format!("{} while it ran {}", loss.what, parcel.content());
                self.fail(parcel, reason);
            }
            return false;
        }
        let Some(mut parcel) = begun.pop_front() else { return false };
        let content = parcel.content();
        // The worker died after it was found alive, and before it had taken the request: nothing
        // has run, so a new worker may. If that dies as well, the request is what kills them.
        if parcel.again {
            self.fail(parcel, format!("{} before it took {content}, and so did the one before", loss.what));
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
                self.fail(parcel, what);
                false
            }
        }
    }

    /// Fails the last parcel of the desk.
    fn fail(&self, parcel: Parcel, reason: String) {
        self.shared.make_available();
        let callbacks = parcel.receipt.fail(Failure::Broken(reason));
        self.shared.call_back(callbacks, true);
    }
}

/// A new worker that has run its initialiser.
fn prepare(setup: &Setup, attendants: &Attendants) -> Result<(Worker, Receiver), String> {
    let (mut worker, mut receiver) = Worker::start(setup.patience, attendants)?;
    let Some(initialiser) = &setup.initialiser else { return Ok((worker, receiver)) };
    let pid = worker.pid();
    let trouble = match worker.exchange(&mut receiver, initialiser) {
        Ok(content) => {
            match read_items(content).filter(|items| items.count() == 1).and_then(|mut items| items.next()) {
                Some(outcome) => match decode::<Result<(), Failure>>(outcome) {
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
                None => Trouble::Garbage,
            }
        }
        Err(trouble) => trouble,
    };
    Err(format!("{} while it ran the initialiser", worker.lose(&trouble).what))
}
