//! The workers of the thread executor: how many there are, and what they survive.

use crate::stage::{Stage, call, outcome, patience};
use poolproof_executors::thread::ThreadExecutor;
use poolproof_harness::{Actor, Executor, Future, Gatehouse, Moment, Raised, Shutdown, State, Step, Task, Value};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

#[test]
fn workers_start_with_the_tasks_that_need_them_and_never_more() {
    let executor = ThreadExecutor::new(3).unwrap();
    let house = Gatehouse::new();
    let gate = house.gate();
    let seen: Arc<Mutex<HashSet<ThreadId>>> = Arc::default();
    let parked = || {
        let (gate, seen) = (gate.clone(), Arc::clone(&seen));
        let task = call(move || {
            seen.lock().unwrap().insert(std::thread::current().id());
            gate.pass(Actor::Check);
            0
        });
        executor.submit(task).unwrap()
    };
    let mut futures = Vec::new();
    for count in 1..=3 {
        futures.push(parked());
        assert!(gate.await_arrivals(count, patience()));
        assert_eq!(seen.lock().unwrap().len(), count);
    }
    futures.extend((0..20).map(|_| parked()));
    gate.open();
    executor.shutdown(Shutdown::WAIT);
    assert!(futures.iter().all(|future| future.state() == State::FINISHED));
    assert_eq!(seen.lock().unwrap().len(), 3);
}

#[test]
fn threads_are_named_and_numbered() {
    let house = Gatehouse::new();
    let gate = Arc::new(house.meeting(2));
    let names = Arc::new(Mutex::new(HashSet::new()));
    let executor = ThreadExecutor::new(2).unwrap();
    for _ in 0..2 {
        let (gate, names) = (Arc::clone(&gate), Arc::clone(&names));
        let task = call(move || {
            gate.pass(Actor::Check);
            names.lock().unwrap().insert(std::thread::current().name().unwrap().to_owned());
            0
        });
        drop(executor.submit(task).unwrap());
    }
    executor.shutdown(Shutdown::WAIT);
    let expected = ["poolproof-thread-0", "poolproof-thread-1"].map(str::to_owned);
    assert_eq!(*names.lock().unwrap(), HashSet::from(expected));
}

#[test]
fn the_full_number_of_workers_can_always_be_reached() {
    let stage = Stage::open("thread", 3);
    for _ in 0..300 {
        drop(stage.submit(vec![]));
        let gate = stage.house.meeting(3);
        let meeting: Vec<_> = (0..3).map(|_| stage.submit(vec![Step::Pass(gate.id())])).collect();
        for future in &meeting {
            assert!(outcome(future).is_ok());
        }
    }
}

#[test]
fn one_worker_starts_tasks_in_the_order_of_submission() {
    let stage = Stage::open("thread", 1);
    let gate = stage.house.gate();
    drop(stage.park(&gate));
    let futures: Vec<_> = (0..50).map(|_| stage.submit(vec![])).collect();
    gate.open();
    assert!(outcome(&futures[49]).is_ok());
    assert_eq!(stage.house.history().started(), (0..=50).collect::<Vec<_>>());
}

#[test]
fn a_cancelled_task_is_released_at_once_and_holds_no_worker() {
    let stage = Stage::open("thread", 1);
    let gate = stage.house.gate();
    let parked = stage.park(&gate);
    let futures: Vec<_> = (0..20).map(|_| stage.submit(vec![])).collect();
    let last = stage.submit(vec![]);
    for future in &futures {
        assert_eq!(future.cancel(), Ok(true));
    }
    let released = stage.house.history().count(|event| event.moment == Moment::Released);
    assert_eq!(released, 20, "while the worker stands at the gate");
    assert_eq!(parked.cancel(), Ok(false));
    gate.open();
    assert_eq!(outcome(&last), Ok(Value::Int(21)));
    assert_eq!(stage.house.history().started(), [0, 21]);
}

#[test]
fn a_finished_task_is_released_though_its_future_lives() {
    let stage = Stage::open("thread", 1);
    let future = stage.submit(vec![]);
    assert!(outcome(&future).is_ok());
    let released = stage.house.history().count(|event| event.moment == Moment::Released);
    assert_eq!(released, 1, "before the result is there");
}

/// A value that panics when the last of its kind is dropped in a worker.
#[derive(Clone, Serialize, Deserialize)]
struct Grudge;

impl Drop for Grudge {
    fn drop(&mut self) {
        panic!("a value panics on purpose when it is dropped");
    }
}

#[derive(Serialize, Deserialize)]
struct Resent;

impl Task for Resent {
    const NAME: &'static str = "resent";
    type Output = Grudge;
    fn run(self) -> Result<Grudge, Raised> {
        Ok(Grudge)
    }
}

#[test]
fn a_value_that_panics_when_dropped_costs_no_worker() {
    let executor = ThreadExecutor::new(1).unwrap();
    let house = Gatehouse::new();
    let gate = house.gate();
    let inside = gate.clone();
    let parked = executor.submit(call(move || {
        inside.pass(Actor::Check);
        0
    }));
    // The futures are gone before the tasks run, so it is the worker that drops the values.
    (0..3).for_each(|_| drop(executor.submit(Resent).unwrap()));
    gate.open();
    assert_eq!(parked.unwrap().result(None), Ok(Ok(0)));
    let thread = call(|| u64::from(std::thread::current().name() == Some("poolproof-thread-0")));
    assert_eq!(executor.submit(thread).unwrap().result(None), Ok(Ok(1)), "the first worker is still there");
    executor.shutdown(Shutdown::WAIT);
}
