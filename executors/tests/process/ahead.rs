//! Several messages at one worker: what has not begun is still the executor's.

use crate::support::{House, PATIENCE, alone, open, outcome, until};
use poolproof_executors::process::ProcessExecutor;
use poolproof_harness::{
    CellFuture, Death, Executor, Failure, Future, MapOptions, Probe, Shutdown, State, Step, Value,
};

fn one_by_one() -> MapOptions {
    MapOptions { chunksize: Some(1), ..MapOptions::default() }
}

/// So many items before the first that matters that its worker is known to be fast.
const FAST: u32 = 3_000;

/// Fast items, and those of `rest` behind them.
fn behind_fast_ones(rest: Vec<Probe>) -> impl Iterator<Item = Probe> {
    (10_000..10_000 + FAST).map(House::bare).chain(rest)
}

#[test]
fn what_is_ahead_can_be_cancelled() {
    let _alone = alone();
    for _ in 0..2 {
        let (house, executor) = (House::new(), open(1));
        let plug = house.gates.gate();
        let mut rest = vec![house.pass(1, &plug)];
        rest.extend((2..100).map(|label| house.echo(label)));
        let mut results = executor.map(&mut behind_fast_ones(rest), one_by_one()).unwrap();
        // A map that was read from is cancelled when it is dropped.
        assert!(matches!(results.next(), Some(Ok(Ok(Value::Int(10_000))))));
        assert!(plug.await_arrivals(1, PATIENCE));
        drop(results);
        plug.open();
        executor.shutdown(Shutdown::WAIT);
        assert_eq!(house.gates.history().started(), [1], "nothing behind the plug had begun");
    }
}

#[test]
fn a_shutdown_cancels_what_is_ahead() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let plug = house.gates.gate();
    let mut rest = vec![house.pass(1, &plug)];
    rest.extend((2..100).map(|label| house.echo(label)));
    drop(executor.map(&mut behind_fast_ones(rest), one_by_one()).unwrap());
    assert!(plug.await_arrivals(1, PATIENCE));
    executor.shutdown(Shutdown { wait: false, cancel_futures: true });
    plug.open();
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(house.gates.history().started(), [1]);
}

#[test]
fn what_is_ahead_of_a_worker_that_stops_is_run_by_another() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(2));
    let plug = house.gates.gate();
    let mut rest = vec![house.pass(1, &plug)];
    rest.extend((2..100).map(|label| house.echo(label)));
    drop(executor.map(&mut behind_fast_ones(rest), one_by_one()).unwrap());
    until("all but the one that stops have run", || house.gates.history().finished().len() == 98);
    assert!(plug.await_arrivals(1, PATIENCE));
    house.assert_capacity(&executor, 1);
    plug.open();
    executor.shutdown(Shutdown::WAIT);
}

#[test]
fn what_is_ahead_of_a_worker_that_dies_is_run_once_by_the_next() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let fuse = house.gates.gate();
    let mut rest = vec![house.probe(1, vec![Step::Pass(fuse.id()), Step::Die(Death::Kill)], Value::None)];
    rest.extend((2..100).map(|label| house.echo(label)));
    drop(executor.map(&mut behind_fast_ones(rest), one_by_one()).unwrap());
    assert!(fuse.await_arrivals(1, PATIENCE));
    fuse.open();
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(house.gates.history().finished(), (2..100).collect::<Vec<_>>(), "each once, in order");
}

#[test]
fn no_worker_gets_more_than_it_may_run() {
    let _alone = alone();
    let house = House::new();
    let executor = ProcessExecutor::builder(1).max_tasks_per_worker(100).open().unwrap();
    let rest = (1..150).map(|label| house.who(label)).collect();
    let results = executor.map(&mut behind_fast_ones(rest), one_by_one()).unwrap();
    let all: Vec<_> = results.map(|result| result.unwrap().unwrap()).collect();
    let mut runs = Vec::<(u32, usize)>::new();
    for value in &all[FAST as usize..] {
        let Value::Identity { pid, .. } = value else { panic!("the identity of a worker, and not {value:?}") };
        match runs.last_mut() {
            Some((last, count)) if last == pid => *count += 1,
            _ => runs.push((*pid, 1)),
        }
    }
    let counts: Vec<_> = runs.into_iter().map(|(_, count)| count).collect();
    assert_eq!(counts, [100, 49]);
}

#[test]
fn a_callback_runs_although_somebody_waits() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    outcome(&executor.submit(house.echo(0)).unwrap()).unwrap();
    for label in 1..200 {
        let future = executor.submit(House::bare(label)).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        future.on_done(Box::new(move || sender.send(label).expect("the test waits for it"))).unwrap();
        assert_eq!(future.result(None), Ok(Ok(Value::Int(label.into()))));
        assert_eq!(receiver.recv_timeout(PATIENCE.nominal()), Ok(label), "the callback is called");
    }
}

#[test]
fn who_waits_keeps_no_worker_beyond_its_number_of_tasks() {
    let _alone = alone();
    let house = House::new();
    let executor = ProcessExecutor::builder(1).max_tasks_per_worker(2).open().unwrap();
    let pids: Vec<_> = (0..6)
        .map(|label| match executor.submit(house.who(label)).unwrap().result(None) {
            Ok(Ok(Value::Identity { pid, .. })) => pid,
            other => panic!("the identity of a worker, and not {other:?}"),
        })
        .collect();
    assert!(pids[0] == pids[1] && pids[2] == pids[3] && pids[4] == pids[5], "{pids:?}");
    assert!(pids[1] != pids[2] && pids[3] != pids[4], "{pids:?}");
}

