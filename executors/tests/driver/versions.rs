//! The same driver under every Python of this machine.

use crate::scene::{SOON, Scene, interpreters, subject};
use poolproof_executors::driver;
use poolproof_harness::{Capability, Shutdown, Step, Subject, Value};

#[test]
fn every_python_runs_tasks_on_threads_and_processes() {
    let found = interpreters();
    if found.is_empty() {
        println!("SKIPPED: no Python under PYENV_ROOT or ~/.pyenv");
    }
    for path in found {
        let version = driver::interpreter(Some(&path)).unwrap().version;
        println!("{version} ({path})");
        for factory in ["thread", "process", "process?start=spawn"] {
            let address = format!("python@{path}:{factory}");
            let description = subject(&address).describe().unwrap();
            assert!(version.ends_with(&description.version), "{version}: {description:?}");
            let scene = Scene::open(&address, 2);
            let (gate, parked) = scene.parked(7);
            assert_eq!(scene.outcome(vec![Step::Note("here".into())], Value::Int(3)), Ok(Value::Int(3)), "{address}");
            gate.open();
            assert_eq!(parked.result(SOON), Ok(Ok(Value::Int(7))), "{address}");
            if description.profile.has(Capability::CancelFutures) {
                assert_eq!(scene.executor.shutdown(Shutdown::CANCEL), Ok(()));
            }
            assert_eq!(scene.executor.shutdown(Shutdown::WAIT), Ok(()), "{address}");
            assert_eq!(scene.notes(), ["here"]);
        }
    }
}
