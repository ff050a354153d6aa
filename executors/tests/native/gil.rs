//! The interpreter lock.

use crate::stage::{PATIENCE, aside, call, patience, returned};
use poolproof_executors::gil::{Gil, GilExecutor};
use poolproof_executors::thread::ThreadExecutor;
use poolproof_harness::{
    Actor, Executor, Future, Gatehouse, InterpreterLock, Shutdown, blocking, checkpoint, with_interpreter,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// An executor whose waiters ask almost at once, so that many hand-overs happen.
fn eager(workers: usize) -> GilExecutor {
    GilExecutor::around(ThreadExecutor::builder(workers), Gil::new(Duration::from_micros(20))).unwrap()
}

#[test]
fn one_task_computes_at_a_time_and_all_are_interrupted() {
    let executor = eager(4);
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let futures: Vec<_> = (0..4)
        .map(|_| {
            let (inside, most) = (Arc::clone(&inside), Arc::clone(&most));
            let task = call(move || {
                for _ in 0..2_000 {
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::hint::black_box((0..200).sum::<u64>());
                    inside.fetch_sub(1, Ordering::SeqCst);
                    checkpoint();
                }
                0
            });
            executor.submit(task).unwrap()
        })
        .collect();
    assert!(futures.iter().all(|future| future.result(Some(PATIENCE)) == Ok(Ok(0))));
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[test]
fn a_task_that_only_computes_is_made_to_hand_over() {
    let executor = GilExecutor::new(2).unwrap();
    let heard = Arc::new(AtomicBool::new(false));
    let hears = Arc::clone(&heard);
    // Ends only if the other task runs while this one computes.
    let computing = executor.submit(call(move || {
        let mut checkpoints = 0;
        while !hears.load(Ordering::SeqCst) {
            checkpoint();
            checkpoints += 1;
        }
        checkpoints
    }));
    let says = Arc::clone(&heard);
    let speaking = executor.submit(call(move || u64::from(!says.swap(true, Ordering::SeqCst))));
    assert_eq!(speaking.unwrap().result(Some(PATIENCE)), Ok(Ok(1)));
    assert!(computing.unwrap().result(Some(PATIENCE)).unwrap().is_ok());
    executor.shutdown(Shutdown::WAIT);
    assert!(!executor.gil().is_held());
}

#[test]
fn a_holder_that_was_asked_comes_back_only_after_the_other_had_the_lock() {
    let gil = Arc::new(Gil::new(Duration::from_micros(200)));
    let lock: Arc<dyn InterpreterLock> = gil.clone();
    for round in 1..=20 {
        let had_it = Arc::new(AtomicBool::new(false));
        with_interpreter(&lock, || {
            let (other, has_it) = (Arc::clone(&lock), Arc::clone(&had_it));
            let requests = gil.counts().requests;
            let waiter = aside(move || with_interpreter(&other, || has_it.store(true, Ordering::SeqCst)));
            while gil.counts().requests == requests {
                assert!(!had_it.load(Ordering::SeqCst), "the lock is held");
                std::thread::yield_now();
            }
            checkpoint();
            assert!(had_it.load(Ordering::SeqCst), "the hand-over is forced");
            returned(&waiter);
        });
        let counts = gil.counts();
        assert_eq!(counts.takes, 3 * round, "{counts:?}");
        // More than that if the machine holds the waiter up while it has the lock.
        assert!(counts.hand_overs >= round && counts.requests >= round && counts.waits >= round, "{counts:?}");
    }
}

#[test]
fn a_checkpoint_that_nobody_asked_for_keeps_the_lock() {
    let gil = Arc::new(Gil::new(Gil::SWITCH_INTERVAL));
    let lock: Arc<dyn InterpreterLock> = gil.clone();
    with_interpreter(&lock, || (0..1_000).for_each(|_| checkpoint()));
    let counts = gil.counts();
    assert_eq!((counts.takes, counts.waits, counts.requests, counts.hand_overs), (1, 0, 0, 0));
}

#[test]
fn a_blocking_call_lets_others_run_though_nobody_asks() {
    // Nobody asks within the patience of this test: only the release lets the second task in.
    let gil = Gil::new(PATIENCE * 10);
    let executor = GilExecutor::around(ThreadExecutor::builder(2), gil).unwrap();
    let house = Gatehouse::new();
    let gate = house.gate();
    let inside = gate.clone();
    let blocked = executor.submit(call(move || {
        blocking(|| inside.pass(Actor::Check));
        1
    }));
    assert!(gate.await_arrivals(1, patience()));
    assert!(!executor.gil().is_held());
    assert_eq!(executor.submit(call(|| 2)).unwrap().result(Some(PATIENCE)), Ok(Ok(2)));
    gate.open();
    assert_eq!(blocked.unwrap().result(Some(PATIENCE)), Ok(Ok(1)));
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(executor.gil().counts().requests, 0);
}

#[test]
fn a_task_that_waits_for_another_gives_the_lock_up() {
    let gil = Gil::new(PATIENCE * 10);
    let executor = Arc::new(GilExecutor::around(ThreadExecutor::builder(2), gil).unwrap());
    let own = Arc::clone(&executor);
    let parent = executor.submit(call(move || own.submit(call(|| 20)).unwrap().result(None).unwrap().unwrap() + 1));
    assert_eq!(parent.unwrap().result(Some(PATIENCE)), Ok(Ok(21)));
}

#[test]
fn callbacks_run_under_the_lock_and_submitters_do_not() {
    let executor = GilExecutor::new(1).unwrap();
    let house = Gatehouse::new();
    let gate = house.gate();
    let inside = gate.clone();
    let future = executor
        .submit(call(move || {
            blocking(|| inside.pass(Actor::Check));
            0
        }))
        .unwrap();
    let (said, heard) = std::sync::mpsc::channel();
    let gil = Arc::clone(executor.gil());
    future.on_done(Box::new(move || said.send(gil.is_held()).unwrap())).unwrap();
    assert!(gate.await_arrivals(1, patience()));
    assert!(!executor.gil().is_held());
    gate.open();
    assert!(returned(&heard));
}

#[test]
fn a_timeline_says_who_held_the_lock_and_turns_do_not_overlap() {
    let executor = GilExecutor::around(ThreadExecutor::builder(2), Gil::recording(Duration::from_micros(50))).unwrap();
    let house = Gatehouse::new();
    let meeting = Arc::new(house.meeting(2));
    let futures: Vec<_> = (0..2)
        .map(|_| {
            let meeting = Arc::clone(&meeting);
            let task = call(move || {
                blocking(|| meeting.pass(Actor::Check));
                (0..2_000).for_each(|_| checkpoint());
                0
            });
            executor.submit(task).unwrap()
        })
        .collect();
    assert!(futures.iter().all(|future| future.result(Some(PATIENCE)) == Ok(Ok(0))));
    executor.shutdown(Shutdown::WAIT);
    let turns = executor.gil().timeline();
    assert_eq!(turns.len() as u64, executor.gil().counts().takes);
    assert!(turns.iter().all(|turn| turn.from_ns <= turn.until_ns));
    assert!(turns.windows(2).all(|pair| pair[0].until_ns <= pair[1].from_ns), "one holder at a time");
    for worker in ["poolproof-gil-0", "poolproof-gil-1"] {
        assert!(turns.iter().any(|turn| turn.holder == worker), "{worker}");
    }
    assert!(Gil::new(Gil::SWITCH_INTERVAL).timeline().is_empty());
}
