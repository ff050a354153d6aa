//! The end of the driver's program, and awaiting from asynchronous code.

use crate::scene::{SOON, Scene, standard};
use poolproof_harness::{Failing, Fault, Step, Value};
use std::sync::Arc;
use std::thread;

#[test]
fn a_program_ends_when_its_tasks_have_ended() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let (gate, running) = scene.parked(1);
        let queued = scene.executor.submit(scene.probe(2, vec![], Value::Int(2))).unwrap();
        let executor = Arc::clone(&scene.executor);
        let end = thread::spawn(move || executor.end_program());
        gate.open();
        assert_eq!(end.join().unwrap(), Ok(0), "{address}");
        assert_eq!(scene.house.history().finished(), [1, 2], "{address}");
        assert!(matches!(running.result(None), Err(Fault::Driver(said)) if said.contains("ended with exit code 0")));
        drop(queued);
        // The next executor finds a driver again.
        let another = scene.another(1);
        let future = another.submit(scene.probe(3, vec![], Value::Int(3))).unwrap();
        assert_eq!(future.result(SOON), Ok(Ok(Value::Int(3))), "{address}");
    }
}

#[test]
fn values_and_failures_are_awaited() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let value = scene.executor.submit(scene.probe(1, vec![], Value::Int(7))).unwrap();
        assert_eq!(value.awaited(), Ok(Ok(Value::Int(7))), "{address}");
        let steps = vec![Step::Fail(Failing::Error)];
        let failing = scene.executor.submit(scene.probe(2, steps, Value::None)).unwrap();
        let failure = failing.awaited().unwrap().unwrap_err().to_string();
        assert!(failure.contains("ProbeError"), "{address}: {failure}");
    }
}
