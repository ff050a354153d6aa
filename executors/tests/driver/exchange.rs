//! Every message, for threads and for processes.

use crate::scene::{SOON, Scene, standard, subject};
use poolproof_harness::{Capability, Fault, PayloadBytes, Raised, Refused, Shutdown, State, Subject, Value};
use std::time::Duration;

const NOW: Option<Duration> = Some(Duration::ZERO);

#[test]
fn hello_describes_the_subject() {
    for address in standard() {
        let description = subject(address).describe().unwrap();
        assert_eq!(description.address, address);
        assert!(["CPython", "PyPy"].contains(&description.language.as_str()));
        assert_eq!(description.version.split('.').count(), 3);
        assert!(description.versions.contains(&description.version));
        assert!(description.profile.has(Capability::Submit));
        assert_eq!(description.profile.has(Capability::Isolation), address.contains("process"));
    }
}

#[test]
fn values_travel_both_ways() {
    for address in standard() {
        let scene = Scene::open(address, 2);
        let values = [
            Value::None,
            Value::Bool(true),
            Value::Int(i64::MIN),
            Value::Text("a \"quoted\" line\nand ünïcode".into()),
            Value::Payload(PayloadBytes { len: 3_000_001, seed: u64::MAX - 5 }),
            Value::ErrorValue(Raised::new("Some", "error")),
        ];
        for value in values {
            assert_eq!(scene.outcome(vec![], value.clone()), Ok(value), "{address}");
        }
        let Ok(Value::Identity { pid, tid }) = scene.outcome(vec![], Value::WhoAmI) else { panic!("no identity") };
        assert!(pid != std::process::id() && tid != 0);
    }
}

#[test]
fn predicates_cancel_and_shutdown() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let (gate, running) = scene.parked(1);
        let queued: Vec<_> = (2..8).map(|label| scene.submit(label, vec![], Value::None)).collect();
        let last = &queued[5];
        assert_eq!(running.state(), Ok(State::RUNNING));
        assert_eq!(last.state(), Ok(State::PENDING));
        assert_eq!(running.result(NOW), Err(Fault::TimedOut));
        assert_eq!(running.exception(NOW), Err(Fault::TimedOut));
        assert_eq!(running.cancel(), Ok(false));
        assert_eq!(last.cancel(), Ok(true));
        assert_eq!(last.state(), Ok(State::CANCELLED));
        assert_eq!(last.result(None), Ok(Err(poolproof_harness::Failure::Cancelled)));
        assert_eq!(last.exception(None), Ok(Some(poolproof_harness::Failure::Cancelled)));
        gate.open();
        assert_eq!(running.result(SOON), Ok(Ok(Value::Int(1))));
        assert_eq!(running.exception(SOON), Ok(None));
        assert_eq!(scene.executor.shutdown(Shutdown::WAIT), Ok(()));
        assert_eq!(running.state(), Ok(State::FINISHED));
        let late = scene.executor.submit(scene.probe(9, vec![], Value::None)).err();
        assert_eq!(late, Some(Fault::Refused(Refused::Shutdown)), "{address}");
        assert_eq!(scene.house.history().started(), [1, 2, 3, 4, 5, 6]);
    }
}

#[test]
fn a_blocked_call_blocks_nobody_else() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let (gate, running) = scene.parked(1);
        std::thread::scope(|scope| {
            let waiters: Vec<_> = (0..4).map(|_| scope.spawn(|| running.result(None))).collect();
            // This thread's calls are answered while four wait.
            assert_eq!(running.state(), Ok(State::RUNNING));
            gate.open();
            for waiter in waiters {
                assert_eq!(waiter.join().unwrap(), Ok(Ok(Value::Int(1))));
            }
        });
    }
}
