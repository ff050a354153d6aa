//! Everything that can go wrong in a task, and what of it reaches the waiter.

use crate::scene::{SOON, Scene, kind, patience, standard};
use poolproof_harness::{Brittle, Death, Event, Failing, Failure, Fault, Held, Moment, Refused, Step, Stubborn, Value};

fn fails(scene: &Scene, how: Failing) -> Result<Value, Failure> {
    scene.outcome(vec![Step::Fail(how)], Value::None)
}

fn is_threads(address: &str) -> bool {
    address.contains("thread")
}

#[test]
fn errors_arrive_with_their_class_and_text() {
    let kinds = [
        Failing::Error,
        Failing::Panic,
        Failing::PanicPayload,
        Failing::Exit,
        Failing::Interrupt,
        Failing::StopIteration,
        Failing::Timeout,
        Failing::Cancelled,
    ];
    for address in standard() {
        let scene = Scene::open(address, 1);
        for how in kinds {
            let future = scene.submit(1, vec![Step::Fail(how), Step::Note("too far".into())], Value::None);
            let outcome = future.result(SOON).unwrap();
            assert_eq!(kind(&outcome), how.kind(), "{address}");
            let Err(Failure::Raised(raised)) = &outcome else { unreachable!() };
            assert_eq!(raised.message, "probe fails on purpose");
            assert_eq!(future.exception(SOON), Ok(outcome.err()), "{address} {how:?}");
        }
        assert!(scene.notes().is_empty());
    }
}

#[test]
fn a_falsy_error_is_reported_as_python_reports_it() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let future = scene.submit(1, vec![Step::Fail(Failing::Falsy)], Value::None);
        // Python asks the error for its truth value: `result` on threads, the transport of processes.
        let failure = future.exception(SOON).unwrap();
        assert_eq!(future.result(SOON), Ok(Ok(Value::None)), "{address}");
        match failure {
            Some(failure) => assert_eq!((kind(&Err(failure)), is_threads(address)), ("FalsyError", true)),
            None => assert!(!is_threads(address)),
        }
    }
}

#[test]
fn what_cannot_be_serialised_fails_alone() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let stubborn = scene.outcome(vec![], Value::Unserialisable(Stubborn));
        let reply = scene.outcome(vec![], Value::UnserialisableReply);
        let error = fails(&scene, Failing::Unserialisable);
        if is_threads(address) {
            assert_eq!(stubborn, Ok(Value::Unserialisable(Stubborn)));
            assert_eq!(reply, Ok(Value::Unserialisable(Stubborn)));
            assert_eq!(kind(&error), "UnserialisableError");
        } else {
            for outcome in [stubborn, reply, error] {
                assert!(
                    matches!(&outcome, Err(Failure::Unserialisable(why)) if why.contains("stubborn")),
                    "{outcome:?}"
                );
            }
        }
        assert_eq!(scene.outcome(vec![], Value::Int(1)), Ok(Value::Int(1)), "{address}");
    }
}

#[test]
fn what_cannot_be_rebuilt_breaks_a_process_pool() {
    for address in standard() {
        for value in [Some(Value::Unrebuildable(Brittle)), Some(Value::UnrebuildableReply), None] {
            let scene = Scene::open(address, 1);
            let outcome = match value {
                Some(value) => scene.outcome(vec![], value),
                None => fails(&scene, Failing::Unrebuildable),
            };
            match &outcome {
                Ok(Value::Unrebuildable(Brittle)) => assert!(is_threads(address)),
                Err(Failure::Raised(_)) => assert!(is_threads(address) && kind(&outcome) == "UnrebuildableError"),
                other => assert!(matches!(other, Err(Failure::Broken(_))), "{address}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_held_result_stops_where_it_is_rebuilt() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let gate = scene.house.gate();
        let future = scene.submit(1, vec![], Value::HeldReply(gate.id()));
        if !is_threads(address) {
            assert!(gate.await_arrivals(1, patience()), "{address}: nobody rebuilds the result");
            assert!(!future.state().unwrap().done, "{address}");
            let arrived = |event: &&Event| event.moment == Moment::Arrived(gate.id().0);
            let submitter = scene.house.history().events().iter().find(arrived).map(|event| event.pid);
            let worker = scene.house.history().events().iter().find(|e| e.moment == Moment::Started).map(|e| e.pid);
            assert_ne!(submitter, worker, "{address}: the worker itself stopped");
            gate.open();
        }
        assert_eq!(future.result(SOON).unwrap(), Ok(Value::Held(Held::default())), "{address}");
    }
}

#[test]
fn a_dead_worker_breaks_a_process_pool() {
    for address in standard().into_iter().filter(|address| !is_threads(address)) {
        for death in [Death::Exit(0), Death::Exit(3), Death::Abort, Death::Kill] {
            let scene = Scene::open(address, 1);
            let outcome = scene.outcome(vec![Step::Die(death)], Value::None);
            assert!(matches!(outcome, Err(Failure::Broken(_))), "{address} {death:?}: {outcome:?}");
            let late = scene.executor.submit(scene.probe(2, vec![], Value::None)).err();
            assert!(matches!(late, Some(Fault::Refused(Refused::Broken(_)))), "{late:?}");
        }
    }
}
