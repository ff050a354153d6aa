//! The life of an executor and of its workers: start, reuse, initialiser, recycling, shutdown.

use crate::crossing::{Mine, When};
use crate::support::{House, PATIENCE, alone, children, descriptors, open, outcome, pid};
use poolproof_executors::process::ProcessExecutor;
use poolproof_harness::{
    Actor, CellFuture, Death, Event, Executor, Failing, Failure, Future, Moment, Probe, Refused, ReturnWhen, Shutdown,
    Step, Value, Watcher, wait,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

#[test]
fn workers_start_when_there_is_work_and_all_can_run_at_once() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(3));
    assert_eq!(children().len(), 0, "none before the first task");
    outcome(&executor.submit(house.echo(1)).unwrap()).unwrap();
    assert_eq!(children().len(), 1, "one for one task");
    house.assert_capacity(&executor, 3);
    let futures: Vec<_> = (0..30).map(|label| executor.submit(house.who(label)).unwrap()).collect();
    let mut pids: Vec<_> = futures.iter().map(|future| pid(&outcome(future))).collect();
    pids.sort_unstable();
    pids.dedup();
    assert!(pids.len() <= 3 && children().len() == 3, "never more than asked for: {pids:?}");
}

#[test]
fn an_idle_worker_is_used_before_another_is_started() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(3));
    let first = pid(&outcome(&executor.submit(house.who(0)).unwrap()));
    for label in 1..200 {
        assert_eq!(pid(&outcome(&executor.submit(house.who(label)).unwrap())), first);
    }
    assert_eq!(children(), [first]);
    house.assert_capacity(&executor, 3);
}

#[test]
fn nothing_is_left_behind() {
    let _alone = alone();
    let before = descriptors();
    for _ in 0..20 {
        let executor = open(2);
        let tasks: Vec<_> = (0..2).map(|_| executor.submit(Mine { kill_when: When::Never }).unwrap()).collect();
        tasks.iter().for_each(|task| drop(outcome(task)));
        executor.shutdown(Shutdown::WAIT);
        assert_eq!(children(), [0_u32; 0], "every worker was waited for");
    }
    // The gates of earlier tests may be closing still, so the number falls; it must not grow.
    assert!(descriptors() <= before, "{} descriptors were open before, {} are now", before, descriptors());
}

#[test]
fn a_waiting_shutdown_returns_when_everything_is_done() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(2));
    let plug = house.gates.gate();
    let futures: Vec<_> = (0..6).map(|label| executor.submit(house.pass(label, &plug)).unwrap()).collect();
    executor.shutdown(Shutdown::NO_WAIT);
    assert!(matches!(executor.submit(house.echo(9)), Err(Refused::Shutdown)));
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..3).map(|_| scope.spawn(|| executor.shutdown(Shutdown::WAIT))).collect();
        assert!(futures.iter().all(|future| !future.state().done));
        plug.open();
        for waiter in waiters {
            waiter.join().unwrap();
            assert!(futures.iter().all(|future| future.state().done));
            assert_eq!(children(), [0_u32; 0]);
        }
    });
    executor.shutdown(Shutdown::CANCEL);
    for (label, future) in (0..).zip(&futures) {
        assert_eq!(outcome(future), Ok(Value::Int(label)));
    }
}

#[test]
fn a_shutdown_that_cancels_announces_it() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let plug = house.gates.gate();
    let running = executor.submit(house.pass(0, &plug)).unwrap();
    assert!(plug.await_arrivals(1, PATIENCE));
    let waiting: Vec<_> = (1..5).map(|label| executor.submit(house.echo(label)).unwrap()).collect();
    let (said, heard) = mpsc::channel();
    waiting[0].on_done(Box::new(move || said.send(()).unwrap())).unwrap();
    executor.shutdown(Shutdown { wait: false, cancel_futures: true });
    heard.recv().unwrap();
    let waited = wait::<Value, _>(waiting.clone(), ReturnWhen::AllCompleted, Some(PATIENCE.nominal())).unwrap();
    assert_eq!(waited.not_done, [0_usize; 0]);
    assert!(waiting.iter().all(|future| future.state().cancelled));
    plug.open();
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(outcome(&running), Ok(Value::Int(0)));
    assert_eq!(house.gates.history().started(), [0]);
}

