//! Models of the pool: loom runs each in every order that the memory model allows, up to the given
//! number of preemptions.
//!
//! `RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=2 cargo test -p poolproof-executors --no-default-features --release
//! --lib models`
//!
//! Each model names the changes that make it fail; every one was tried, alone. A lost wake-up shows as a deadlock:
//! loom reports that every thread is blocked.

use super::config::Config;
use super::pool::Pool;
use poolproof_harness::{Failure, Job, QueuePolicy, Raised, Refused, Shutdown};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts for a model; loom need not know of it, nothing depends on its order.
type Count = Arc<AtomicUsize>;

fn pool(workers: usize, queue: QueuePolicy) -> Arc<Pool> {
    Pool::new(Config { workers, queue, name: "model".into(), initialiser: None, interpreter: None })
}

fn counting(count: &Count) -> Job {
    let count = Arc::clone(count);
    Job::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    })
}

fn get(count: &Count) -> usize {
    count.load(Ordering::SeqCst)
}

/// *A task comes while the worker goes to sleep.* The second one enters the inbox, and nobody wakes the
/// worker for any other reason. Fails if `push_into` does not call for help, if it or `note` passes
/// no fence, if `next` does not look into the inlets after it has noted that it sleeps, or if `sleep` in `Idle` leaves
/// the worker counted as searching.
#[test]
fn a_task_that_enters_the_inbox_while_the_worker_falls_asleep_is_found() {
    loom::model(|| {
        let (pool, count) = (pool(1, QueuePolicy::Unbounded), Count::default());
        let (ran, runs) = (Arc::new(loom::sync::Mutex::new(false)), Arc::new(loom::sync::Condvar::new()));
        pool.submit(counting(&count)).unwrap();
        let (flag, told) = (Arc::clone(&ran), Arc::clone(&runs));
        pool.submit(Job::new(move || {
            *flag.lock().unwrap() = true;
            told.notify_all();
        }))
        .unwrap();
        let mut second_ran = ran.lock().unwrap();
        while !*second_ran {
            second_ran = runs.wait(second_ran).unwrap();
        }
        drop(second_ran);
        pool.shutdown(Shutdown::WAIT);
        assert_eq!(get(&count), 1);
    });
}

/// *The pool stops while the worker goes to sleep.* Fails if `shutdown` wakes nobody, or if a worker that ends does not
/// tell who waits for that.
#[test]
fn a_task_that_comes_while_the_worker_falls_asleep_is_run() {
    loom::model(|| {
        let (pool, count) = (pool(1, QueuePolicy::Unbounded), Count::default());
        for _ in 0..2 {
            pool.submit(counting(&count)).unwrap();
        }
        pool.shutdown(Shutdown::WAIT);
        assert_eq!(get(&count), 2);
    });
}

/// *A worker submits and blocks, while the other one goes to sleep.* The parent ends only when its child has run.
/// Fails if `next` does not look into the own queues after it has noted that it sleeps, or if `push_into` does not
/// call for help.
#[test]
fn what_a_blocked_worker_has_submitted_is_found_by_a_sleeper() {
    loom::model(|| {
        let (pool, count) = (pool(2, QueuePolicy::Unbounded), Count::default());
        let (ran, runs) = (Arc::new(loom::sync::Mutex::new(false)), Arc::new(loom::sync::Condvar::new()));
        let (own, there, signal, done) = (Arc::clone(&pool), Arc::clone(&ran), Arc::clone(&runs), Arc::clone(&count));
        // Two tasks, so that both workers are there when the child comes.
        pool.submit(counting(&count)).unwrap();
        pool.submit(Job::new(move || {
            let (flag, told) = (Arc::clone(&there), Arc::clone(&signal));
            let child = Job::new(move || {
                *flag.lock().unwrap() = true;
                told.notify_all();
            });
            own.submit(child).unwrap();
            let mut ran = there.lock().unwrap();
            while !*ran {
                ran = signal.wait(ran).unwrap();
            }
            done.fetch_add(1, Ordering::SeqCst);
        }))
        .unwrap();
        // A shutdown before that would refuse the child.
        let mut child_ran = ran.lock().unwrap();
        while !*child_ran {
            child_ran = runs.wait(child_ran).unwrap();
        }
        drop(child_ran);
        pool.shutdown(Shutdown::WAIT);
        assert_eq!(get(&count), 2);
    });
}

/// *A nested submit races with a shutdown that cancels.* Its task is run, cancelled or refused, once; after the
/// shutdown it is refused; and a shutdown that waits returns. Fails if what stops the pool leaves the own queues open.
#[test]
fn a_nested_submit_is_cancelled_or_refused_by_a_shutdown() {
    struct Dropped(Count);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    loom::model(|| {
        let pool = pool(1, QueuePolicy::Unbounded);
        let (ran, dropped, refused, late) = (Count::default(), Count::default(), Count::default(), Count::default());
        let closed = Arc::new(loom::sync::atomic::AtomicBool::new(false));
        let (own, runs, refuses, lates) =
            (Arc::clone(&pool), Arc::clone(&ran), Arc::clone(&refused), Arc::clone(&late));
        let (inside, was_closed) = (Dropped(Arc::clone(&dropped)), Arc::clone(&closed));
        pool.submit(Job::new(move || {
            let child = Job::new(move || {
                runs.fetch_add(1, Ordering::SeqCst);
                drop(inside);
            });
            let too_late = was_closed.load(Ordering::Acquire);
            match own.submit(child) {
                Err(Refused::Shutdown) => refuses.fetch_add(1, Ordering::SeqCst),
                _ => lates.fetch_add(usize::from(too_late), Ordering::SeqCst),
            };
        }))
        .unwrap();
        pool.shutdown(Shutdown { wait: false, cancel_futures: true });
        closed.store(true, Ordering::Release);
        pool.shutdown(Shutdown::WAIT);
        // The parent was cancelled itself, or its child was dropped exactly once.
        assert_eq!((get(&dropped), get(&late)), (1, 0));
        assert!(get(&ran) + get(&refused) <= 1);
    });
}

