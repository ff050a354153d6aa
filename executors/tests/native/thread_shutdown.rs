//! The four ways to stop a thread executor, in every combination that has a story.

use crate::stage::{PATIENCE, Stage, aside, call, outcome, returned, until};
use poolproof_executors::thread::ThreadExecutor;
use poolproof_harness::{
    Actor, Executor, Failure, Future, Gatehouse, Moment, Refused, ReturnWhen, Shutdown, State, Step, as_completed, wait,
};
use std::sync::Arc;
use std::sync::mpsc::channel;

const CANCEL_NO_WAIT: Shutdown = Shutdown { wait: false, cancel_futures: true };

#[test]
fn without_waiting_it_returns_and_everything_still_runs() {
    let stage = Stage::open("thread", 1);
    let gate = stage.house.gate();
    let mut futures = vec![stage.park(&gate)];
    futures.extend((0..3).map(|_| stage.submit(vec![])));
    stage.executor.shutdown(Shutdown::NO_WAIT).unwrap();
    gate.open();
    assert!(futures.iter().all(|future| outcome(future).is_ok()));
}

#[test]
fn cancelling_tells_everybody_who_waits() {
    let house = Gatehouse::new();
    let executor = Arc::new(ThreadExecutor::new(1).unwrap());
    let gate = house.gate();
    let inside = gate.clone();
    let running = executor.submit(call(move || {
        inside.pass(Actor::Check);
        1
    }));
    assert!(gate.await_arrivals(1, crate::stage::patience()));
    let queued: Vec<_> = (0..4).map(|_| executor.submit(call(|| 0)).unwrap()).collect();
    let asking = queued[0].clone();
    let result = aside(move || asking.result(None));
    let futures = queued.clone();
    let waited = aside(move || wait::<u64, _>(futures, ReturnWhen::AllCompleted, None).unwrap().done.len());
    let futures = queued.clone();
    let yielded = aside(move || as_completed::<u64, _>(futures, None).unwrap().count());
    executor.shutdown(CANCEL_NO_WAIT);
    assert_eq!(returned(&result), Ok(Err(Failure::Cancelled)));
    assert_eq!((returned(&waited), returned(&yielded)), (4, 4));
    assert!(queued.iter().all(|future| future.state() == State::CANCELLED));
    gate.open();
    assert_eq!(running.unwrap().result(Some(PATIENCE)), Ok(Ok(1)), "what runs goes on");
    executor.shutdown(Shutdown::WAIT);
}

#[test]
fn the_callback_of_a_cancelled_future_may_use_the_executor() {
    let house = Gatehouse::new();
    let executor = Arc::new(ThreadExecutor::new(1).unwrap());
    let gate = house.gate();
    let inside = gate.clone();
    drop(executor.submit(call(move || {
        inside.pass(Actor::Check);
        1
    })));
    assert!(gate.await_arrivals(1, crate::stage::patience()));
    let (said, heard) = channel();
    for how in [Shutdown::NO_WAIT, CANCEL_NO_WAIT] {
        let (inner, said) = (Arc::clone(&executor), said.clone());
        let callback = move || {
            let refused = inner.submit(call(|| 0)).map(drop);
            inner.shutdown(how);
            said.send(refused).unwrap();
        };
        executor.submit(call(|| 0)).unwrap().on_done(Box::new(callback)).unwrap();
    }
    let stopping = Arc::clone(&executor);
    let stopped = aside(move || stopping.shutdown(Shutdown::CANCEL));
    assert_eq!((returned(&heard), returned(&heard)), (Err(Refused::Shutdown), Err(Refused::Shutdown)));
    gate.open();
    returned(&stopped);
}

#[test]
fn a_cancelling_shutdown_may_follow_a_plain_one_and_is_not_undone_by_another() {
    let stage = Stage::open("thread", 1);
    let gate = stage.house.gate();
    let parked = stage.park(&gate);
    let queued: Vec<_> = (0..3).map(|_| stage.submit(vec![])).collect();
    stage.executor.shutdown(Shutdown::NO_WAIT).unwrap();
    assert!(queued.iter().all(|future| !future.state().unwrap().done));
    stage.executor.shutdown(CANCEL_NO_WAIT).unwrap();
    let released = stage.house.history().count(|event| event.moment == Moment::Released);
    assert_eq!(released, 3, "cancelled tasks are released at once");
    stage.executor.shutdown(Shutdown::NO_WAIT).unwrap();
    gate.open();
    stage.executor.shutdown(Shutdown::WAIT).unwrap();
    assert!(queued.iter().all(|future| outcome(future) == Err(Failure::Cancelled)));
    assert!(outcome(&parked).is_ok());
    assert_eq!(stage.house.history().started(), [0]);
}

