//! The reference executors conform to the whole contract.

use poolproof_conformance::{Subject, suite};
use poolproof_executors::registry;

fn subject(address: &str) -> Box<dyn Subject> {
    registry::subject(address).expect("reference executors are always there")
}

suite!(serial, subject: super::subject("serial"));
suite!(thread, subject: super::subject("thread"));
