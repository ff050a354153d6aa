//! What every native executor must do, whoever wrote it.

use crate::stage::{Stage, aside, outcome, returned};
use poolproof_executors::registry;
use poolproof_harness::{
    Capability, Config, Failing, Failure, Fault, Gatehouse, Moment, OpenError, Raised, Refused, Shutdown, Step, Value,
};

/// Every native executor, and the variants that take other ways inside.
pub(crate) const EVERY: &[&str] = &[
    "serial",
    "thread",
    "thread?queue=3",
    "gil",
    "gil?switch-interval-us=50",
    "thread-per-task",
    #[cfg(feature = "affinitypool")]
    "affinitypool",
    #[cfg(feature = "async-executor")]
    "async-executor",
    #[cfg(feature = "beekeeper")]
    "beekeeper",
    #[cfg(feature = "bevy_tasks")]
    "bevy_tasks",
    #[cfg(feature = "blocking")]
    "blocking",
    #[cfg(feature = "executors")]
    "executors",
    #[cfg(feature = "executors")]
    "executors?pool=stealing",
    #[cfg(feature = "futures")]
    "futures",
    #[cfg(feature = "rayon")]
    "rayon",
    #[cfg(feature = "rayon-par-iter")]
    "rayon-par-iter",
    #[cfg(feature = "rusty_pool")]
    "rusty_pool",
    #[cfg(feature = "scheduled-thread-pool")]
    "scheduled-thread-pool",
    #[cfg(feature = "switchyard")]
    "switchyard",
    #[cfg(feature = "threadpool")]
    "threadpool",
    #[cfg(feature = "tokio-spawn")]
    "tokio",
    #[cfg(feature = "tokio")]
    "tokio-blocking",
    #[cfg(feature = "workerpool")]
    "workerpool",
];

/// Those that run tasks elsewhere than in the submitting thread.
pub(crate) fn concurrent() -> impl Iterator<Item = &'static str> {
    EVERY.iter().copied().filter(|address| *address != "serial")
}

/// Those that run what they accepted when they are shut down. The others may lose it: that is for the
/// contract to judge.
fn keeping() -> impl Iterator<Item = &'static str> {
    EVERY.iter().copied().filter(|address| !["executors?pool=stealing", "switchyard"].contains(address))
}

fn declares(address: &str, capability: Capability) -> bool {
    registry::subject(address).unwrap().describe().unwrap().profile.has(capability)
}

