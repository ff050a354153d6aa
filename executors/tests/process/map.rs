//! `map` in chunks.

use crate::support::{House, PATIENCE, alone, open, outcome, pid};
use poolproof_executors::process::ProcessExecutor;
use poolproof_harness::{
    Death, Executor, Failing, Failure, MapOptions, Outcome, Probe, Refused, Shutdown, Step, Stubborn, TimedOut, Value,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

fn chunks(chunksize: usize) -> MapOptions {
    MapOptions { chunksize: Some(chunksize), ..MapOptions::default() }
}

fn all(executor: &ProcessExecutor, probes: Vec<Probe>, options: MapOptions) -> Vec<Outcome<Value>> {
    let results = executor.map(&mut probes.into_iter(), options).expect("accepted");
    results.map(|result| result.expect("no limit")).collect()
}

#[test]
fn every_chunksize_gives_the_same_results_in_input_order() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(2));
    let expected: Vec<_> = (0..40).map(|label| Ok(Value::Int(label))).collect();
    for options in [MapOptions::default(), chunks(1), chunks(7), chunks(40), chunks(usize::MAX)] {
        assert_eq!(all(&executor, (0..40).map(|label| house.echo(label)).collect(), options), expected);
    }
    assert_eq!(all(&executor, Vec::new(), chunks(3)), []);
}

#[test]
fn a_chunk_travels_in_one_message_to_one_worker() {
    let _alone = alone();
    let house = House::new();
    // Each worker has one message: were the items sent one by one, every one had its own worker.
    let executor = ProcessExecutor::builder(1).max_tasks_per_worker(1).open().unwrap();
    let pids: Vec<_> =
        all(&executor, (0..6).map(|label| house.who(label)).collect(), chunks(3)).iter().map(pid).collect();
    assert!(pids[0] == pids[1] && pids[1] == pids[2] && pids[3] == pids[4] && pids[4] == pids[5], "{pids:?}");
    assert_ne!(pids[0], pids[3]);
}

#[test]
fn a_failing_item_spares_its_finished_neighbours() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let mut probes: Vec<_> = (0..6).map(|label| house.echo(label)).collect();
    probes[2].steps.push(Step::Fail(Failing::Error));
    let results = all(&executor, probes.clone(), chunks(6));
    assert_eq!(results[..2], [Ok(Value::Int(0)), Ok(Value::Int(1))]);
    assert!(matches!(results[2], Err(Failure::Raised(_))));
    assert_eq!(results.len(), 3, "a map ends at its first failure");
    probes[2] = house.probe(2, Vec::new(), Value::Unserialisable(Stubborn));
    let results = all(&executor, probes, chunks(6));
    assert_eq!(results[..2], [Ok(Value::Int(0)), Ok(Value::Int(1))]);
    assert!(matches!(results[2], Err(Failure::Unserialisable(_))));
    let finished = house.gates.history().finished();
    assert_eq!(finished, [0, 1, 2, 3, 4, 5, 0, 1, 3, 4, 5], "the rest of the message ran");
}

#[test]
fn after_a_failure_the_chunks_that_have_not_started_are_cancelled() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let plug = house.gates.gate();
    let mut probes: Vec<_> = (0..6).map(|label| house.echo(label)).collect();
    probes[0].steps.push(Step::Fail(Failing::Error));
    probes[2].steps.push(Step::Pass(plug.id()));
    let mut results = executor.map(&mut probes.into_iter(), chunks(2)).unwrap();
    assert!(plug.await_arrivals(1, PATIENCE));
    assert!(matches!(results.next(), Some(Ok(Err(Failure::Raised(_))))));
    assert!(results.next().is_none());
    plug.open();
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(house.gates.history().started(), [0, 1, 2, 3], "the second chunk ran, the third had not started");
}