#[test]
fn only_a_task_that_has_not_started_can_be_cancelled() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let plug = house.gates.gate();
    let running = executor.submit(house.pass(0, &plug)).unwrap();
    assert!(plug.await_arrivals(1, PATIENCE));
    let waiting: Vec<CellFuture<Value>> = (1..9).map(|label| executor.submit(house.echo(label)).unwrap()).collect();
    assert_eq!(running.cancel(), Ok(false));
    for future in &waiting[..7] {
        assert_eq!((future.cancel(), future.cancel()), (Ok(true), Ok(true)));
        assert_eq!(outcome(future), Err(Failure::Cancelled));
    }
    plug.open();
    assert_eq!(outcome(&waiting[7]), Ok(Value::Int(8)), "the cancelled ones hold no worker");
    assert_eq!((outcome(&running), running.cancel()), (Ok(Value::Int(0)), Ok(false)));
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(house.gates.history().started(), [0, 8]);
}

#[test]
fn callbacks_may_submit_and_shut_down() {
    let _alone = alone();
    let (house, executor) = (House::new(), Arc::new(open(1)));
    let plug = house.gates.gate();
    let future = executor.submit(house.pass(1, &plug)).unwrap();
    let (said, heard) = mpsc::channel();
    let (within, probe) = (Arc::clone(&executor), house.echo(2));
    let call = move || {
        let child = within.submit(probe).unwrap();
        within.shutdown(Shutdown::WAIT);
        said.send(child).unwrap();
    };
    future.on_done(Box::new(call)).unwrap();
    plug.open();
    let child = heard.recv_timeout(PATIENCE.nominal()).expect("a callback that shuts down does not deadlock");
    assert_eq!(outcome(&child), Ok(Value::Int(2)));
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(children(), [0_u32; 0]);
}

#[test]
fn a_slow_callback_delays_only_its_own_worker() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(2));
    let (plug, slow) = (house.gates.gate(), house.gates.gate());
    let future = executor.submit(house.pass(1, &plug)).unwrap();
    let stop = slow.clone();
    future.on_done(Box::new(move || stop.pass(Actor::Check))).unwrap();
    plug.open();
    assert!(slow.await_arrivals(1, PATIENCE));
    for label in 2..12 {
        assert_eq!(outcome(&executor.submit(house.echo(label)).unwrap()), Ok(Value::Int(label.into())));
    }
    slow.open();
    house.assert_capacity(&executor, 2);
}

/// Submits when it is told that a future is done, while callbacks are still to come.
struct Follower {
    executor: Arc<ProcessExecutor>,
    probe: Probe,
    said: Mutex<mpsc::Sender<CellFuture<Value>>>,
}

impl Watcher for Follower {
    fn completed(&self, _key: usize, _failed: bool) {
        let future = self.executor.submit(self.probe.clone()).unwrap();
        self.said.lock().unwrap().send(future).unwrap();
    }
}

#[test]
fn a_task_submitted_just_before_a_slow_callback_does_not_wait_for_it() {
    let _alone = alone();
    let (house, executor) = (House::new(), Arc::new(open(2)));
    let (plug, slow) = (house.gates.gate(), house.gates.gate());
    let future = executor.submit(house.pass(1, &plug)).unwrap();
    let stop = slow.clone();
    future.on_done(Box::new(move || stop.pass(Actor::Check))).unwrap();
    let (said, heard) = mpsc::channel();
    let follower = Follower { executor: Arc::clone(&executor), probe: house.echo(2), said: Mutex::new(said) };
    future.watch(Arc::new(follower), 0).unwrap();
    plug.open();
    assert!(slow.await_arrivals(1, PATIENCE));
    assert_eq!(outcome(&heard.recv().unwrap()), Ok(Value::Int(2)), "another worker runs it");
    slow.open();
}

