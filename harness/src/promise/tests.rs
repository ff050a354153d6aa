//! The future cell, through both of its ends.

use super::*;
use crate::{ExecutorId, Job, PromiseId, Raised, Task, Work, Workload};
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Counts how often it was told, and with what.
#[derive(Default)]
struct Told(Mutex<Vec<(usize, bool)>>);
impl Watcher for Told {
    fn completed(&self, key: usize, failed: bool) {
        self.0.lock().unwrap().push((key, failed));
    }
}

type Log = Arc<Mutex<Vec<&'static str>>>;

fn saying(log: &Log, word: &'static str) -> Box<dyn FnOnce() + Send> {
    let log = Arc::clone(log);
    Box::new(move || log.lock().unwrap().push(word))
}

#[test]
fn a_published_outcome_is_there_before_its_callbacks_are_called() {
    let (promise, future) = Promise::<u32>::pair();
    let log = Log::default();
    future.on_done(saying(&log, "first")).unwrap();
    future.on_done(saying(&log, "second")).unwrap();
    let callbacks = promise.publish(Ok(1));
    assert_eq!(future.result(Some(Duration::ZERO)), Ok(Ok(1)));
    future.on_done(saying(&log, "late")).unwrap();
    assert!(!callbacks.is_empty());
    callbacks.call();
    assert_eq!(*log.lock().unwrap(), ["late", "first", "second"]);
    let (promise, future) = Promise::<u32>::pair();
    assert_eq!(future.cancel(), Ok(true));
    assert!(promise.publish(Ok(1)).is_empty());
    assert!(future.state().cancelled, "the first outcome stays");
}

#[test]
fn the_states_are_those_of_the_table() {
    let (promise, future) = Promise::<u32>::pair();
    assert_eq!(future.state(), State::PENDING);
    assert!(promise.claim() && !promise.claim(), "a task is claimed once");
    assert_eq!(future.state(), State::RUNNING);
    assert_eq!(future.cancel(), Ok(false), "a running task cannot be cancelled");
    promise.complete(Ok(1));
    assert_eq!(future.state(), State::FINISHED);
    assert_eq!(future.cancel(), Ok(false));
    assert_eq!(future.result(Some(Duration::ZERO)), Ok(Ok(1)), "an outcome can be read again");
    assert_eq!(future.result(None), Ok(Ok(1)));
}

#[test]
fn a_cancelled_task_is_done_at_once_and_stays_so() {
    let (promise, future) = Promise::<u32>::pair();
    let told = Arc::new(Told::default());
    future.watch(Arc::clone(&told) as Arc<dyn Watcher>, 4).unwrap();
    assert_eq!((future.cancel(), future.cancel()), (Ok(true), Ok(true)));
    assert!(promise.is_cancelled() && !promise.claim());
    promise.complete(Ok(1));
    assert_eq!(future.state(), State::CANCELLED);
    assert_eq!(future.result(None), Ok(Err(Failure::Cancelled)));
    assert_eq!(*told.0.lock().unwrap(), [(4, false)], "told once; a cancellation is not a failure");
}

#[test]
fn a_task_that_fails_with_the_cancellation_error_is_not_cancelled() {
    let (promise, future) = Promise::<u32>::pair();
    promise.complete(Err(Failure::Raised(Raised::new("CancelledError", ""))));
    assert_eq!(future.state(), State::FINISHED);
}

#[test]
fn a_dropped_promise_fails_its_future() {
    let (promise, future) = Promise::<u32>::pair();
    drop(promise);
    assert!(matches!(future.result(None), Ok(Err(Failure::Broken(_)))));
}

#[test]
fn a_limit_that_passes_changes_nothing() {
    let (promise, future) = Promise::<u32>::pair();
    let before = Instant::now();
    assert_eq!(future.result(Some(Duration::from_millis(2))), Err(TimedOut));
    assert!(before.elapsed() >= Duration::from_millis(2));
    assert_eq!(future.result(Some(Duration::ZERO)), Err(TimedOut));
    promise.complete(Ok(3));
    assert_eq!(future.result(Some(Duration::MAX)), Ok(Ok(3)));
}

#[test]
fn every_waiter_gets_the_outcome() {
    let (promise, future) = Promise::<u32>::pair();
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..8).map(|_| scope.spawn(|| future.result(None))).collect();
        while !future.cell.is_awaited() {
            thread::yield_now();
        }
        promise.complete(Ok(9));
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), Ok(Ok(9)));
        }
    });
}

#[test]
fn callbacks_run_once_in_order_and_survive_a_panic_among_them() {
    let (promise, future) = Promise::<u32>::pair();
    let log = Log::default();
    future.on_done(saying(&log, "first")).unwrap();
    future.on_done(Box::new(|| panic!("a callback panics on purpose"))).unwrap();
    let (inner, nested) = (future.clone(), saying(&log, "nested"));
    future.on_done(Box::new(move || inner.on_done(nested).unwrap())).unwrap();
    future.on_done(saying(&log, "last")).unwrap();
    assert!(log.lock().unwrap().is_empty());
    promise.complete(Ok(1));
    future.on_done(saying(&log, "late")).unwrap();
    assert_eq!(*log.lock().unwrap(), ["first", "nested", "last", "late"]);
}

