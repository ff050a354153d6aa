//! Models of the cell: loom runs each in every order that the memory model allows, up to three
//! preemptions.
//!
//! `RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 cargo test -p poolproof-harness --release --lib models`
//!
//! Each model names the changes that make it fail; every one was tried, alone. What loom does not see: how `make`
//! publishes the list, which is a plain box, and that leaving `pending` acquires. No model fails without those.

use super::sync::UnsafeCell;
use super::{Attended, Cell, Held, Parked, Shared};
use crate::{Attendant, Failure, Outcome, PromiseId, Raised, State, Task, Watcher};
use loom::sync::atomic::{AtomicU32, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use loom::sync::{Arc, Mutex};
use loom::thread;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

#[derive(Serialize, Deserialize)]
struct Seven;
impl Task for Seven {
    const NAME: &'static str = "seven";
    type Output = u32;
    fn run(self) -> Result<u32, Raised> {
        Ok(7)
    }
}

fn holding() -> Arc<Cell<u32, Parked<Seven>>> {
    Arc::new(Cell::holding(Seven, 0))
}

fn empty() -> Arc<Cell<u32, ()>> {
    Arc::new(Cell::empty())
}

/// Counts for a model; loom need not know of it, nothing depends on its order.
#[derive(Default)]
struct Count(AtomicUsize);
impl Count {
    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}
impl Wake for Count {
    fn wake(self: std::sync::Arc<Self>) {
        self.add();
    }
}
impl Watcher for Count {
    fn completed(&self, _: usize, _: bool) {
        self.add();
    }
}

/// Runs `body` beside the model's own thread.
fn beside<T: 'static, H: Held<T> + 'static>(
    cell: &Arc<Cell<T, H>>,
    body: impl FnOnce(&Cell<T, H>) + 'static,
) -> thread::JoinHandle<()> {
    let cell = Arc::clone(cell);
    thread::spawn(move || body(&cell))
}

fn outcome<T: Clone, H: Held<T>>(cell: &Cell<T, H>) -> Outcome<T> {
    cell.wait(None).unwrap();
    cell.poll().unwrap()
}

/// *A waiter falls asleep while the task ends.* Fails if `wait` sleeps without setting `AWAITED`
/// (deadlock), or sets it with a plain store (the phase is overwritten); if `publish_owned` makes
/// the cell done with `Relaxed` (the outcome is read while it is written).
#[test]
fn a_sleeping_waiter_gets_the_outcome() {
    loom::model(|| {
        let cell = holding();
        let worker = beside(&cell, |cell| assert!(cell.run()));
        assert_eq!(outcome(&cell), Ok(7));
        worker.join().unwrap();
    });
}

/// *Two waiters sleep on one future.* Fails if `wake` reaches only one of them.
#[test]
fn every_sleeping_waiter_is_woken() {
    loom::model(|| {
        let cell = empty();
        let waiter = beside(&cell, |cell| assert_eq!(outcome(cell), Ok(3)));
        let completing = beside(&cell, |cell| assert!(cell.finish(Ok(3), false)));
        assert_eq!(outcome(&cell), Ok(3));
        waiter.join().unwrap();
        completing.join().unwrap();
    });
}

/// *Cancelling races with starting.* Fails if `leave_pending` stores instead of exchanging: the task
/// is taken by two threads, or runs although it was cancelled.
#[test]
fn a_task_is_run_or_cancelled_and_never_both() {
    loom::model(|| {
        let cell = holding();
        let worker = beside(&cell, |cell| {
            cell.run();
        });
        let cancelled = cell.cancel();
        worker.join().unwrap();
        let expected = if cancelled { Err(Failure::Cancelled) } else { Ok(7) };
        assert_eq!((outcome(&cell), cell.state().cancelled), (expected, cancelled));
    });
}

/// *A task is sent to a worker ahead of its turn, and once more when it was taken back, while the worker begins and
/// who holds the future cancels.* It runs or is cancelled, and its state is told. Fails if `cancel_from_outside`
/// does not look at the flag, or stores instead of exchanging; if `send_ahead` sets it for a cancelled task; if it
/// is set after the worker may begin.
#[test]
fn a_task_that_is_ahead_is_begun_or_cancelled_and_never_both() {
    const OFFERED: u32 = 1;
    const BEGUN: u32 = 2;
    /// The worker's word; who sends and who takes back hold the mutex.
    struct Desk(Mutex<()>, AtomicU32, std::sync::OnceLock<std::sync::Weak<Cell<u32, Attended>>>);
    impl Desk {
        fn begin(&self) -> bool {
            self.1.compare_exchange(OFFERED, BEGUN, Acquire, Relaxed).is_ok()
        }
        fn send(&self, cell: &Cell<u32, Attended>) {
            let _alone = self.0.lock().unwrap();
            if self.1.load(Relaxed) == 0 && cell.send_ahead() {
                self.1.store(OFFERED, Release);
            }
        }
    }
    impl Attendant for Desk {
        fn attend(&self, _: PromiseId, _: &mut dyn FnMut() -> bool) {}
        fn take_back(&self) {
            let _alone = self.0.lock().unwrap();
            let Some(cell) = self.2.get().and_then(std::sync::Weak::upgrade) else { return };
            if self.1.compare_exchange(OFFERED, 0, Relaxed, Relaxed).is_ok() {
                cell.take_back();
            } else if self.1.load(Relaxed) == BEGUN {
                cell.claim();
            }
        }
        fn note(&self) {
            let begun = self.1.load(Relaxed) == BEGUN;
            let cell = self.2.get().and_then(std::sync::Weak::upgrade);
            cell.filter(|_| begun).into_iter().for_each(|cell| drop(cell.claim()));
        }
    }
    loom::model(|| {
        let desk = std::sync::Arc::new(Desk(Mutex::new(()), AtomicU32::new(0), std::sync::OnceLock::new()));
        let cell = std::sync::Arc::new(Cell::<u32, Attended>::attended());
        desk.2.set(std::sync::Arc::downgrade(&cell)).unwrap();
        cell.place(std::sync::Arc::clone(&desk) as std::sync::Arc<dyn Attendant>);
        desk.send(&cell);
        let (there, sent) = (std::sync::Arc::clone(&desk), std::sync::Arc::clone(&cell));
        let sending = thread::spawn(move || there.send(&sent));
        let there = std::sync::Arc::clone(&desk);
        let worker = thread::spawn(move || there.begin());
        let cancelled = cell.cancel_from_outside();
        sending.join().unwrap();
        let begun = worker.join().unwrap() || desk.begin();
        assert!(begun != cancelled, "one of the two");
        assert_eq!(cell.state_from_outside(), if begun { State::RUNNING } else { State::CANCELLED });
    });
}

/// *A discarded task races with its cancellation.* Fails if settling does not own the cell, or if a
/// reader takes `settling` for `done` (the outcome is read while it is written).
#[test]
fn a_discarded_task_fails_or_is_cancelled() {
    loom::model(|| {
        let cell = holding();
        let discarding = beside(&cell, |cell| {
            cell.finish(Err(Failure::Broken("lost".into())), true);
        });
        let cancelled = cell.cancel();
        let found = outcome(&cell);
        assert_eq!(found == Err(Failure::Cancelled), cancelled);
        assert_eq!(cell.state() == State::CANCELLED, cancelled);
        discarding.join().unwrap();
    });
}

/// *A callback is registered while the task ends.* Fails if `listen` enters the list without setting
/// `HEARD` (never called), or if `close` does not close it (never called); if `listen` sets `HEARD`
/// before it makes the list and not after (never called).
#[test]
fn a_callback_is_called_exactly_once() {
    loom::model(|| {
        let (cell, count) = (empty(), std::sync::Arc::new(Count::default()));
        let completing = beside(&cell, |cell| assert!(cell.finish(Ok(1), false)));
        let called = std::sync::Arc::clone(&count);
        cell.on_done(Box::new(move || called.add()));
        completing.join().unwrap();
        assert_eq!(count.get(), 1);
    });
}

/// *Two threads register the first listener at once, while the task ends.* Fails if `make` stores
/// the list instead of exchanging it: one registration goes into a list that nobody closes.
#[test]
fn two_first_registrations_are_both_told() {
    loom::model(|| {
        let (cell, count) = (empty(), std::sync::Arc::new(Count::default()));
        let watcher: std::sync::Arc<dyn Watcher> = std::sync::Arc::clone(&count) as _;
        let watching = beside(&cell, move |cell| {
            cell.watch(watcher, 1);
        });
        let called = std::sync::Arc::clone(&count);
        cell.on_done(Box::new(move || called.add()));
        assert!(cell.finish(Ok(1), false));
        watching.join().unwrap();
        assert_eq!(count.get(), 2);
    });
}

/// *A poll races with completion, and a second poll replaces the waker.* Fails if a poll that finds
/// the list closed answers *pending* (never woken), if replacing keeps the old waker, or if `is_done` is `Relaxed` (the
/// outcome is read while it is written).
#[test]
fn a_poll_gives_the_outcome_or_its_waker_is_woken() {
    loom::model(|| {
        let cell = empty();
        let (old, new) = (std::sync::Arc::new(Count::default()), std::sync::Arc::new(Count::default()));
        let completing = beside(&cell, |cell| assert!(cell.finish(Ok(1), false)));
        let mut number = 0;
        let first = cell.poll_or_wake(&mut number, &Waker::from(std::sync::Arc::clone(&old)));
        let second = cell.poll_or_wake(&mut number, &Waker::from(std::sync::Arc::clone(&new)));
        completing.join().unwrap();
        match (first, second) {
            (Some(_), Some(_)) => assert_eq!((old.get(), new.get()), (0, 0)),
            (None, Some(_)) => assert_eq!(new.get(), 0),
            (None, None) => assert_eq!((old.get(), new.get()), (0, 1)),
            (Some(_), None) => panic!("a future that was done is pending again"),
        }
        assert_eq!(outcome(&cell), Ok(1));
    });
}

/// *A future is dropped while it is awaited and its task ends.* Fails if `forget` or `close` leaves
/// the waker in the list.
#[test]
fn a_dropped_future_leaves_no_waker_behind() {
    loom::model(|| {
        let (cell, count) = (empty(), std::sync::Arc::new(Count::default()));
        let completing = beside(&cell, |cell| assert!(cell.finish(Ok(1), false)));
        let mut number = 0;
        drop(cell.poll_or_wake(&mut number, &Waker::from(std::sync::Arc::clone(&count))));
        cell.forget(number);
        assert_eq!(cell.listeners().1, 0);
        completing.join().unwrap();
        assert_eq!(std::sync::Arc::strong_count(&count), 1);
        assert!(count.get() <= 1);
    });
}

/// *Two who hold one future join it while the task ends.* Who is alone with the cell in the end takes the outcome
/// itself, the others get copies. Fails if it is taken by who is not alone, or if `get_mut` reads the count with
/// `Relaxed`: the other one finds it gone, or reads it while it is taken.
#[test]
fn who_joins_gets_the_outcome_or_a_copy_of_it() {
    /// As `CellFuture::join` does.
    fn join(mut cell: Shared<Cell<u32, Parked<Seven>>>) -> Option<Outcome<u32>> {
        cell.wait(None).unwrap();
        cell.get_mut().and_then(Cell::take).or_else(|| cell.poll())
    }
    loom::model(|| {
        let (held, cell) = Shared::pair(Cell::holding(Seven, 0));
        let shared = cell.clone();
        let worker = thread::spawn(move || assert!(held.run()));
        let other = thread::spawn(move || join(shared));
        assert_eq!(join(cell), Some(Ok(7)));
        assert_eq!(other.join().unwrap(), Some(Ok(7)));
        worker.join().unwrap();
    });
}

/// *Three owners let go at once, of whom one was made from another.* The last one frees the value, alone, after
/// what the others did to it. Fails if letting go is not `Release`, or if who frees reads the count with `Relaxed`
/// (the value is dropped while it is written); if `pair` counts one owner, or a new owner is not counted (freed too
/// early); if who is alone does not free it (leaked).
#[test]
fn the_last_owner_frees_what_the_others_left() {
    /// One place for each owner to write to. Dropping it looks at all of them.
    struct Places([UnsafeCell<u32>; 3], std::sync::Arc<Count>);
    // SAFETY: each owner writes to a place of its own; who drops it is alone, which is what is modelled.
    #[allow(unsafe_code)]
    unsafe impl Sync for Places {}
    impl Drop for Places {
        fn drop(&mut self) {
            self.1.add();
            // SAFETY: nobody writes any more.
            #[allow(unsafe_code)]
            let sum: u32 = self.0.iter().map(|place| place.with(|number| unsafe { *number })).sum();
            assert_eq!(sum, 3);
        }
    }
    fn write(owner: Shared<Places>, place: usize) {
        // SAFETY: this place is this owner's.
        #[allow(unsafe_code)]
        owner.0[place].with_mut(|number| unsafe { *number = 1 });
    }
    loom::model(|| {
        let dropped = std::sync::Arc::new(Count::default());
        let places = Places(std::array::from_fn(|_| UnsafeCell::new(0)), std::sync::Arc::clone(&dropped));
        let (first, second) = Shared::pair(places);
        let beside = thread::spawn(move || {
            let third = second.clone();
            write(second, 1);
            write(third, 2);
        });
        write(first, 0);
        beside.join().unwrap();
        assert_eq!(dropped.get(), 1);
    });
}
