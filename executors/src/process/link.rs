//! A link: the thread that looks after one worker. It takes parcels from the queue, exchanges them
//! with its worker, completes their futures, and replaces the worker when it dies or has run
//! enough.

use super::child::{ExchangeError, Worker};
use super::codec::decode;
use super::message::read_items;
use super::parcel::Parcel;
use super::shared::{Setup, Shared, Standing};
use poolproof_harness::{Failure, contain};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

/// Starts a link. It has no worker until there is work.
pub(super) fn start(shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name("process-link".into()).spawn(move || run(Standing::new(shared)))
}

fn run(standing: Standing) {
    let shared = standing.shared();
    let mut worker = None;
    while shared.await_work() {
        let ready = match worker.take() {
            Some(worker) => replaced_if_lost(worker, &shared.setup),
            None => prepare(&shared.setup),
        };
        let ready = match ready {
            Ok(ready) => ready,
            Err(reason) => {
                shared.break_down(&reason);
                break;
            }
        };
        // Meanwhile another link may have taken the work, or it was cancelled.
        worker = match shared.take() {
            None => Some(ready),
            Some(parcel) => deal_with(parcel, ready, shared),
        };
    }
    if let Some(worker) = worker {
        worker.retire();
    }
}

/// An idle worker that died is replaced before it can cost a task.
fn replaced_if_lost(worker: Worker, setup: &Setup) -> Result<Worker, String> {
    if worker.is_ready() {
        return Ok(worker);
    }
    worker.retire();
    prepare(setup)
}

/// A new worker that has run its initialiser.
fn prepare(setup: &Setup) -> Result<Worker, String> {
    let mut worker = Worker::start(setup.patience)?;
    let Some(initialiser) = &setup.initialiser else { return Ok(worker) };
    let pid = worker.pid();
    let lost = match worker.exchange(&mut initialiser.clone()) {
        Ok(content) => match read_items(&content).as_deref() {
            Some(&[outcome]) => match decode::<Result<(), Failure>>(outcome) {
                Ok(Ok(())) => return Ok(worker),
                Ok(Err(failure)) => {
                    worker.retire();
                    return Err(format!("the initialiser failed in worker process {pid}: {failure}"));
                }
                Err(_) => ExchangeError::DAMAGED,
            },
            _ => ExchangeError::DAMAGED,
        },
        Err(error) => error,
    };
    Err(format!("{} while it ran the initialiser", worker.lose(&lost).what))
}

/// Has a claimed parcel run and completes its future; gives the worker back if it can go on.
fn deal_with(mut parcel: Parcel, mut worker: Worker, shared: &Arc<Shared>) -> Option<Worker> {
    let mut second_attempt = false;
    loop {
        let error = match worker.exchange(&mut parcel.frame) {
            Err(error) => error,
            Ok(content) => match read_items(&content) {
                Some(outcomes) if outcomes.len() as u64 == parcel.tasks => {
                    worker.ran += parcel.tasks;
                    shared.round_trips.fetch_add(1, Ordering::Relaxed);
                    deliver(parcel, &outcomes, shared);
                    return keep(worker, &shared.setup);
                }
                _ => ExchangeError::DAMAGED,
            },
        };
        let loss = worker.lose(&error);
        let content = parcel.content();
        if loss.began {
            fail(parcel, format!("{} while it ran {content}", loss.what), shared);
            return None;
        }
        // The worker died after it was found alive, and before it had read the request: nothing
        // has run, so a new worker may. If that dies as well, the request is what kills them.
        if second_attempt {
            fail(parcel, format!("{} before it took {content}, and so did the one before", loss.what), shared);
            return None;
        }
        second_attempt = true;
        worker = match prepare(&shared.setup) {
            Ok(worker) => worker,
            Err(reason) => {
                shared.break_down(&reason);
                let what = format!("{} before it took {content}, and none replaces it: {reason}", loss.what);
                fail(parcel, what, shared);
                return None;
            }
        };
    }
}

fn deliver(parcel: Parcel, outcomes: &[&[u8]], shared: &Arc<Shared>) {
    let Parcel { frame, receipt, .. } = parcel;
    // Whoever sees the result must not find the task's bytes still in memory.
    drop(frame);
    // A value whose future was dropped is dropped here and may panic. Its future is done then, and
    // the panic hook has told.
    shared.settle(|| contain(move || receipt.deliver(outcomes)).unwrap_or_default());
}

fn fail(parcel: Parcel, reason: String, shared: &Arc<Shared>) {
    shared.settle(|| parcel.receipt.fail(Failure::Broken(reason)));
}

/// Keeps the worker unless it has run enough.
fn keep(worker: Worker, setup: &Setup) -> Option<Worker> {
    if setup.max_tasks_per_worker.is_some_and(|most| worker.ran >= most) {
        worker.retire();
        return None;
    }
    Some(worker)
}