/// *A submit from outside races with a shutdown that cancels.* Its task is run, cancelled or refused,
/// and the shutdown returns. Fails if `shutdown` and `take_all` leave the inbox open: the task is
/// accepted after the shutdown has cancelled the rest, and nobody is left to run it.
#[test]
fn a_submit_from_outside_is_run_cancelled_or_refused_by_a_shutdown() {
    loom::model(|| {
        let (pool, told) = (pool(1, QueuePolicy::Unbounded), Count::default());
        let telling = |told: &Count| {
            let told = Arc::clone(told);
            let failed = Arc::clone(&told);
            // A refused job is dropped, and fails in another way.
            let cancelled = move |failure| usize::from(failure == Failure::Cancelled);
            let count = |told: Count, times| {
                told.fetch_add(times, Ordering::SeqCst);
            };
            Job::with_fate(move || count(told, 1), move |failure| count(failed, cancelled(failure)))
        };
        pool.submit(telling(&told)).unwrap();
        let (other, counted) = (Arc::clone(&pool), Arc::clone(&told));
        let submitting = loom::thread::spawn(move || usize::from(other.submit(telling(&counted)).is_ok()));
        pool.shutdown(Shutdown::CANCEL);
        let accepted = submitting.join().unwrap();
        assert_eq!(get(&told), 1 + accepted);
    });
}

/// *A submitter waits for room while a worker makes it.* Nothing else wakes it. Fails if `leave_with_task` does not
/// notify `room`.
#[test]
fn a_submitter_that_waits_for_room_is_let_in() {
    loom::model(|| {
        let (pool, count) = (pool(1, QueuePolicy::Blocks(1)), Count::default());
        pool.submit(counting(&count)).unwrap();
        let (other, counted) = (Arc::clone(&pool), Arc::clone(&count));
        let submitting = loom::thread::spawn(move || other.submit(counting(&counted)));
        assert_eq!(submitting.join().unwrap(), Ok(()));
        pool.shutdown(Shutdown::WAIT);
        assert_eq!(get(&count), 2);
    });
}

/// *A submitter waits for room, and the pool stops.* The only worker makes none meanwhile. Fails if `rouse` does not
/// notify `room`, or if `await_room` does not look whether the pool has stopped.
#[test]
fn a_submitter_that_waits_for_room_is_refused_by_a_shutdown() {
    loom::model(|| {
        let (pool, count) = (pool(1, QueuePolicy::Blocks(1)), Count::default());
        let (gate, opens) = (Arc::new(loom::sync::Mutex::new(false)), Arc::new(loom::sync::Condvar::new()));
        let (closed, opened) = (Arc::clone(&gate), Arc::clone(&opens));
        pool.submit(Job::new(move || {
            let mut open = closed.lock().unwrap();
            while !*open {
                open = opened.wait(open).unwrap();
            }
        }))
        .unwrap();
        // Waits until the worker has taken the first one, and fills the queue.
        pool.submit(counting(&count)).unwrap();
        let (other, counted) = (Arc::clone(&pool), Arc::clone(&count));
        let submitting = loom::thread::spawn(move || other.submit(counting(&counted)));
        pool.shutdown(Shutdown::NO_WAIT);
        assert_eq!(submitting.join().unwrap(), Err(Refused::Shutdown));
        *gate.lock().unwrap() = true;
        opens.notify_all();
        pool.shutdown(Shutdown::WAIT);
        assert_eq!(get(&count), 1);
    });
}

/// *An initialiser fails while tasks come*, into the inbox or, of a bounded pool, into the queue. Each of them is
/// refused or failed, and the shutdown returns. Fails if `break_down` takes the queue before it marks the pool as
/// broken, under the mutex of another time.
#[test]
fn a_broken_initialiser_strands_no_task() {
    struct Told(Count);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let strands_none = |queue| {
        let told = Count::default();
        let pool = Pool::new(Config {
            workers: 1,
            queue,
            name: "model".into(),
            initialiser: Some(Box::new(|| Err(Raised::new("SetupError", "")))),
            interpreter: None,
        });
        for _ in 0..2 {
            let inside = Told(Arc::clone(&told));
            let _ = pool.submit(Job::new(move || drop(inside)));
        }
        pool.shutdown(Shutdown::WAIT);
        assert_eq!(get(&told), 2);
    };
    loom::model(move || strands_none(QueuePolicy::Unbounded));
    loom::model(move || strands_none(QueuePolicy::Blocks(3)));
}