#[test]
fn several_threads_may_wait_at_once_and_again() {
    let stage = Stage::open("thread", 2);
    let gate = stage.house.gate();
    let parked = stage.park(&gate);
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let executor = Arc::clone(&stage.executor);
            aside(move || {
                executor.shutdown(Shutdown::WAIT).unwrap();
                executor.shutdown(Shutdown::WAIT)
            })
        })
        .collect();
    assert!(waiting.iter().all(|shutdown| shutdown.try_recv().is_err()));
    gate.open();
    for shutdown in &waiting {
        returned(shutdown).unwrap();
    }
    assert!(outcome(&parked).is_ok());
}

#[test]
fn an_executor_without_tasks_stops() {
    let executor = ThreadExecutor::new(3).unwrap();
    executor.shutdown(Shutdown::CANCEL);
    executor.shutdown(Shutdown::WAIT);
}

#[test]
fn a_callback_in_a_worker_may_shut_down() {
    let executor = Arc::new(ThreadExecutor::new(1).unwrap());
    let house = Gatehouse::new();
    let gate = house.gate();
    let inside = gate.clone();
    let future = executor.submit(call(move || {
        inside.pass(Actor::Check);
        1
    }));
    let (said, heard) = channel();
    let inner = Arc::clone(&executor);
    let callback = move || {
        inner.shutdown(Shutdown::CANCEL);
        said.send(()).unwrap();
    };
    future.unwrap().on_done(Box::new(callback)).unwrap();
    gate.open();
    returned(&heard);
    executor.shutdown(Shutdown::WAIT);
}

#[test]
fn a_waiting_shutdown_waits_for_callbacks() {
    let house = Gatehouse::new();
    let executor = Arc::new(ThreadExecutor::new(1).unwrap());
    let (task, callback) = (house.gate(), house.gate());
    let inside = task.clone();
    let future = executor.submit(call(move || {
        inside.pass(Actor::Check);
        1
    }));
    let inside = callback.clone();
    future.unwrap().on_done(Box::new(move || inside.pass(Actor::Check))).unwrap();
    task.open();
    assert!(callback.await_arrivals(1, crate::stage::patience()));
    let stopping = Arc::clone(&executor);
    let stopped = aside(move || stopping.shutdown(Shutdown::WAIT));
    until("the refusal of tasks", || executor.submit(call(|| 0)).is_err());
    assert!(stopped.try_recv().is_err());
    callback.open();
    returned(&stopped);
}

#[test]
fn dropping_the_executor_does_not_wait_and_loses_nothing() {
    let stage = Stage::open("thread", 1);
    let gate = stage.house.gate();
    let mut futures = vec![stage.park(&gate)];
    futures.extend((0..3).map(|_| stage.submit(vec![])));
    stage.executor.release().unwrap();
    assert!(stage.executor.submit(stage.probe(vec![])).is_err());
    gate.open();
    assert!(futures.iter().all(|future| outcome(future).is_ok()));
}

#[test]
fn the_last_reference_may_be_dropped_by_a_worker() {
    let executor = Arc::new(ThreadExecutor::new(1).unwrap());
    let house = Gatehouse::new();
    let gate = house.gate();
    let (inside, own) = (gate.clone(), Arc::clone(&executor));
    let future = executor.submit(call(move || {
        inside.pass(Actor::Check);
        let last = Arc::into_inner(own).is_some();
        u64::from(last)
    }));
    assert!(gate.await_arrivals(1, crate::stage::patience()));
    drop(executor);
    gate.open();
    assert_eq!(future.unwrap().result(Some(PATIENCE)), Ok(Ok(1)));
}

#[test]
fn cancel_and_start_exclude_each_other() {
    let stage = Stage::open("thread", 2);
    let futures: Vec<_> = (0..500).map(|_| stage.submit(vec![])).collect();
    let cancelled: Vec<bool> = futures.iter().map(|future| future.cancel().unwrap()).collect();
    stage.executor.shutdown(Shutdown::WAIT).unwrap();
    let started = stage.house.history().started();
    for (label, cancelled) in (0..).zip(cancelled) {
        assert!(started.contains(&label) != cancelled, "task {label}");
    }
}

#[test]
fn a_submit_from_inside_after_shutdown_is_refused() {
    let stage = Stage::open("thread", 1);
    let child = stage.probe(vec![]);
    let steps = vec![Step::Shutdown(Shutdown::NO_WAIT), Step::Submit(Box::new(child))];
    assert!(outcome(&stage.submit(steps)).is_ok());
    let refused = |text: &String| text.starts_with("refused 0");
    assert_eq!(stage.house.history().count(|event| matches!(&event.moment, Moment::Noted(text) if refused(text))), 1);
}
