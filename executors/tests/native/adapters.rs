//! What the adapters say of themselves.

use crate::stage::{Stage, outcome};
use poolproof_executors::registry;
use poolproof_harness::{DropPolicy, Shutdown, Step};

/// The version that the lock file names for `package`.
fn locked(package: &str) -> String {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")).unwrap();
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{package}\"\n"))).unwrap();
    let version = entry.lines().find_map(|line| line.strip_prefix("version = \"")).unwrap();
    version.trim_end_matches('"').to_owned()
}

#[test]
fn the_versions_are_those_that_are_built_in() {
    let crates = [("rayon", "rayon", cfg!(feature = "rayon")), ("tokio-blocking", "tokio", cfg!(feature = "tokio"))];
    for (address, package, present) in crates {
        let found = registry::subject(address);
        assert_eq!(found.is_ok(), present, "{address}");
        match found {
            Ok(subject) => assert_eq!(subject.describe().unwrap().version, locked(package)),
            Err(error) => assert!(error.to_string().contains("cargo build --features"), "{error}"),
        }
    }
}

/// Drops an executor with one task at a gate and three queued: all of them still run.
#[test]
fn dropping_detaches_as_the_profiles_declare() {
    for address in ["thread", "gil", "thread-per-task", "rayon", "tokio-blocking"] {
        let Ok(subject) = registry::subject(address) else { continue };
        let declared = subject.describe().unwrap().profile.drop_executor;
        let stage = Stage::open(address, 1);
        let gate = stage.house.gate();
        let parked = stage.park(&gate);
        let queued: Vec<_> = (0..3).map(|_| stage.submit(vec![Step::Pass(gate.id())])).collect();
        // The gate opens only after the drop returned: nothing waited.
        stage.executor.release().unwrap();
        gate.open();
        assert!(outcome(&parked).is_ok(), "{address}: what runs goes on");
        assert_eq!(declared, DropPolicy::Detaches, "{address}");
        assert!(queued.iter().all(|future| outcome(future).is_ok()), "{address}: what is queued still runs");
    }
}

#[test]
fn a_thread_per_task_starts_all_at_once_whatever_the_number_of_workers() {
    let stage = Stage::open("thread-per-task", 1);
    let gate = stage.house.meeting(8);
    let futures: Vec<_> = (0..8).map(|_| stage.submit(vec![Step::Pass(gate.id())])).collect();
    assert!(futures.iter().all(|future| outcome(future).is_ok()));
    stage.executor.shutdown(Shutdown::WAIT).unwrap();
    let profile = registry::subject("thread-per-task").unwrap().describe().unwrap().profile;
    assert!(!profile.worker_limit);
}
