//! What tasks, callbacks, initialisers and canaries do inside the driver.

use crate::scene::{SOON, Scene, probe, standard};
use poolproof_harness::{
    Actor, Canary, Config, Failing, Failure, Fault, Moment, OpenError, Refused, Shutdown, Step, Subject, Value,
};

fn is_threads(address: &str) -> bool {
    address.contains("thread")
}

#[test]
fn callbacks_run_once_with_a_future_that_is_done() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let (gate, future) = scene.parked(1);
        for label in [5, 6] {
            future.on_done(scene.probe(label, vec![Step::Note(format!("callback {label}"))], Value::None)).unwrap();
        }
        assert!(scene.house.history().called_back().is_empty());
        gate.open();
        scene.await_moment(&Moment::Noted("callback 6".into()));
        future.on_done(scene.probe(7, vec![Step::Fail(Failing::Error)], Value::None)).unwrap();
        assert_eq!(scene.house.history().called_back(), [5, 6, 7], "{address}");
        let given = scene.notes().iter().filter(|note| *note == "given a future that is done").count();
        assert_eq!(given, 3);
        let exits = future.on_done(scene.probe(8, vec![Step::Fail(Failing::Exit)], Value::None));
        assert!(matches!(exits, Err(Fault::Raised(raised)) if raised.kind == "SystemExit"));
    }
}

#[test]
fn tasks_reach_the_executor_that_runs_them_on_threads_only() {
    for address in standard() {
        let scene = Scene::open(address, 2);
        let child = scene.probe(2, vec![], Value::Int(5));
        let waits = vec![Step::SubmitAndWait(Box::new(child.clone())), Step::Submit(Box::new(child.clone()))];
        assert_eq!(scene.outcome(waits, Value::None), Ok(Value::None));
        let failing = scene.probe(3, vec![Step::Fail(Failing::Error)], Value::None);
        assert_eq!(scene.outcome(vec![Step::SubmitAndWait(Box::new(failing))], Value::None), Ok(Value::None));
        let shuts = vec![Step::Shutdown(Shutdown::NO_WAIT), Step::Submit(Box::new(child))];
        assert_eq!(scene.outcome(shuts, Value::None), Ok(Value::None));
        let expected: &[&str] = if is_threads(address) {
            &[
                "child 2: Int(5)",
                "submitted 2",
                "child 3: the task raised ProbeError: probe fails on purpose",
                "shutdown returned",
                "refused 2: refused: the executor has been shut down",
            ]
        } else {
            &["the executor is gone"; 5]
        };
        assert_eq!(scene.notes(), expected, "{address}");
    }
}

#[test]
fn a_released_executor_is_gone_for_everybody() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let (gate, future) = scene.parked(1);
        scene.executor.release().unwrap();
        let late = scene.executor.submit(scene.probe(2, vec![], Value::None)).err();
        assert_eq!(late, Some(Fault::Refused(Refused::Shutdown)));
        gate.open();
        assert_eq!(future.result(SOON), Ok(Ok(Value::Int(1))), "{address}");
        // The driver serves others still.
        let another = scene.another(1);
        let future = another.submit(scene.probe(3, vec![], Value::Int(3))).unwrap();
        assert_eq!(future.result(SOON), Ok(Ok(Value::Int(3))));
    }
}

#[test]
fn a_canary_tells_when_the_submitter_released_the_probe() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let (gate, _parked) = scene.parked(1);
        let armed = |label| {
            let mut probe = scene.probe(label, vec![], Value::None);
            probe.canary = Canary::new(scene.house.local_address(), label);
            probe
        };
        let released = |label| {
            let events = scene.house.history().events();
            events.iter().filter(|event| event.moment == Moment::Released && event.actor == Actor::Task(label)).count()
        };
        let future = scene.executor.submit(armed(2)).unwrap();
        assert_eq!(released(2), 0, "{address}: while it is queued it is held");
        gate.open();
        assert_eq!(future.result(SOON), Ok(Ok(Value::None)));
        scene.executor.shutdown(Shutdown::WAIT).unwrap();
        drop(future);
        scene.await_moment(&Moment::Released);
        assert_eq!(released(2), 1, "{address}");
    }
}

#[test]
fn a_canary_that_is_the_result_is_released_with_the_future() {
    if standard().is_empty() {
        return;
    }
    let scene = Scene::open("python:thread", 1);
    let mut probe = scene.probe(1, vec![], Value::CanaryReply);
    probe.canary = Canary::new(scene.house.local_address(), 1);
    let future = scene.executor.submit(probe).unwrap();
    assert!(matches!(future.result(SOON), Ok(Ok(Value::Canary(_)))));
    scene.executor.shutdown(Shutdown::WAIT).unwrap();
    let released = || scene.house.history().count(|event| event.moment == Moment::Released);
    assert_eq!(released(), 0, "the future holds its result");
    drop(future);
    scene.await_moment(&Moment::Released);
    assert_eq!(released(), 1);
}

#[test]
fn initialisers_run_first_in_each_worker() {
    for address in standard() {
        let scene = Scene::with(address, |house| Config {
            initialiser: Some(probe(house, 1, 0, vec![Step::Note("set up".into())], Value::None)),
            ..Config::workers(1)
        });
        assert_eq!(scene.outcome(vec![Step::Note("task".into())], Value::None), Ok(Value::None));
        assert_eq!(scene.outcome(vec![], Value::None), Ok(Value::None));
        assert_eq!(scene.notes(), ["set up", "task"], "{address}");

        let scene = Scene::with(address, |house| Config {
            initialiser: Some(probe(house, 1, 0, vec![Step::Fail(Failing::Error)], Value::None)),
            ..Config::workers(1)
        });
        let outcome = scene.executor.submit(scene.probe(1, vec![], Value::None));
        let outcome = outcome.and_then(|future| future.result(SOON));
        assert!(
            matches!(outcome, Ok(Err(Failure::Broken(_))) | Err(Fault::Refused(Refused::Broken(_)))),
            "{address}: {outcome:?}"
        );
    }
}

#[test]
fn arguments_that_the_executor_rejects_are_its_rejection() {
    for address in standard() {
        let house = poolproof_harness::Gatehouse::new();
        let subject = crate::scene::subject(address);
        let rejected = subject.open(&Config::workers(0), &house).err();
        assert!(matches!(rejected, Some(OpenError::Rejected(raised)) if raised.kind == "ValueError"));
        let replaced = Config { max_tasks_per_worker: Some(1), ..Config::workers(1) };
        match subject.open(&replaced, &house) {
            Ok((executor, number)) => {
                let pids: Vec<_> = (0..2)
                    .map(|label| {
                        let future = executor.submit(probe(&house, number, label, vec![], Value::WhoAmI)).unwrap();
                        future.result(SOON).unwrap()
                    })
                    .collect();
                assert_ne!(pids[0], pids[1], "{address}: each task had a worker of its own");
            }
            Err(OpenError::Rejected(raised)) => assert!(address.contains("fork"), "{raised}"),
            Err(OpenError::Setup(error)) => assert!(error.to_string().contains("tasks per worker"), "{error}"),
        }
    }
}

#[test]
fn a_shutdown_from_inside_reports_what_it_raises() {
    for address in standard().into_iter().filter(|address| is_threads(address)) {
        let scene = Scene::open(address, 1);
        assert_eq!(scene.outcome(vec![Step::Shutdown(Shutdown::WAIT)], Value::None), Ok(Value::None));
        assert_eq!(scene.notes(), ["shutdown refused: the call raised RuntimeError: cannot join current thread"]);
    }
}