/// Tasks that tell the executor that its workers are fast.
fn make_fast(executor: &ProcessExecutor) {
    let futures: Vec<_> = (10_000..10_000 + FAST).map(|label| executor.submit(House::bare(label)).unwrap()).collect();
    futures.iter().for_each(|future| drop(outcome(future).unwrap()));
}

#[test]
fn single_tasks_that_are_ahead_can_be_cancelled() {
    let _alone = alone();
    for _ in 0..5 {
        let (house, executor) = (House::new(), open(1));
        let (first, second) = (house.gates.gate(), house.gates.gate());
        let fast: Vec<_> = (10_000..10_000 + FAST).map(|label| executor.submit(House::bare(label)).unwrap()).collect();
        let submit = |label| executor.submit(house.echo(label)).unwrap();
        let stopped =
            [(1, &first), (2, &second)].map(|(label, gate)| executor.submit(house.pass(label, gate)).unwrap());
        let waiting: Vec<CellFuture<Value>> = (3..50).map(submit).collect();
        assert!(first.await_arrivals(1, PATIENCE));
        assert_eq!((stopped[0].state(), stopped[1].state()), (State::RUNNING, State::PENDING));
        first.open();
        assert!(second.await_arrivals(1, PATIENCE));
        assert_eq!((stopped[1].state(), stopped[1].cancel()), (State::RUNNING, Ok(false)), "it has begun");
        for (at, future) in waiting.iter().enumerate() {
            assert_eq!(future.state(), State::PENDING);
            assert!(at % 2 == 1 || future.cancel() == Ok(true));
            assert_eq!(future.state(), if at % 2 == 1 { State::PENDING } else { State::CANCELLED });
        }
        second.open();
        for (label, future) in (3..).zip(&waiting) {
            let expected = if label % 2 == 0 { Ok(Value::Int(label)) } else { Err(Failure::Cancelled) };
            assert_eq!(outcome(future), expected);
        }
        executor.shutdown(Shutdown::WAIT);
        let started: Vec<_> = [1, 2].into_iter().chain((4..50).step_by(2)).collect();
        assert_eq!(house.gates.history().started(), started, "each once, in order, and no other");
        drop(fast);
    }
}

#[test]
fn whoever_cancels_while_tasks_begin_is_told_the_truth() {
    const TASKS: u32 = 300;
    let _alone = alone();
    for _ in 0..5 {
        let (house, executor) = (House::new(), open(2));
        let plugs = [house.gates.gate(), house.gates.gate()];
        let fast: Vec<_> = (10_000..10_000 + FAST).map(|label| executor.submit(House::bare(label)).unwrap()).collect();
        let stopped: Vec<_> =
            (1_000..).zip(&plugs).map(|(label, plug)| executor.submit(house.pass(label, plug)).unwrap()).collect();
        // The first ones are ahead at a worker that stops, the others in the queue.
        let futures: Vec<_> = (0..TASKS).map(|label| executor.submit(house.echo(label)).unwrap()).collect();
        for plug in &plugs {
            assert!(plug.await_arrivals(1, PATIENCE));
        }
        plugs.iter().for_each(|plug| plug.open());
        // From both ends, so that some are ahead when they are cancelled, some have begun, and some are in the queue.
        let order = (0..TASKS as usize / 2).flat_map(|at| [at, TASKS as usize - 1 - at]).filter(|at| at % 3 > 0);
        for at in order {
            let before = futures[at].state();
            let cancelled = futures[at].cancel().unwrap();
            assert!(!cancelled || before == State::PENDING, "task {at} was {before:?}");
            assert_eq!(futures[at].state().cancelled, cancelled);
        }
        let kept: Vec<u32> =
            (0..TASKS).filter(|&at| outcome(&futures[at as usize]) != Err(Failure::Cancelled)).collect();
        executor.shutdown(Shutdown::WAIT);
        let mut started = house.gates.history().started();
        started.retain(|&label| label < 1_000);
        started.sort_unstable();
        assert_eq!(started, kept, "what was cancelled never ran, and the rest did");
        drop((fast, stopped));
    }
}

#[test]
fn a_callback_may_wait_for_what_was_sent_behind_its_task() {
    let _alone = alone();
    for _ in 0..20 {
        let (house, executor) = (House::new(), open(2));
        make_fast(&executor);
        let (plug, other) = (house.gates.gate(), house.gates.gate());
        let busy = executor.submit(house.pass(1, &other)).unwrap();
        assert!(other.await_arrivals(1, PATIENCE));
        let fast: Vec<_> = (10_000..10_000 + FAST).map(|label| executor.submit(House::bare(label)).unwrap()).collect();
        let first = executor.submit(house.pass(2, &plug)).unwrap();
        let behind = executor.submit(house.echo(3)).unwrap();
        assert!(plug.await_arrivals(1, PATIENCE));
        let (said, heard) = std::sync::mpsc::channel();
        // If it is not behind the first one, the other worker can have it.
        let call = move || {
            other.open();
            said.send(behind.result(Some(PATIENCE.nominal()))).expect("the test waits for it");
        };
        first.on_done(Box::new(call)).unwrap();
        plug.open();
        assert_eq!(heard.recv().unwrap(), Ok(Ok(Value::Int(3))));
        assert_eq!(outcome(&busy), Ok(Value::Int(1)));
        drop(fast);
    }
}
