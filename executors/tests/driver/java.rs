//! The Java driver, for real, where there is a Java.

use crate::scene::{SOON, Scene, kind, subject};
use poolproof_executors::registry;
use poolproof_executors::smoke::smoke;
use poolproof_harness::{
    Dispatch, Failing, Kind, Patience, RoundSpec, SetupError, Stamps, State, Step, Subject, Value, Workload,
};
use std::time::Duration;

/// Whether there is a Java; if not, that is said.
fn is_here() -> bool {
    match registry::subject("java:newFixedThreadPool") {
        Ok(_) => true,
        Err(error) => {
            println!("SKIPPED: {error}");
            false
        }
    }
}

#[test]
fn the_driver_is_right() {
    if !is_here() {
        return;
    }
    for factory in ["newFixedThreadPool", "ForkJoinPool", "newCachedThreadPool"] {
        let found = smoke(&format!("java:{factory}"), Patience::at_least(Duration::from_secs(30))).unwrap();
        assert!(found.is_right(), "{factory}: {:?}", found.wrong().collect::<Vec<_>>());
    }
}

#[test]
fn errors_and_states_have_the_names_of_the_contract() {
    if !is_here() {
        return;
    }
    let scene = Scene::open("java:newFixedThreadPool", 1);
    let (gate, parked) = scene.parked(1);
    assert_eq!(parked.state(), Ok(State::RUNNING));
    gate.open();
    assert_eq!(parked.result(SOON), Ok(Ok(Value::Int(1))));
    for factory in ["newFixedThreadPool", "ForkJoinPool"] {
        let scene = Scene::open(&format!("java:{factory}"), 1);
        for failing in [Failing::Error, Failing::Exit, Failing::Timeout, Failing::Cancelled, Failing::StopIteration] {
            let outcome = scene.outcome(vec![Step::Fail(failing)], Value::None);
            assert_eq!(kind(&outcome), failing.kind(), "{factory}");
            // A fork-join pool hands a copy of some errors over, which has lost the text.
            assert!(format!("{outcome:?}").contains("probe fails on purpose"), "{factory}: {outcome:?}");
        }
    }
    let failed = scene.submit(9, vec![Step::Fail(Failing::Error)], Value::None);
    let weight = failed.error_weight().unwrap();
    assert!(weight > 0 && failed.error_weight() == Ok(weight), "reading adds nothing to the error");
    assert_eq!(scene.subject.describe().unwrap().profile.kind, Kind::Thread);
}

#[test]
fn a_factory_that_is_none_is_named() {
    if !is_here() {
        return;
    }
    let Err(SetupError::Failed(reason)) = subject("java:newHouse").describe() else {
        panic!("there is no such factory")
    };
    assert!(reason.contains("`newHouse` is no factory of an ExecutorService under Java"), "{reason}");
    assert!(registry::subject("java:").unwrap_err().to_string().contains("name a factory"));
    assert!(registry::subject("java:ForkJoinPool?start=fork").unwrap_err().to_string().contains("know `patience`"));
}

#[test]
fn the_moments_of_a_task_follow_each_other() {
    if !is_here() {
        return;
    }
    let mut contender = registry::contender("java:newFixedThreadPool").unwrap();
    contender.open(2).unwrap();
    for dispatch in [Dispatch::Stamped(0), Dispatch::Stamped(20_000), Dispatch::AfterGap(10)] {
        let spec = RoundSpec { workload: Workload::Empty, tasks: 20, dispatch, port: 0 };
        let round = contender.round(&spec).unwrap();
        assert_eq!((round.trips_ns.len(), round.stamps.len()), if round.stamps.is_empty() { (20, 0) } else { (0, 20) });
        for stamps in &round.stamps {
            let Stamps { intended, entered, returned, started, ended, marked, held } = *stamps;
            assert!(intended <= entered && entered <= returned && entered <= started, "{stamps:?}");
            assert!(started <= ended && ended <= held && marked == 0 && held <= round.elapsed_ns, "{stamps:?}");
        }
    }
}
