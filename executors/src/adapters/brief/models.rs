//! Models of the lock: loom runs each in every order that the memory model allows, up to the given number of
//! preemptions.
//!
//! `RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 cargo test -p poolproof-executors --no-default-features --release --lib brief::models`
//!
//! Each model names the changes that make it fail; every one was tried, alone. A lost wake-up shows as a deadlock: loom
//! reports that every thread is blocked.

use super::Brief;
use loom::thread;
use std::sync::Arc;

/// *Two threads take turns.* Fails if taking the lock does not acquire or giving it back does not release, for what one
/// wrote is then not there for the other; if either of the two fences is left out, if a sleeper is not counted before its
/// fence, if it tries for the last time before it holds the mutex, or if who gives the lock back does not pass the mutex
/// or wakes nobody: then one of them sleeps for ever.
#[test]
fn each_of_two_threads_has_its_turn() {
    loom::model(|| {
        let brief = Arc::new(Brief::new(0));
        let other = thread::spawn({
            let brief = Arc::clone(&brief);
            move || brief.with(|count| *count += 1)
        });
        brief.with(|count| *count += 1);
        other.join().unwrap();
        assert_eq!(Arc::into_inner(brief).map(|mut brief| *brief.get_mut()), Some(2));
    });
}

/// *Two threads wait for a third one.* Fails if only one of them is woken, for that may be one that waits for
/// another lock.
#[test]
fn a_wake_reaches_who_waits_for_this_lock() {
    loom::model(|| {
        let locks = Arc::new([Brief::new(0), Brief::new(0)]);
        let threads: Vec<_> = [0, 1]
            .into_iter()
            .map(|at| {
                let locks = Arc::clone(&locks);
                thread::spawn(move || locks[at].with(|count| *count += 1))
            })
            .collect();
        locks[0].with(|_| locks[1].with(|_| ()));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let counts = locks.iter().map(|brief| brief.with(|count| *count));
        assert!(counts.eq([1, 1]));
    });
}
