//! Initialisers of the thread executor, and what their failure does.

use crate::stage::{PATIENCE, aside, call, is_broken, returned};
use poolproof_executors::thread::ThreadExecutor;
use poolproof_harness::{
    Actor, Executor, Failure, Future, Gatehouse, Raised, Refused, ReturnWhen, Shutdown, State, wait,
};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

thread_local! {
    static INITIALISED: Cell<u64> = const { Cell::new(0) };
}

#[test]
fn it_runs_once_in_each_worker_before_its_first_task() {
    let house = Gatehouse::new();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let builder = ThreadExecutor::builder(3).initialiser(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        INITIALISED.set(INITIALISED.get() + 1);
        Ok(())
    });
    let executor = builder.build().unwrap();
    for _ in 0..4 {
        let gate = Arc::new(house.meeting(3));
        let tasks = (0..3).map(|_| {
            let gate = Arc::clone(&gate);
            call(move || {
                gate.pass(Actor::Check);
                INITIALISED.get()
            })
        });
        let futures: Vec<_> = tasks.map(|task| executor.submit(task).unwrap()).collect();
        assert!(futures.iter().all(|future| future.result(Some(PATIENCE)) == Ok(Ok(1))));
    }
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

/// An executor whose first worker stands in its initialiser, which fails when the gate opens.
fn about_to_break(house: &Gatehouse, panics: bool) -> (ThreadExecutor, poolproof_harness::Gate) {
    let gate = house.gate();
    let inside = gate.clone();
    let builder = ThreadExecutor::builder(1).initialiser(move || {
        inside.pass(Actor::Initialiser);
        assert!(!panics, "an initialiser panics on purpose");
        Err(Raised::new("SetupError", "no licence"))
    });
    (builder.build().unwrap(), gate)
}

#[test]
fn a_failure_breaks_the_executor_and_strands_nobody() {
    for panics in [false, true] {
        let house = Gatehouse::new();
        let (executor, gate) = about_to_break(&house, panics);
        let futures: Vec<_> = (0..5).map(|number| executor.submit(call(move || number)).unwrap()).collect();
        assert_eq!(futures[1].cancel(), Ok(true), "a cancelled one among them");
        gate.open();
        wait::<u64, _>(futures.iter().cloned(), ReturnWhen::AllCompleted, Some(PATIENCE)).unwrap();
        for (index, future) in futures.iter().enumerate() {
            let outcome = future.result(Some(PATIENCE)).unwrap();
            if index == 1 {
                assert_eq!(outcome, Err(Failure::Cancelled));
            } else {
                assert!(is_broken(&outcome), "{outcome:?}");
            }
        }
        let refused = executor.submit(call(|| 0)).map(drop).unwrap_err();
        assert!(matches!(&refused, Refused::Broken(reason) if reason.contains("initialiser")), "{refused}");
        executor.shutdown(Shutdown::WAIT);
        assert!(matches!(executor.submit(call(|| 0)).map(drop), Err(Refused::Broken(_))), "broken wins over shut down");
    }
}

#[test]
fn a_callback_told_of_the_failure_may_use_the_executor() {
    let house = Gatehouse::new();
    let (executor, gate) = about_to_break(&house, false);
    let executor = Arc::new(executor);
    let future = executor.submit(call(|| 0)).unwrap();
    let (said, heard) = channel();
    let inner = Arc::clone(&executor);
    let callback = move || {
        let refused = inner.submit(call(|| 0)).is_err();
        inner.shutdown(Shutdown::WAIT);
        said.send(refused).unwrap();
    };
    future.on_done(Box::new(callback)).unwrap();
    gate.open();
    assert!(returned(&heard), "a submit from the callback is refused");
    let last = Arc::clone(&executor);
    returned(&aside(move || last.shutdown(Shutdown::WAIT)));
}

#[test]
fn a_failure_after_the_executor_was_dropped_strands_nobody() {
    let house = Gatehouse::new();
    let (executor, gate) = about_to_break(&house, false);
    let future = executor.submit(call(|| 0)).unwrap();
    drop(executor);
    assert_eq!(future.state(), State::PENDING);
    gate.open();
    assert!(is_broken(&future.result(Some(PATIENCE)).unwrap()));
}

#[test]
fn tasks_of_other_workers_finish_when_a_later_initialiser_fails() {
    let house = Gatehouse::new();
    let (gate, runs) = (house.gate(), AtomicUsize::new(0));
    let builder = ThreadExecutor::builder(2).initialiser(move || match runs.fetch_add(1, Ordering::SeqCst) {
        0 => Ok(()),
        _ => Err(Raised::new("SetupError", "only one licence")),
    });
    let executor = builder.build().unwrap();
    let inside = gate.clone();
    let running = executor.submit(call(move || {
        inside.pass(Actor::Check);
        7
    }));
    assert!(gate.await_arrivals(1, crate::stage::patience()));
    let lost = executor.submit(call(|| 8)).unwrap();
    assert!(is_broken(&lost.result(Some(PATIENCE)).unwrap()));
    gate.open();
    assert_eq!(running.unwrap().result(Some(PATIENCE)), Ok(Ok(7)));
    executor.shutdown(Shutdown::WAIT);
}
