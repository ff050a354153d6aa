//! The Java driver, for real, where there is a Java.

use crate::scene::{SOON, Scene, kind, subject};
use poolproof_executors::registry;
use poolproof_executors::smoke::smoke;
use poolproof_harness::{Failing, Kind, Patience, SetupError, State, Step, Subject, Value};
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
    for failing in [Failing::Error, Failing::Exit, Failing::Timeout, Failing::Cancelled, Failing::StopIteration] {
        let outcome = scene.outcome(vec![Step::Fail(failing)], Value::None);
        assert_eq!(kind(&outcome), failing.kind());
    }
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
