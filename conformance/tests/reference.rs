//! The reference executors conform to the whole contract.

use poolproof_conformance::{Subject, suite};
use poolproof_executors::registry;

fn subject(address: &str) -> Box<dyn Subject> {
    registry::subject(address).expect("reference executors are always there")
}

suite!(serial, subject: super::subject("serial"));
suite!(thread, subject: super::subject("thread"));
suite!(process, subject: super::process());

fn process() -> Box<dyn Subject> {
    poolproof_harness::set_worker_arguments(["--exact", "worker", "--nocapture"]);
    subject("process")
}

/// What this program is when the process executor starts it as a worker.
#[test]
fn worker() {
    poolproof_executors::process::serve_if_worker();
}
