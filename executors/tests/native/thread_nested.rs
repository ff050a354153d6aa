//! Tasks of the thread executor that use it themselves: own queues, and waiting from inside.

use crate::stage::{PATIENCE, aside, call, patience, returned};
use poolproof_executors::thread::ThreadExecutor;
use poolproof_harness::{
    Actor, Executor, Failure, Future, Gatehouse, Refused, ReturnWhen, Shutdown, TimedOut, as_completed, wait,
};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// An executor that its own tasks can use.
fn shared(workers: usize) -> Arc<ThreadExecutor> {
    Arc::new(ThreadExecutor::new(workers).unwrap())
}

/// 2^depth, by a tree of tasks that wait for each other.
fn tree(executor: &Arc<ThreadExecutor>, depth: u32) -> u64 {
    if depth == 0 {
        return 1;
    }
    let own = Arc::clone(executor);
    let left = executor.submit(call(move || tree(&own, depth - 1))).unwrap();
    let right = tree(executor, depth - 1);
    left.result(None).unwrap().unwrap() + right
}

#[test]
fn a_tree_of_waiting_tasks_progresses_with_any_number_of_workers() {
    for workers in [1, 2, 4] {
        let executor = shared(workers);
        let own = Arc::clone(&executor);
        let root = executor.submit(call(move || tree(&own, 8))).unwrap();
        assert_eq!(root.result(Some(PATIENCE)), Ok(Ok(256)), "{workers} workers");
    }
}

#[test]
fn the_only_worker_may_wait_for_several_tasks_in_every_way() {
    let executor = shared(1);
    let own = Arc::clone(&executor);
    let parent = executor.submit(call(move || {
        let children = |count: u64| (0..count).map(|number| own.submit(call(move || number)).unwrap());
        let all = wait::<u64, _>(children(3), ReturnWhen::AllCompleted, None).unwrap();
        let first = wait::<u64, _>(children(3), ReturnWhen::FirstCompleted, None).unwrap();
        let yielded: Vec<_> = as_completed::<u64, _>(children(3), None).unwrap().map(Result::unwrap).collect();
        assert_eq!((all.done.len(), first.done, yielded), (3, vec![0], vec![0, 1, 2]));
        7
    }));
    assert_eq!(parent.unwrap().result(Some(PATIENCE)), Ok(Ok(7)));
}

#[test]
fn a_wait_with_a_limit_runs_nothing_itself() {
    let executor = shared(1);
    let own = Arc::clone(&executor);
    let parent = executor.submit(call(move || {
        let child = own.submit(call(|| 1)).unwrap();
        assert_eq!(child.result(Some(Duration::from_millis(1))), Err(TimedOut));
        let none = wait::<u64, _>([child.clone()], ReturnWhen::AllCompleted, Some(Duration::ZERO)).unwrap();
        none.done.len() as u64 + child.result(None).unwrap().unwrap()
    }));
    assert_eq!(parent.unwrap().result(Some(PATIENCE)), Ok(Ok(1)));
}

#[test]
fn outsiders_and_workers_of_others_do_not_run_what_they_wait_for() {
    let (one, other) = (shared(1), shared(1));
    let house = Gatehouse::new();
    let gate = house.gate();
    let inside = gate.clone();
    drop(one.submit(call(move || {
        inside.pass(Actor::Check);
        0
    })));
    assert!(gate.await_arrivals(1, patience()));
    let name = || call(|| u64::from(std::thread::current().name() == Some("poolproof-thread-0")));
    let (queued, waits) = (one.submit(name()).unwrap(), one.submit(name()).unwrap());
    let relayed = other.submit(call(move || waits.result(None).unwrap().unwrap())).unwrap();
    let waiting = aside(move || queued.result(None));
    assert!(waiting.try_recv().is_err() && !relayed.state().done);
    gate.open();
    assert_eq!(returned(&waiting), Ok(Ok(1)));
    assert_eq!(relayed.result(Some(PATIENCE)), Ok(Ok(1)));
}

#[test]
fn idle_workers_take_what_a_busy_one_has_submitted() {
    for _ in 0..200 {
        let executor = shared(3);
        let house = Gatehouse::new();
        let meeting = house.meeting(3);
        let own = Arc::clone(&executor);
        let (inside, parents) = (meeting.clone(), meeting.clone());
        let parent = executor.submit(call(move || {
            for _ in 0..2 {
                let gate = inside.clone();
                let child = call(move || {
                    gate.pass(Actor::Check);
                    0
                });
                drop(own.submit(child).unwrap());
            }
            // Waits for the children without saying so to the executor.
            parents.pass(Actor::Check);
            5
        }));
        assert_eq!(parent.unwrap().result(Some(PATIENCE)), Ok(Ok(5)));
    }
}

#[test]
fn one_worker_keeps_the_order_of_submission_inside_and_outside() {
    let executor = shared(1);
    let house = Gatehouse::new();
    let (early, late) = (house.gate(), house.gate());
    let started = Arc::new(Mutex::new(Vec::new()));
    let noting = |number: u64| {
        let started = Arc::clone(&started);
        call(move || {
            started.lock().unwrap().push(number);
            number
        })
    };
    let (own, nested, behind) = (Arc::clone(&executor), noting(1), noting(3));
    let gates = (early.clone(), late.clone());
    let parent = executor.submit(call(move || {
        drop(own.submit(nested));
        gates.0.pass(Actor::Check);
        gates.1.pass(Actor::Check);
        drop(own.submit(behind));
        0
    }));
    assert!(early.await_arrivals(1, patience()));
    drop(executor.submit(noting(2)));
    early.open();
    late.open();
    assert_eq!(parent.unwrap().result(Some(PATIENCE)), Ok(Ok(0)));
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(*started.lock().unwrap(), [1, 2, 3]);
}

#[test]
fn a_shutdown_reaches_the_own_queue_of_a_busy_worker() {
    for cancel in [false, true] {
        let executor = shared(1);
        let house = Gatehouse::new();
        let gate = house.gate();
        let (inside, own) = (gate.clone(), Arc::clone(&executor));
        let (said, heard) = channel();
        let parent = executor.submit(call(move || {
            said.send(own.submit(call(|| 3)).unwrap()).unwrap();
            inside.pass(Actor::Check);
            u64::from(own.submit(call(|| 4)).map(drop) == Err(Refused::Shutdown))
        }));
        let child = heard.recv_timeout(PATIENCE).unwrap();
        assert!(gate.await_arrivals(1, patience()));
        executor.shutdown(Shutdown { wait: false, cancel_futures: cancel });
        assert_eq!(child.state().cancelled, cancel);
        gate.open();
        executor.shutdown(Shutdown::WAIT);
        assert_eq!(child.result(None), Ok(if cancel { Err(Failure::Cancelled) } else { Ok(3) }));
        assert_eq!(parent.unwrap().result(None), Ok(Ok(1)), "nothing is accepted inside any more");
    }
}

#[test]
fn tasks_that_their_waiter_ran_do_not_pile_up() {
    let executor = shared(1);
    let own = Arc::clone(&executor);
    let parent = executor.submit(call(move || {
        (0..10_000).map(|_| own.submit(call(|| 1)).unwrap().result(None).unwrap().unwrap()).sum()
    }));
    assert_eq!(parent.unwrap().result(Some(PATIENCE)), Ok(Ok(10_000)));
}
