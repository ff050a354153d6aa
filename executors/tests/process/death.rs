//! Workers that die, at every moment.

use crate::crossing::{Babbler, Mine, When};
use crate::support::{House, PATIENCE, alone, children, has_ended, open, outcome, pid, processes, signal, until};
use poolproof_executors::process::ProcessExecutor;
use poolproof_harness::{Death, Executor, Failure, Future, HouseAddress, Moment, PayloadBytes, Shutdown, Step, Value};
use std::process::{Command, Stdio};

fn reason(failure: Result<Value, Failure>) -> String {
    match failure {
        Err(Failure::Broken(reason)) => reason,
        other => panic!("a lost worker is expected, and not {other:?}"),
    }
}

#[test]
fn a_worker_that_dies_takes_only_its_own_task_along() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(2));
    let ways = [
        (Death::Exit(0), "exited with code 0"),
        (Death::Exit(3), "exited with code 3"),
        (Death::Abort, "was killed by signal 6 (SIGABRT)"),
        (Death::Kill, "was killed by signal 9 (SIGKILL)"),
    ];
    for (death, words) in ways {
        let (plug, fuse) = (house.gates.gate(), house.gates.gate());
        let survivor = executor.submit(house.pass(1, &plug)).unwrap();
        let steps = vec![Step::Pass(fuse.id()), Step::Die(death)];
        let victim = executor.submit(house.probe(2, steps, Value::None)).unwrap();
        assert!(plug.await_arrivals(1, PATIENCE) && fuse.await_arrivals(1, PATIENCE));
        let behind: Vec<_> = (3..6).map(|label| executor.submit(house.echo(label)).unwrap()).collect();
        fuse.open();
        let text = reason(outcome(&victim));
        assert!(text.starts_with("worker process "), "{text}");
        assert!(text.contains(words) && text.ends_with("while it ran the task `probe`"), "{text}");
        for (label, future) in (3..).zip(&behind) {
            assert_eq!(outcome(future), Ok(Value::Int(label)), "behind the victim");
        }
        plug.open();
        assert_eq!(outcome(&survivor), Ok(Value::Int(1)));
        house.assert_capacity(&executor, 2);
    }
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(children(), [0_u32; 0]);
}

#[test]
fn an_idle_worker_that_died_costs_no_task() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let first = pid(&outcome(&executor.submit(house.who(1)).unwrap()));
    signal(first, libc::SIGKILL);
    until("the worker has ended", || has_ended(first));
    let second = pid(&outcome(&executor.submit(house.who(2)).unwrap()));
    assert_ne!(first, second);
    assert_eq!(children(), [second], "the dead worker was reaped");
}

#[test]
fn a_worker_killed_before_it_read_its_task_costs_nothing() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    for len in [8, 4 << 20] {
        let first = pid(&outcome(&executor.submit(house.who(1)).unwrap()));
        // A stopped worker looks alive; the request reaches its socket, or fills it, and no more.
        signal(first, libc::SIGSTOP);
        until("the worker has stopped", || processes().get(&first).is_some_and(|(state, _)| *state == 'T'));
        let value = Value::Payload(PayloadBytes { len, seed: 5 });
        let future = executor.submit(house.probe(2, Vec::new(), value.clone())).unwrap();
        until("the task is on its way", || future.state().running);
        signal(first, libc::SIGKILL);
        assert_eq!(outcome(&future), Ok(value), "nothing had run, so another worker runs it");
    }
    let ran = house.gates.history().started().into_iter().filter(|label| *label == 2).count();
    assert_eq!(ran, 2, "each ran once");
}

#[test]
fn a_worker_that_talks_out_of_turn_is_replaced() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let first = pid(&outcome(&executor.submit(house.who(1)).unwrap()));
    let at_once = executor.submit(Babbler { house: house.address.clone(), later: None }).unwrap();
    match outcome(&at_once) {
        Err(Failure::Broken(text)) => {
            assert!(text.contains("answered with something that is no reply and was killed"), "{text}");
        }
        other => panic!("the executor cannot know its result, and it ended with {other:?}"),
    }
    assert!(has_ended(first));
    let gate = house.gates.gate();
    let later = executor.submit(Babbler { house: house.address.clone(), later: Some(gate.id()) }).unwrap();
    assert_eq!(outcome(&later), Ok(()));
    let second = pid(&outcome(&executor.submit(house.who(2)).unwrap()));
    gate.open();
    until("an idle worker that speaks is killed", || children().is_empty());
    let third = pid(&outcome(&executor.submit(house.who(3)).unwrap()));
    assert_ne!(second, third, "what it said is no reply to anything");
}

