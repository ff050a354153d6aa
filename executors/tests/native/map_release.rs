//! What becomes of the items and outcomes of a map of the thread executor.

use crate::stage::patience;
use poolproof_executors::thread::ThreadExecutor;
use poolproof_harness::{Actor, Executor, Failure, Gate, Gatehouse, MapOptions, Raised, Shutdown, Task};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Something that is counted; an item that gives it back as its outcome.
#[derive(Clone, Serialize, Deserialize)]
struct Carried {
    #[serde(skip)]
    counted: Option<Arc<()>>,
}

impl Task for Carried {
    const NAME: &'static str = "carried";
    type Output = Self;
    fn run(self) -> Result<Self, Raised> {
        Ok(self)
    }
}

#[test]
fn every_item_and_every_outcome_is_let_go_once_whatever_becomes_of_it() {
    for reads in [0, 1, 1_500, usize::MAX] {
        for cancel_futures in [false, true] {
            let executor = ThreadExecutor::new(2).unwrap();
            let carried = Arc::new(());
            let mut tasks = (0..2_500).map(|_| Carried { counted: Some(Arc::clone(&carried)) });
            let mut results = executor.map(&mut tasks, MapOptions::default()).unwrap();
            for result in results.by_ref().take(reads) {
                assert!(result.unwrap().unwrap().counted.is_some());
            }
            drop(results);
            executor.shutdown(Shutdown { wait: true, cancel_futures });
            assert_eq!(Arc::strong_count(&carried), 1, "{reads} read, cancelled: {cancel_futures}");
        }
    }
}

/// Nothing at all.
#[derive(Serialize, Deserialize)]
struct Nothing;

impl Task for Nothing {
    const NAME: &'static str = "nothing";
    type Output = ();
    fn run(self) -> Result<(), Raised> {
        Ok(())
    }
}

#[test]
fn items_and_outcomes_without_a_size_are_counted_all_the_same() {
    let executor = ThreadExecutor::new(2).unwrap();
    let results = executor.map(&mut (0..5_000).map(|_| Nothing), MapOptions::default()).unwrap();
    assert_eq!(results.map(|result| result.unwrap().unwrap()).count(), 5_000);
}

/// Panics when it is dropped; the first one stops at a gate.
#[derive(Serialize, Deserialize)]
struct Bomb {
    #[serde(skip)]
    gate: Option<Gate>,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("an item panics on purpose when it is dropped");
    }
}

impl Task for Bomb {
    const NAME: &'static str = "bomb";
    type Output = ();
    fn run(mut self) -> Result<(), Raised> {
        if let Some(gate) = self.gate.take() {
            gate.pass(Actor::Check);
        }
        std::mem::forget(self);
        Ok(())
    }
}

#[test]
fn items_that_panic_when_they_are_dropped_are_cancelled_all_the_same() {
    let executor = ThreadExecutor::new(1).unwrap();
    let house = Gatehouse::new();
    let gate = house.gate();
    let mut tasks = (0..100).map(|number| Bomb { gate: (number == 0).then(|| gate.clone()) });
    let mut results = executor.map(&mut tasks, MapOptions::default()).unwrap();
    assert!(gate.await_arrivals(1, patience()));
    executor.shutdown(Shutdown { wait: false, cancel_futures: true });
    gate.open();
    assert_eq!(results.next(), Some(Ok(Ok(()))), "what had started goes on");
    assert_eq!(results.next(), Some(Ok(Err(Failure::Cancelled))));
    assert_eq!(results.next(), None);
    executor.shutdown(Shutdown::WAIT);
}
