//! What the adapters say of themselves.

use crate::every::concurrent;
use crate::stage::{Stage, aside, is_broken, outcome, returned};
use poolproof_executors::registry;
use poolproof_harness::{DropPolicy, Outcome, Shutdown, Step, Value};

/// The version that the lock file names for `package`.
fn locked(package: &str) -> String {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")).unwrap();
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{package}\"\n"))).unwrap();
    let version = entry.lines().find_map(|line| line.strip_prefix("version = \"")).unwrap();
    version.trim_end_matches('"').to_owned()
}

/// Address, package and whether this build has it.
const CRATES: &[(&str, &str, bool)] = &[
    ("affinitypool", "affinitypool", cfg!(feature = "affinitypool")),
    ("async-executor", "async-executor", cfg!(feature = "async-executor")),
    ("beekeeper", "beekeeper", cfg!(feature = "beekeeper")),
    ("bevy_tasks", "bevy_tasks", cfg!(feature = "bevy_tasks")),
    ("blocking", "blocking", cfg!(feature = "blocking")),
    ("executors", "executors", cfg!(feature = "executors")),
    ("futures", "futures-executor", cfg!(feature = "futures")),
    ("rayon", "rayon", cfg!(feature = "rayon")),
    ("rayon-par-iter", "rayon", cfg!(feature = "rayon-par-iter")),
    ("rusty_pool", "rusty_pool", cfg!(feature = "rusty_pool")),
    ("scheduled-thread-pool", "scheduled-thread-pool", cfg!(feature = "scheduled-thread-pool")),
    ("switchyard", "switchyard", cfg!(feature = "switchyard")),
    ("threadpool", "threadpool", cfg!(feature = "threadpool")),
    ("tokio", "tokio", cfg!(feature = "tokio-spawn")),
    ("tokio-blocking", "tokio", cfg!(feature = "tokio")),
    ("workerpool", "workerpool", cfg!(feature = "workerpool")),
];

#[test]
fn the_versions_are_those_that_are_built_in() {
    for &(address, package, present) in CRATES {
        let found = registry::subject(address);
        assert_eq!(found.is_ok(), present, "{address}");
        match found {
            Ok(subject) => assert_eq!(subject.describe().unwrap().version, locked(package), "{address}"),
            Err(error) => assert!(error.to_string().contains("--features all-executors"), "{error}"),
        }
    }
}

/// Drops an executor with one task at a gate and three queued, and looks what the profile declares.
#[test]
fn dropping_does_what_the_profiles_declare() {
    for address in concurrent() {
        let declared = registry::subject(address).unwrap().describe().unwrap().profile.drop_executor;
        let stage = Stage::open(address, 1);
        let gate = stage.house.gate();
        let parked = stage.park(&gate);
        let queued: Vec<_> = (0..3).map(|_| stage.submit(vec![Step::Pass(gate.id())])).collect();
        let executor = stage.executor.clone();
        let released = aside(move || executor.release());
        if declared == DropPolicy::Detaches {
            // The gate opens only after the drop returned: nothing waited.
            returned(&released).unwrap();
        }
        gate.open();
        assert!(outcome(&parked).is_ok(), "{address}: what runs goes on");
        let queued: Vec<_> = queued.iter().map(outcome).collect();
        match declared {
            DropPolicy::Detaches => assert!(queued.iter().all(Result::is_ok), "{address}: what is queued still runs"),
            DropPolicy::Waits => {
                returned(&released).unwrap();
                assert!(queued.iter().all(Result::is_ok), "{address}: what is queued still runs");
            }
            // How many a worker still takes is a race, or nobody says; none may be forgotten.
            DropPolicy::Cancels | DropPolicy::Undeclared => {
                let known = |outcome: &Outcome<Value>| outcome.is_ok() || is_broken(outcome);
                assert!(queued.iter().all(known), "{address}: {queued:?}");
            }
        }
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
    assert_eq!(profile.worker_limit, Some(false));
}

/// The crate may leave tasks behind when it is shut down, but not those that it ran.
#[cfg(feature = "switchyard")]
#[test]
fn what_switchyard_ran_is_done_when_its_shutdown_returned_and_who_watched_was_told() {
    use crate::stage::call;
    use poolproof_executors::adapters::switchyard::Yard;
    use poolproof_harness::{Executor, Future, State, Watcher};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[derive(Default)]
    struct Told(AtomicUsize);
    impl Watcher for Told {
        fn completed(&self, _: usize, _: bool) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    for round in 0..500 {
        let yard = Yard::new(2).unwrap();
        let told = Arc::new(Told::default());
        let ran: Vec<_> = (0..8).map(|_| Arc::new(AtomicUsize::new(0))).collect();
        let submit = |ran: &Arc<AtomicUsize>| {
            let ran = Arc::clone(ran);
            let future = yard.submit(call(move || ran.fetch_add(1, Ordering::SeqCst) as u64)).unwrap();
            future.watch(Arc::clone(&told) as Arc<dyn Watcher>, 0).unwrap();
            future
        };
        let futures: Vec<_> = ran.iter().map(submit).collect();
        yard.shutdown(Shutdown::WAIT);
        let ran: Vec<_> = ran.iter().map(|ran| ran.load(Ordering::SeqCst) == 1).collect();
        assert_eq!(told.0.load(Ordering::SeqCst), ran.iter().filter(|ran| **ran).count(), "round {round}");
        for (future, ran) in futures.iter().zip(ran) {
            assert_eq!(future.state() == State::FINISHED, ran, "round {round}");
            assert_eq!(future.result(Some(Duration::ZERO)).is_ok(), ran, "round {round}");
        }
    }
}