#[test]
fn a_worker_may_die_while_it_rebuilds_or_replies() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    for (kill_when, words) in [(When::Rebuilt, "(SIGABRT)"), (When::Replied, "exited with code 7")] {
        let mine = executor.submit(Mine { kill_when }).unwrap();
        let behind = executor.submit(house.echo(1)).unwrap();
        match outcome(&mine) {
            Err(Failure::Broken(text)) => {
                assert!(text.contains(words) && text.ends_with("the task `mine`"), "{text}");
            }
            other => panic!("{kill_when:?} ended with {other:?}"),
        }
        assert_eq!(outcome(&behind), Ok(Value::Int(1)));
    }
}

#[test]
fn a_worker_that_dies_after_shutdown_still_resolves_its_future() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let fuse = house.gates.gate();
    let steps = vec![Step::Pass(fuse.id()), Step::Die(Death::Kill)];
    let victim = executor.submit(house.probe(1, steps, Value::None)).unwrap();
    let behind = executor.submit(house.echo(2)).unwrap();
    assert!(fuse.await_arrivals(1, PATIENCE));
    executor.shutdown(Shutdown::NO_WAIT);
    fuse.open();
    executor.shutdown(Shutdown::WAIT);
    assert!(reason(outcome(&victim)).contains("(SIGKILL)"));
    assert_eq!(outcome(&behind), Ok(Value::Int(2)), "accepted before, so it runs on a new worker");
    assert_eq!(children(), [0_u32; 0]);
}

const HOUSE: &str = "POOLPROOF_TEST_HOUSE";

/// Not a test by itself: the program that `no_worker_outlives_a_killed_parent` kills.
#[test]
#[ignore = "started by another test"]
fn doomed_parent() {
    let Ok(house) = std::env::var(HOUSE) else { return };
    let _alone = alone();
    let address: HouseAddress = serde_json::from_str(&house).expect("an address");
    let local = House::new();
    let probe =
        |label, steps| poolproof_harness::Probe { house: address.clone(), ..local.probe(label, steps, Value::None) };
    let executor = ProcessExecutor::new(2).expect("an executor");
    // Gate 1 meets two, so that there are two workers; one is then idle, and one stays at gate 2.
    let meet = |label| vec![Step::Pass(poolproof_harness::GateId(1)), Step::Pass(poolproof_harness::GateId(label))];
    let idle = executor.submit(probe(3, meet(3))).unwrap();
    let busy = executor.submit(probe(2, meet(2))).unwrap();
    outcome(&idle).expect("gate 3 is open");
    let said = executor.submit(probe(4, vec![Step::Note("one is idle".to_owned())])).unwrap();
    outcome(&said).expect("the note is taken");
    outcome(&busy).expect("never reached");
}

#[test]
fn no_worker_outlives_a_killed_parent() {
    let _alone = alone();
    let house = House::new();
    let (_meeting, busy, open) = (house.gates.meeting(2), house.gates.gate(), house.gates.gate());
    open.open();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "death::doomed_parent", "--ignored", "--nocapture"])
        .env(HOUSE, serde_json::to_string(&house.address).unwrap())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    assert!(busy.await_arrivals(1, PATIENCE));
    let noted = |event: &poolproof_harness::Event| event.moment == Moment::Noted("one is idle".to_owned());
    until("one worker is idle again", || house.gates.history().count(noted) == 1);
    let mut workers: Vec<u32> = house.gates.history().events().iter().map(|event| event.pid).collect();
    workers.sort_unstable();
    workers.dedup();
    workers.retain(|pid| *pid != std::process::id());
    assert_eq!(workers.len(), 2, "an idle worker and a busy one");
    assert!(workers.iter().all(|pid| !has_ended(*pid)));
    parent.kill().unwrap();
    parent.wait().unwrap();
    until("both workers have ended", || workers.iter().all(|pid| has_ended(*pid)));
}
