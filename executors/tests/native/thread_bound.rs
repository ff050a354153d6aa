//! The bounded queue of the thread executor.

use crate::stage::{Stage, aside, outcome, returned};
use poolproof_harness::{AnyExecutor, Failing, Fault, Moment, Probe, Refused, Shutdown, Step};
use std::sync::Arc;

fn submitting(executor: &Arc<dyn AnyExecutor>, probe: Probe) -> std::sync::mpsc::Receiver<Result<(), Fault>> {
    let executor = Arc::clone(executor);
    aside(move || executor.submit(probe).map(drop))
}

#[test]
fn a_full_queue_refuses_and_a_cancelled_task_makes_room() {
    let stage = Stage::open("thread?queue=2&full=refuse", 1);
    let gate = stage.house.gate();
    let parked = stage.park(&gate);
    let queued = [stage.submit(vec![]), stage.submit(vec![])];
    let refused = stage.executor.submit(stage.probe(vec![])).map(drop);
    assert_eq!(refused, Err(Fault::Refused(Refused::Full)));
    assert_eq!(queued[0].cancel(), Ok(true));
    let last = stage.submit(vec![]);
    gate.open();
    for future in [&parked, &queued[1], &last] {
        assert!(outcome(future).is_ok());
    }
    stage.executor.shutdown(Shutdown::WAIT).unwrap();
    let refused = stage.executor.submit(stage.probe(vec![])).map(drop);
    assert_eq!(refused, Err(Fault::Refused(Refused::Shutdown)), "stopped wins over full");
}

#[test]
fn a_submit_that_finds_the_queue_full_waits_for_room() {
    let stage = Stage::open("thread?queue=1", 1);
    let gate = stage.house.gate();
    let parked = stage.park(&gate);
    drop(stage.submit(vec![]));
    let waiting: Vec<_> = (0..4).map(|_| submitting(&stage.executor, stage.probe(vec![]))).collect();
    assert!(waiting.iter().all(|submit| submit.try_recv().is_err()));
    assert_eq!(stage.house.history().started(), [0]);
    gate.open();
    for submit in &waiting {
        returned(submit).unwrap();
    }
    assert!(outcome(&parked).is_ok());
    stage.executor.shutdown(Shutdown::WAIT).unwrap();
    assert_eq!(stage.house.history().finished().len(), 6);
}

#[test]
fn stopping_the_executor_refuses_those_that_wait_for_room() {
    let stage = Stage::open("thread?queue=1", 1);
    let gate = stage.house.gate();
    drop(stage.park(&gate));
    drop(stage.submit(vec![]));
    let waiting: Vec<_> = (0..3).map(|_| submitting(&stage.executor, stage.probe(vec![]))).collect();
    stage.executor.shutdown(Shutdown::NO_WAIT).unwrap();
    for submit in &waiting {
        assert_eq!(returned(submit), Err(Fault::Refused(Refused::Shutdown)));
    }
    gate.open();
    stage.executor.shutdown(Shutdown::WAIT).unwrap();
    assert_eq!(stage.house.history().finished(), [0, 1]);
}

#[test]
fn a_task_that_submits_to_its_own_full_queue_is_not_made_to_wait() {
    let stage = Stage::open("thread?queue=1", 1);
    let children: Vec<_> = (0..3).map(|_| Step::Submit(Box::new(stage.probe(vec![])))).collect();
    let parent = stage.submit(children);
    assert!(outcome(&parent).is_ok());
    stage.executor.shutdown(Shutdown::WAIT).unwrap();
    let submitted = |text: &String| text.starts_with("submitted");
    let notes = stage.house.history().count(|event| matches!(&event.moment, Moment::Noted(text) if submitted(text)));
    assert_eq!((notes, stage.house.history().finished().len()), (3, 4));
}

#[test]
fn a_failing_task_frees_its_place() {
    let stage = Stage::open("thread?queue=1", 1);
    for _ in 0..5 {
        drop(stage.submit(vec![Step::Fail(Failing::Panic)]));
    }
    assert!(outcome(&stage.submit(vec![])).is_ok());
}