#[test]
fn dropping_the_executor_waits() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let futures: Vec<_> = (0..5).map(|label| executor.submit(house.echo(label)).unwrap()).collect();
    drop(executor);
    assert!(futures.iter().all(|future| future.state().done));
    assert_eq!(children(), [0_u32; 0]);
}

#[test]
fn the_initialiser_runs_once_in_each_worker_before_its_first_task() {
    let _alone = alone();
    let house = House::new();
    let executor = ProcessExecutor::builder(2).initialiser(house.echo(77)).open().unwrap();
    house.assert_capacity(&executor, 2);
    house.assert_capacity(&executor, 2);
    let mut first = BTreeMap::new();
    let mut times = BTreeMap::new();
    for Event { pid, actor, moment, .. } in house.gates.history().events() {
        if moment == Moment::Started {
            first.entry(pid).or_insert(actor);
            *times.entry(pid).or_insert(0) += usize::from(actor == Actor::Initialiser);
        }
    }
    assert_eq!(first.len(), 2);
    assert!(first.values().all(|actor| *actor == Actor::Initialiser) && times.values().all(|count| *count == 1));
}

fn broken_by(house: &House, initialiser: Probe) -> String {
    let executor = ProcessExecutor::builder(2).initialiser(initialiser).open().unwrap();
    let mut futures = Vec::new();
    for label in 0..4 {
        match executor.submit(house.echo(label)) {
            Ok(future) => futures.push(future),
            // The initialiser was faster than this loop.
            Err(refused) => assert!(matches!(refused, Refused::Broken(_)), "{refused}"),
        }
    }
    assert!(!futures.is_empty());
    for future in &futures {
        assert!(matches!(outcome(future), Err(Failure::Broken(_))));
    }
    let reason = match executor.submit(house.echo(9)) {
        Err(Refused::Broken(reason)) => reason,
        other => panic!("a broken executor refuses, and does not answer {other:?}"),
    };
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(children(), [0_u32; 0]);
    assert_eq!(house.gates.history().started(), [0_u32; 0]);
    reason
}

#[test]
fn a_failing_initialiser_breaks_the_executor() {
    let _alone = alone();
    let house = House::new();
    let probe = |step| house.probe(77, vec![step], Value::None);
    let raised = broken_by(&house, probe(Step::Fail(Failing::Error)));
    assert!(raised.starts_with("the initialiser failed in worker process ") && raised.contains("ProbeError"));
    let panicked = broken_by(&house, probe(Step::Fail(Failing::Panic)));
    assert!(panicked.contains("probe panics on purpose"), "{panicked}");
    let died = broken_by(&house, probe(Step::Die(Death::Kill)));
    assert!(died.contains("(SIGKILL) while it ran the initialiser"), "{died}");
}

#[test]
fn a_worker_is_replaced_after_its_number_of_tasks() {
    let _alone = alone();
    let house = House::new();
    let executor = ProcessExecutor::builder(1).max_tasks_per_worker(2).open().unwrap();
    let futures: Vec<_> = (0..6).map(|label| executor.submit(house.who(label)).unwrap()).collect();
    // A backlog is not stalled, also when nobody is to be served but it.
    executor.shutdown(Shutdown::NO_WAIT);
    let pids: Vec<_> = futures.iter().map(|future| pid(&outcome(future))).collect();
    assert!(pids[0] == pids[1] && pids[2] == pids[3] && pids[4] == pids[5], "{pids:?}");
    assert!(pids[0] != pids[2] && pids[2] != pids[4], "{pids:?}");
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(children(), [0_u32; 0]);
}