#[test]
fn arguments_that_make_no_sense_are_rejected() {
    for address in EVERY {
        let subject = registry::subject(address).unwrap();
        let recycling = Config { max_tasks_per_worker: Some(3), ..Config::workers(1) };
        for config in [Config::workers(0), recycling] {
            match subject.open(&config, &Gatehouse::new()).map(drop) {
                Err(OpenError::Rejected(Raised { kind, .. })) => assert_eq!(kind, "ValueError", "{address}"),
                other => panic!("{address} opened with {config:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn an_initialiser_runs_where_it_is_declared_and_is_rejected_elsewhere() {
    for address in EVERY {
        let stage = Stage::open(address, 1);
        let subject = registry::subject(address).unwrap();
        let config = Config { initialiser: Some(stage.probe(vec![])), ..Config::workers(1) };
        let declared = subject.describe().unwrap().profile.has(Capability::Initialiser);
        let opened = subject.open(&config, &stage.house);
        assert_eq!(opened.is_ok(), declared, "{address}");
        if let Ok((executor, _)) = opened {
            outcome(&executor.submit(stage.probe(vec![])).unwrap()).unwrap();
            outcome(&executor.submit(stage.probe(vec![])).unwrap()).unwrap();
            let starts = stage.house.history().count(|event| event.moment == Moment::Started);
            assert_eq!(starts, 3, "{address}: one initialiser and two tasks");
        }
    }
}

#[test]
fn each_of_many_futures_gets_its_own_result() {
    for address in EVERY {
        let stage = Stage::open(address, 4);
        let futures: Vec<_> = (0..300).map(|_| stage.submit(vec![])).collect();
        for (label, future) in (0..).zip(&futures) {
            assert_eq!(outcome(future), Ok(Value::Int(label)), "{address}");
        }
        stage.executor.shutdown(Shutdown::WAIT).unwrap();
    }
}

/// Crates whose own handle says only that there is no result, or no text but its own. They do not promise more, so
/// their profiles do not offer it.
const LOSING_PANICS: &[&str] = &["executors", "executors?pool=stealing", "rusty_pool", "switchyard"];

#[test]
fn panics_reach_the_waiter_and_cost_no_worker() {
    for address in EVERY {
        let offered = registry::subject(address).unwrap().describe().unwrap().profile.has(Capability::Panic);
        assert_eq!(offered, !LOSING_PANICS.contains(address), "{address}");
        let stage = Stage::open(address, 1);
        for _ in 0..3 {
            let text = stage.submit(vec![Step::Fail(Failing::Panic)]);
            let error = stage.submit(vec![Step::Fail(Failing::Error)]);
            if LOSING_PANICS.contains(address) {
                // Where workers end by the panic one whose payload panics again would end the process.
                assert!(outcome(&text).is_err(), "{address}");
            } else {
                let payload = stage.submit(vec![Step::Fail(Failing::PanicPayload)]);
                let said = |text: &str| text.contains("on purpose");
                assert!(matches!(outcome(&text), Err(Failure::Panicked(text)) if said(&text)), "{address}");
                assert!(matches!(outcome(&payload), Err(Failure::Panicked(_))), "{address}");
            }
            assert!(matches!(outcome(&error), Err(Failure::Raised(_))), "{address}");
        }
        assert!(outcome(&stage.submit(vec![])).is_ok(), "{address}");
        stage.executor.shutdown(Shutdown::WAIT).unwrap();
    }
}

#[test]
fn after_shutdown_everything_is_refused_and_done_stays_done() {
    for address in keeping() {
        let stage = Stage::open(address, 2);
        let future = stage.submit(vec![]);
        for how in [Shutdown::NO_WAIT, Shutdown::WAIT, Shutdown::WAIT] {
            stage.executor.shutdown(how).unwrap();
        }
        let refused = stage.executor.submit(stage.probe(vec![])).map(drop);
        assert_eq!(refused, Err(Fault::Refused(Refused::Shutdown)), "{address}");
        assert!(future.state().unwrap().done, "{address}");
        assert!(outcome(&future).is_ok(), "{address}");
        assert_eq!(stage.house.history().started().len(), 1, "{address}: what is refused never runs");
    }
}

#[test]
fn a_waiting_shutdown_waits_for_what_runs_and_for_what_is_queued() {
    for address in keeping().filter(|address| *address != "serial") {
        let stage = Stage::open(address, 1);
        let gate = stage.house.gate();
        let mut futures = vec![stage.park(&gate)];
        futures.extend((0..3).map(|_| stage.submit(vec![Step::Pass(gate.id())])));
        let executor = stage.executor.clone();
        let shutdown = aside(move || executor.shutdown(Shutdown::WAIT));
        // The shutdown has begun when submits are refused; it must then be waiting.
        while stage.executor.submit(stage.probe(vec![Step::Pass(gate.id())])).is_ok_and(|future| {
            futures.push(future);
            true
        }) {
            assert!(shutdown.try_recv().is_err(), "{address}");
        }
        assert!(shutdown.try_recv().is_err(), "{address}");
        gate.open();
        returned(&shutdown).unwrap();
        assert!(futures.iter().all(|future| future.state().unwrap().done), "{address}");
        assert!(futures.iter().all(|future| outcome(future).is_ok()), "{address}");
    }
}

#[test]
fn a_task_may_shut_its_own_executor_down() {
    for address in EVERY {
        let stage = Stage::open(address, 2);
        let future = stage.submit(vec![Step::Shutdown(Shutdown::WAIT), Step::Shutdown(Shutdown::NO_WAIT)]);
        assert!(outcome(&future).is_ok(), "{address}");
        stage.executor.shutdown(Shutdown::WAIT).unwrap();
        let returned = Moment::Noted("shutdown returned".into());
        assert_eq!(stage.house.history().count(|event| event.moment == returned), 2, "{address}");
    }
}

#[test]
fn two_tasks_may_shut_their_executor_down_at_once() {
    for address in concurrent() {
        let stage = Stage::open(address, 2);
        if address.starts_with("gil") {
            // The gate is passed outside the lock, so that both tasks stand in shutdown together.
            assert!(stage.executor.submit(stage.probe(vec![])).is_ok());
        }
        let gate = stage.house.meeting(2);
        let steps = vec![Step::Pass(gate.id()), Step::Shutdown(Shutdown::WAIT)];
        let futures = [stage.submit(steps.clone()), stage.submit(steps)];
        for future in &futures {
            assert!(outcome(future).is_ok(), "{address}");
        }
        stage.executor.shutdown(Shutdown::WAIT).unwrap();
    }
}

#[test]
fn a_nested_task_completes_when_a_worker_is_free() {
    for address in EVERY.iter().filter(|address| declares(address, Capability::Nested)) {
        let stage = Stage::open(address, 2);
        let child = stage.probe(vec![]);
        let future = stage.submit(vec![Step::SubmitAndWait(Box::new(child))]);
        assert!(outcome(&future).is_ok(), "{address}");
        let noted = |event: &poolproof_harness::Event| matches!(&event.moment, Moment::Noted(text) if text == "child 0: Int(0)");
        assert_eq!(stage.house.history().count(noted), 1, "{address}");
    }
}

#[test]
fn submits_that_race_with_shutdown_are_refused_or_run() {
    for address in keeping() {
        for _ in 0..30 {
            let stage = Stage::open(address, 2);
            let accepted = std::thread::scope(|scope| {
                let submitters: Vec<_> = (0..2)
                    .map(|_| {
                        scope.spawn(|| {
                            let submits = (0..20).map(|_| stage.executor.submit(stage.probe(vec![])));
                            submits.filter_map(Result::ok).collect::<Vec<_>>()
                        })
                    })
                    .collect();
                scope.spawn(|| stage.executor.shutdown(Shutdown::WAIT).unwrap());
                submitters.into_iter().flat_map(|submitter| submitter.join().unwrap()).collect::<Vec<_>>()
            });
            for future in &accepted {
                assert!(outcome(future).is_ok(), "{address}");
            }
            assert_eq!(stage.house.history().started().len(), accepted.len(), "{address}");
        }
    }
}