#[test]
fn no_lock_is_held_while_a_callback_runs() {
    let (promise, future) = Promise::<u32>::pair();
    let other = future.clone();
    let asks = move || {
        thread::spawn(move || (other.state(), other.cancel(), other.result(None))).join().map(drop).unwrap();
    };
    future.on_done(Box::new(asks)).unwrap();
    promise.complete(Ok(1));
}

#[test]
fn a_registration_that_races_with_completion_is_told_exactly_once() {
    for _ in 0..200 {
        let (promise, future) = Promise::<u32>::pair();
        let (called, told) = (Arc::new(AtomicUsize::new(0)), Arc::new(Told::default()));
        thread::scope(|scope| {
            scope.spawn(|| {
                for key in 0..20 {
                    let called = Arc::clone(&called);
                    future
                        .on_done(Box::new(move || {
                            called.fetch_add(1, Ordering::Relaxed);
                        }))
                        .unwrap();
                    future.watch(Arc::clone(&told) as Arc<dyn Watcher>, key).unwrap();
                }
            });
            scope.spawn(|| promise.complete(Ok(1)));
        });
        assert_eq!(called.load(Ordering::Relaxed), 20);
        let mut keys: Vec<_> = told.0.lock().unwrap().iter().map(|told| told.0).collect();
        keys.sort_unstable();
        assert_eq!(keys, (0..20).collect::<Vec<_>>());
    }
}

#[test]
fn cancel_and_claim_exclude_each_other() {
    for _ in 0..500 {
        let (promise, future) = Promise::<u32>::pair();
        let (claimed, cancelled) = thread::scope(|scope| {
            let claim = scope.spawn(|| promise.claim());
            let cancel = scope.spawn(|| future.cancel().unwrap());
            (claim.join().unwrap(), cancel.join().unwrap())
        });
        assert!(claimed != cancelled);
    }
}

#[test]
fn an_unwatched_future_tells_nothing() {
    let (promise, future) = Promise::<u32>::pair();
    let told = Arc::new(Told::default());
    let id = future.watch(Arc::clone(&told) as Arc<dyn Watcher>, 1).unwrap();
    future.unwatch(id);
    promise.complete(Ok(1));
    assert!(told.0.lock().unwrap().is_empty());
    assert_eq!(Arc::strong_count(&told), 1, "nothing is left on the future");
}

static DROPS: AtomicUsize = AtomicUsize::new(0);

/// Counts how often it is dropped, and panics then.
#[derive(Serialize, Deserialize)]
struct Dropped;
impl Drop for Dropped {
    fn drop(&mut self) {
        DROPS.fetch_add(1, Ordering::Relaxed);
        panic!("a task panics on purpose when it is dropped");
    }
}
impl Task for Dropped {
    const NAME: &'static str = "dropped";
    type Output = u32;
    fn run(self) -> Result<u32, Raised> {
        std::mem::forget(self);
        Ok(8)
    }
}

#[test]
fn a_job_releases_its_task_when_cancelled_and_fails_when_dropped() {
    let (job, future) = Job::with_future(Dropped);
    assert_eq!(future.cancel(), Ok(true));
    assert_eq!(DROPS.load(Ordering::Relaxed), 1, "released before a worker passes it");
    assert!(job.is_cancelled());
    job.run();
    assert_eq!(future.state(), State::CANCELLED);

    let (job, future) = Job::with_future(Dropped);
    drop(job);
    assert!(matches!(future.result(None), Ok(Err(Failure::Broken(_)))));
    assert_eq!(DROPS.load(Ordering::Relaxed), 2);

    let (job, future) = Job::with_future(Dropped);
    job.cancel();
    assert_eq!(future.result(None), Ok(Err(Failure::Cancelled)));

    let (job, future) = Job::with_future(Dropped);
    job.run();
    assert_eq!(future.result(None), Ok(Ok(8)));
    assert_eq!(DROPS.load(Ordering::Relaxed), 3);
}

#[test]
fn who_joins_gets_the_outcome_itself_unless_somebody_else_has_the_future() {
    static CLONES: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug, PartialEq)]
    struct Counted(u32);
    impl Clone for Counted {
        fn clone(&self) -> Self {
            CLONES.fetch_add(1, Ordering::Relaxed);
            Self(self.0)
        }
    }
    let (promise, future) = Promise::pair();
    promise.complete(Ok(Counted(5)));
    assert_eq!(future.join(), Ok(Counted(5)));
    assert_eq!(CLONES.load(Ordering::Relaxed), 0);
    let (promise, future) = Promise::pair();
    let other = future.clone();
    promise.complete(Ok(Counted(6)));
    assert_eq!(future.join(), Ok(Counted(6)));
    assert_eq!(other.join(), Ok(Counted(6)), "it was left to the other one");
    assert_eq!(CLONES.load(Ordering::Relaxed), 1);
    let (promise, future) = Promise::<u32>::pair();
    assert!(promise.cancel());
    drop(promise);
    assert_eq!(future.join(), Err(Failure::Cancelled));
    let (promise, future) = Promise::<u32>::pair();
    let joining = thread::spawn(move || future.join());
    promise.complete(Err(Failure::Broken("on purpose".into())));
    assert_eq!(joining.join().unwrap(), Err(Failure::Broken("on purpose".into())));
}

