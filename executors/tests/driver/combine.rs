//! `wait`, `as_completed` and `map`.

use crate::scene::{SOON, Scene, kind, patience, standard};
use poolproof_harness::{
    AnyMap, Failing, Failure, Fault, Input, MapOptions, Moment, Outcome, Refused, ReturnWhen, Shutdown, Step, Value,
};
use std::sync::Arc;
use std::time::Duration;

const NOW: Option<Duration> = Some(Duration::ZERO);

#[test]
fn wait_names_positions_of_first_occurrence() {
    for address in standard() {
        let scene = Scene::open(address, 2);
        let (gate, parked) = scene.parked(1);
        let quick = scene.submit(2, vec![], Value::None);
        let futures = [Arc::clone(&parked), Arc::clone(&quick), Arc::clone(&parked), quick];
        let first = scene.executor.wait(&futures, ReturnWhen::FirstCompleted, SOON).unwrap();
        assert_eq!((first.done, first.not_done), (vec![1], vec![0]), "{address}");
        let none = scene.executor.wait(&futures[..1], ReturnWhen::AllCompleted, NOW).unwrap();
        assert_eq!((none.done, none.not_done), (vec![], vec![0]));
        let failed = scene.submit(3, vec![Step::Fail(Failing::Error)], Value::None);
        let both = [parked, failed];
        let failure = scene.executor.wait(&both, ReturnWhen::FirstException, SOON).unwrap();
        assert_eq!((failure.done, failure.not_done), (vec![1], vec![0]));
        gate.open();
        let all = scene.executor.wait(&both, ReturnWhen::AllCompleted, SOON).unwrap();
        assert_eq!((all.done, all.not_done), (vec![0, 1], vec![]));
    }
}

#[test]
fn as_completed_follows_the_order_of_completion() {
    for address in standard() {
        let scene = Scene::open(address, 2);
        let (first_gate, first) = scene.parked(1);
        let (second_gate, second) = scene.parked(2);
        let futures = [Arc::clone(&first), second, Arc::clone(&first)];
        let mut expiring = scene.executor.as_completed(&futures, NOW).unwrap();
        assert_eq!(expiring.next(), Err(Fault::TimedOut), "{address}");
        let mut completed = scene.executor.as_completed(&futures, SOON).unwrap();
        second_gate.open();
        assert_eq!(completed.next(), Ok(Some(1)));
        first_gate.open();
        assert_eq!(completed.next(), Ok(Some(0)));
        assert_eq!(completed.next(), Ok(None));
    }
}

#[test]
fn futures_of_another_subject_are_not_combined() {
    for address in standard() {
        let (one, other) = (Scene::open(address, 1), Scene::open(address, 1));
        let future = other.submit(1, vec![], Value::None);
        let answer = one.executor.wait(&[future], ReturnWhen::AllCompleted, SOON);
        assert_eq!(answer, Err(Fault::Unsupported));
    }
}

fn input(scene: &Scene, steps: impl Fn(u32) -> Vec<Step>, count: u32) -> Input {
    let probes = (0..count).map(|label| scene.probe(label, steps(label), Value::Int(label.into())));
    Input { probes: probes.collect(), fails_at: None, house: scene.house.local_address() }
}

fn rest(map: &mut dyn AnyMap) -> Vec<Outcome<Value>> {
    std::iter::from_fn(|| map.next().unwrap()).collect()
}

#[test]
fn map_reads_its_input_at_the_call_and_keeps_its_order() {
    for address in standard() {
        let scene = Scene::open(address, 2);
        let (gate, _parked) = scene.parked(9);
        for chunksize in [None, Some(2), Some(50)] {
            let options = MapOptions { chunksize, ..MapOptions::default() };
            let mut map = scene.executor.map(input(&scene, |_| vec![], 5), options).unwrap();
            let results: Vec<_> = rest(&mut *map);
            assert_eq!(results, (0..5).map(|number| Ok(Value::Int(number))).collect::<Vec<_>>(), "{address}");
        }
        gate.open();
        let pulled = |event: &poolproof_harness::Event| matches!(event.moment, Moment::Pulled(_));
        assert_eq!(scene.house.history().events().iter().filter(|event| pulled(event)).count(), 15);
    }
}

