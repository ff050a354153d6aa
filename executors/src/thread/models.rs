//! Models of the pool: loom runs each in every order that the memory model allows, up to the given
//! number of preemptions.
//!
//! `RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=2 cargo test -p poolproof-executors --no-default-features --release --lib models`
//!
//! Each model names the changes that must make it fail. A lost wake-up shows as a deadlock: loom
//! reports that every thread is blocked.

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
/// no fence, or if `next` does not look into the inlets after it has noted that it sleeps.
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

/// *The pool stops while the worker goes to sleep.* Fails if `shutdown` wakes nobody, or if `sleep` in
/// `Idle` leaves the worker counted as searching.
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

/// *A worker submits and blocks, while the other one goes to sleep.* The parent ends only when its
/// child has run. Fails if `next` does not look into the
/// own queues after it has noted that it sleeps, or if `submit` does not call for help.
#[test]
fn what_a_blocked_worker_has_submitted_is_found_by_a_sleeper() {
    loom::model(|| {
        let (pool, count) = (pool(2, QueuePolicy::Unbounded), Count::default());
        let (ran, runs) = (Arc::new(loom::sync::Mutex::new(false)), Arc::new(loom::sync::Condvar::new()));
        let (own, there, signal, done) = (Arc::clone(&pool), Arc::clone(&ran), Arc::clone(&runs), Arc::clone(&count));
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
        assert_eq!(get(&count), 1);
    });
}

/// *A nested submit races with a shutdown that cancels.* Its task is run, cancelled or refused, and
/// the shutdown returns. Fails if `take_all` does not close the own queues: the task is accepted
/// after the shutdown has cancelled the rest, and counted neither way.
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
        let (ran, dropped, refused) = (Count::default(), Count::default(), Count::default());
        let (own, runs, drops, refuses) =
            (Arc::clone(&pool), Arc::clone(&ran), Arc::clone(&dropped), Arc::clone(&refused));
        let inside = Dropped(drops);
        pool.submit(Job::new(move || {
            let child = Job::new(move || {
                runs.fetch_add(1, Ordering::SeqCst);
                drop(inside);
            });
            if own.submit(child) == Err(Refused::Shutdown) {
                refuses.fetch_add(1, Ordering::SeqCst);
            }
        }))
        .unwrap();
        pool.shutdown(Shutdown::CANCEL);
        // The parent was cancelled itself, or its child was dropped exactly once.
        assert_eq!(get(&dropped), 1);
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

/// *A submitter waits for room while a worker makes it, and the pool stops.* Fails if
/// `leave_with_task` does not notify `room`, or if `rouse` does not.
#[test]
fn a_submitter_that_waits_for_room_is_let_in_or_refused() {
    loom::model(|| {
        let (pool, count) = (pool(1, QueuePolicy::Blocks(1)), Count::default());
        pool.submit(counting(&count)).unwrap();
        let (other, counted) = (Arc::clone(&pool), Arc::clone(&count));
        let submitting = loom::thread::spawn(move || other.submit(counting(&counted)).is_ok());
        pool.shutdown(Shutdown::NO_WAIT);
        let accepted = submitting.join().unwrap();
        pool.shutdown(Shutdown::WAIT);
        assert_eq!(get(&count), 1 + usize::from(accepted));
    });
}

/// *An initialiser fails while tasks come.* Each of them is refused or failed, and the shutdown
/// returns. Fails if `break_down` takes the queue before it marks the pool as broken.
#[test]
fn a_broken_initialiser_strands_no_task() {
    struct Told(Count);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    loom::model(|| {
        let told = Count::default();
        let pool = Pool::new(Config {
            workers: 1,
            queue: QueuePolicy::Unbounded,
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
    });
}