/// Brings the outcome when somebody waits for it.
struct Bringer(Mutex<Option<Promise<u32>>>);
impl Attendant for Bringer {
    fn attend(&self, _: PromiseId, done: &mut dyn FnMut() -> bool) {
        let promise = self.0.lock().unwrap().take();
        promise.into_iter().for_each(|promise| promise.complete(Ok(5)));
        assert!(done());
    }
}

#[test]
fn who_waits_without_a_limit_brings_the_outcome_himself() {
    let (promise, future) = Promise::<u32>::attended();
    let bringer = Arc::new(Bringer(Mutex::default()));
    promise.place(Arc::clone(&bringer) as Arc<dyn Attendant>);
    *bringer.0.lock().unwrap() = Some(promise);
    assert_eq!(future.result(Some(Duration::from_millis(1))), Err(TimedOut), "not with a limit");
    assert_eq!(future.result(None), Ok(Ok(5)));
    assert!(bringer.0.lock().unwrap().is_none());
}

#[test]
fn who_waits_looks_about_first_only_where_the_other_side_does_so_too() {
    let searched = |(_, future): (Job, CellFuture<u64>)| future.cell.is_searched_for();
    let task = || Work { number: 1, workload: Workload::Empty, turns: 0, port: 0 };
    assert!(!searched(Job::with_future(task())));
    assert!(searched(Job::with_future_in(task(), ExecutorId::new())));
    assert!(Promise::<u64>::attended().1.cell.is_searched_for());
    assert!(!Promise::<u64>::pair().1.cell.is_searched_for());
}

/// Has a task that was sent ahead, and knows whether it has begun.
#[derive(Default)]
struct Holder {
    promise: Mutex<Option<Promise<u32>>>,
    begun: AtomicBool,
    asked: AtomicUsize,
}
impl Attendant for Holder {
    fn attend(&self, _: PromiseId, _: &mut dyn FnMut() -> bool) {}
    fn take_back(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let promise = self.promise.lock().unwrap();
        let promise = promise.as_ref().unwrap();
        if self.begun.load(Ordering::Relaxed) { assert!(promise.claim()) } else { promise.take_back() }
    }
    fn note(&self) {
        if self.begun.load(Ordering::Relaxed) {
            assert!(self.promise.lock().unwrap().as_ref().unwrap().claim());
        }
    }
}

fn ahead() -> (Arc<Holder>, CellFuture<u32>) {
    let (promise, future) = Promise::<u32>::attended();
    let holder = Arc::new(Holder::default());
    promise.place(Arc::clone(&holder) as Arc<dyn Attendant>);
    assert!(promise.send_ahead());
    *holder.promise.lock().unwrap() = Some(promise);
    (holder, future)
}

#[test]
fn what_was_sent_ahead_is_pending_until_it_has_begun() {
    let (holder, future) = ahead();
    assert_eq!(future.state(), State::PENDING);
    holder.begun.store(true, Ordering::Relaxed);
    assert_eq!(format!("{future:?}"), "CellFuture(\"running\")");
    assert_eq!((future.state(), future.cancel()), (State::RUNNING, Ok(false)));
    assert_eq!(holder.asked.load(Ordering::Relaxed), 0, "who runs is asked for nothing");
    holder.promise.lock().unwrap().take().unwrap().complete(Ok(3));
    assert_eq!(future.result(None), Ok(Ok(3)));
}

#[test]
fn what_was_sent_ahead_is_taken_back_before_it_is_cancelled() {
    let (holder, future) = ahead();
    assert_eq!((future.cancel(), future.cancel()), (Ok(true), Ok(true)));
    assert_eq!((future.state(), holder.asked.load(Ordering::Relaxed)), (State::CANCELLED, 1));
    // The two keep each other.
    let promise = holder.promise.lock().unwrap().take().unwrap();
    assert!(!promise.send_ahead(), "it goes nowhere any more");
    let (holder, future) = ahead();
    holder.begun.store(true, Ordering::Relaxed);
    assert_eq!((future.cancel(), future.state()), (Ok(false), State::RUNNING));
    holder.promise.lock().unwrap().take().unwrap().complete(Ok(3));
    assert_eq!(future.result(None), Ok(Ok(3)));
    let (holder, future) = ahead();
    drop(holder.promise.lock().unwrap().take());
    assert!(matches!(future.result(None), Ok(Err(Failure::Broken(_)))), "who loses it strands nobody");
}

#[test]
fn who_brings_the_outcome_knows_whether_callbacks_wait_for_it() {
    let (promise, future) = Promise::<u32>::pair();
    future.watch(Arc::new(Told::default()), 0).unwrap();
    assert!(!promise.calls_back(), "a watcher is no callback");
    future.on_done(Box::new(|| {})).unwrap();
    assert!(promise.calls_back());
}