#[test]
fn map_ends_at_its_limit_and_at_a_failure() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let gate = scene.house.gate();
        let options = MapOptions { timeout: NOW, ..MapOptions::default() };
        let steps = |_| vec![Step::Pass(gate.id())];
        let mut limited = scene.executor.map(input(&scene, steps, 3), options).unwrap();
        assert!(gate.await_arrivals(1, patience()));
        assert_eq!(limited.next(), Err(Fault::TimedOut), "{address}");
        assert_eq!(limited.next(), Ok(None));
        gate.open();

        let fails = |label| if label == 1 { vec![Step::Fail(Failing::Timeout)] } else { vec![] };
        let options = MapOptions { timeout: SOON, ..MapOptions::default() };
        let mut failing = scene.executor.map(input(&scene, fails, 3), options).unwrap();
        let results = rest(&mut *failing);
        assert_eq!(results[0], Ok(Value::Int(0)));
        assert_eq!(kind(&results[1]), "TimeoutError", "the task's own, not the map's");
    }
}

#[test]
fn map_reports_a_failing_input_and_wrong_arguments() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let mut broken = input(&scene, |_| vec![], 3);
        broken.fails_at = Some(1);
        let Err(Fault::Raised(raised)) = scene.executor.map(broken, MapOptions::default()) else {
            panic!("{address}: the input did not fail")
        };
        assert_eq!(raised.kind, "ProbeError");
        let options = MapOptions { chunksize: Some(0), ..MapOptions::default() };
        match scene.executor.map(input(&scene, |_| vec![], 1), options) {
            Ok(_) => assert!(address.contains("thread"), "threads ignore the chunksize"),
            Err(fault) => assert!(matches!(fault, Fault::Raised(raised) if raised.kind == "ValueError")),
        }
        let options = MapOptions { buffersize: Some(1), ..MapOptions::default() };
        // Python has it from 3.14 on.
        assert!(matches!(scene.executor.map(input(&scene, |_| vec![], 1), options), Ok(_) | Err(Fault::Unsupported)));
        scene.executor.shutdown(Shutdown::WAIT).unwrap();
        let late = scene.executor.map(input(&scene, |_| vec![], 1), MapOptions::default());
        assert_eq!(late.err(), Some(Fault::Refused(Refused::Shutdown)));
    }
}

#[test]
fn dropping_a_half_read_map_cancels_the_rest() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let gate = scene.house.gate();
        let pass = |label| if label == 1 { vec![Step::Pass(gate.id())] } else { vec![] };
        let mut map = scene.executor.map(input(&scene, pass, 20), MapOptions::default()).unwrap();
        assert_eq!(map.next(), Ok(Some(Ok(Value::Int(0)))));
        assert!(gate.await_arrivals(1, patience()));
        drop(map);
        gate.open();
        scene.executor.shutdown(Shutdown::WAIT).unwrap();
        // Processes are handed a few tasks ahead; those can no longer be cancelled.
        assert!(scene.house.history().started().len() < 6, "{address}");
    }
}

#[test]
fn a_cancelled_item_ends_a_map_as_cancelled() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        if scene.executor.shutdown(Shutdown { wait: false, cancel_futures: true }) == Err(Fault::Unsupported) {
            continue;
        }
        let scene = Scene::open(address, 1);
        let gate = scene.house.gate();
        let steps = |_| vec![Step::Pass(gate.id())];
        let mut map = scene.executor.map(input(&scene, steps, 20), MapOptions::default()).unwrap();
        assert!(gate.await_arrivals(1, patience()));
        scene.executor.shutdown(Shutdown { wait: false, cancel_futures: true }).unwrap();
        gate.open();
        let results = rest(&mut *map);
        assert_eq!(results.last(), Some(&Err(Failure::Cancelled)), "{address}");
    }
}