#[test]
fn the_limit_counts_from_the_call_and_cancels_what_has_not_started() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let plug = house.gates.gate();
    let parked = executor.submit(house.pass(9, &plug)).unwrap();
    assert!(plug.await_arrivals(1, PATIENCE));
    let options = MapOptions { timeout: Some(Duration::ZERO), ..chunks(2) };
    let mut results = executor.map(&mut (0..6).map(|label| house.echo(label)), options).unwrap();
    assert_eq!(results.next(), Some(Err(TimedOut)));
    assert!(results.next().is_none());
    plug.open();
    outcome(&parked).unwrap();
    // What is there already is delivered although the limit has passed.
    let results = executor.map(&mut (0..6).map(|label| house.echo(label)), options).unwrap();
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(results.filter(|result| matches!(result, Ok(Ok(_)))).count(), 6);
    assert_eq!(house.gates.history().started(), [9, 0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_map_that_nobody_reads_runs_and_one_that_is_left_half_way_is_cancelled() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    drop(executor.map(&mut (0..4).map(|label| house.echo(label)), chunks(2)).unwrap());
    let plug = house.gates.gate();
    let mut probes: Vec<_> = (10..16).map(|label| house.echo(label)).collect();
    probes[2].steps.push(Step::Pass(plug.id()));
    let mut results = executor.map(&mut probes.into_iter(), chunks(2)).unwrap();
    assert_eq!(results.next(), Some(Ok(Ok(Value::Int(10)))));
    assert!(plug.await_arrivals(1, PATIENCE));
    drop(results);
    plug.open();
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(house.gates.history().started(), [0, 1, 2, 3, 10, 11, 12, 13]);
}

#[test]
fn an_input_that_fails_takes_back_what_was_sent_off() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let plug = house.gates.gate();
    let parked = executor.submit(house.pass(9, &plug)).unwrap();
    assert!(plug.await_arrivals(1, PATIENCE));
    let mut input = (0..6).map(|label| {
        assert!(label < 4, "the input fails");
        house.echo(label)
    });
    let call = catch_unwind(AssertUnwindSafe(|| executor.map(&mut input, chunks(2)).map(drop)));
    assert!(call.is_err());
    plug.open();
    outcome(&parked).unwrap();
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(house.gates.history().started(), [9]);
}

#[test]
fn a_lost_worker_fails_its_chunk_and_no_other() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let probes = [house.echo(0), house.echo(1), house.probe(2, vec![Step::Die(Death::Exit(0))], Value::None)];
    let results = all(&executor, probes.into(), chunks(2));
    assert_eq!(results[..2], [Ok(Value::Int(0)), Ok(Value::Int(1))]);
    assert!(matches!(&results[2], Err(Failure::Broken(text)) if text.contains("exited with code 0")), "{results:?}");
    let both = [house.echo(3), house.probe(4, vec![Step::Die(Death::Kill)], Value::None)];
    let results = all(&executor, both.into(), chunks(2));
    assert!(matches!(&results[0], Err(Failure::Broken(text)) if text.ends_with("a chunk of 2 tasks `probe`")));
}

#[test]
fn impossible_maps_are_refused_at_the_call() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let refused = executor.map(&mut std::iter::empty::<Probe>(), chunks(0)).map(drop);
    assert!(matches!(refused, Err(Refused::Other(raised)) if raised.kind == "ValueError"));
    executor.shutdown(Shutdown::NO_WAIT);
    let mut pulled = 0;
    let mut input = (0..3).map(|label| {
        pulled += 1;
        house.echo(label)
    });
    assert!(matches!(executor.map(&mut input, chunks(1)).map(drop), Err(Refused::Shutdown)));
    assert_eq!(pulled, 0);
}

#[test]
fn a_buffered_map_runs_ahead_by_no_more_than_was_allowed() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let address = house.address.clone();
    let endless = (0..).map(move |label| Probe { house: address.clone(), ..House::bare(label) });
    let options = MapOptions { buffersize: Some(3), ..MapOptions::default() };
    let results = executor.map_buffered(Box::new(endless), options).unwrap();
    let read: Vec<_> = results.take(10).map(|result| result.unwrap().unwrap()).collect();
    assert_eq!(read, (0..10).map(Value::Int).collect::<Vec<_>>());
    executor.shutdown(Shutdown::WAIT);
    assert!(house.gates.history().started().len() <= 13);
}
