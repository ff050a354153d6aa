//! Defects in the order of a map's results, and in how its input is read.

use crate::Area;
use crate::broken::pool::{Board, Mapping, Noted, PoolFuture, Steps};
use crate::broken::{Broken, Difficulty, locked};
use poolproof_harness::{Fault, MapOptions, Outcome, Raised, Refused, Value, contain};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "map-in-completion-order",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "Map yields results in the order in which they arrive.",
            source: "joblib/joblib#165, arrow-udf/arrow-udf#93",
            expected: &["MAP-001"],
            steps: || Arc::<InCompletionOrder>::default(),
        },
        Broken {
            name: "map-forgets-the-last-item",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "The last item is submitted, and its result is not yielded.",
            source: "made",
            expected: &["MAP-002", "MAP-001"],
            steps: || Arc::new(ForgetsTheLastItem),
        },
        Broken {
            name: "map-runs-the-first-item-twice",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "The first item is submitted once more; its result is right, and there once.",
            source: "made",
            expected: &["MAP-002"],
            steps: || Arc::new(RunsTheFirstItemTwice),
        },
        Broken {
            name: "map-of-nothing-fails",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "A map without items is an error.",
            source: "made",
            expected: &["MAP-002"],
            steps: || Arc::new(OfNothingFails),
        },
        Broken {
            name: "map-lazy",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "An item is submitted only when the result before it was read.",
            source: "bpo-11777",
            expected: &["MAP-003", "MAP-001"],
            steps: || Arc::new(Lazy),
        },
        Broken {
            name: "map-submits-as-it-is-read",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "Map reads its whole input at once, but submits an item only when a result is asked for.",
            source: "made",
            expected: &["MAP-003"],
            steps: || Arc::new(SubmitsAsItIsRead),
        },
        Broken {
            name: "map-after-shutdown-runs",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "Map after shutdown is refused, but its items run.",
            source: "made",
            expected: &["MAP-015"],
            steps: || Arc::new(AfterShutdownRuns),
        },
        Broken {
            name: "map-waits-for-everything",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "Map returns only when every result is there.",
            source: "made",
            expected: &["MAP-003", "MAP-001"],
            steps: || Arc::new(WaitsForEverything),
        },
        Broken {
            name: "map-skips-failures",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "An item that fails is left out of the results.",
            source: "made",
            expected: &["MAP-004"],
            steps: || Arc::new(SkipsFailures),
        },
        Broken {
            name: "map-failure-first",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "An item that fails is reported before the results of the items ahead of it.",
            source: "made",
            expected: &["MAP-004"],
            steps: || Arc::new(FailureFirst),
        },
        Broken {
            name: "map-failure-orphans-the-rest",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "After a failing item the results end, but the rest of the items still runs.",
            source: "made",
            expected: &["MAP-005"],
            steps: || Arc::new(FailureOrphansTheRest),
        },
        Broken {
            name: "map-after-shutdown-is-empty",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "After shutdown a map gives no results instead of being refused.",
            source: "made",
            expected: &["MAP-015"],
            steps: || Arc::new(AfterShutdownIsEmpty),
        },
        Broken {
            name: "map-input-failure-looks-like-a-limit",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "An error while the input is read ends the map as if a limit had passed, and there is none.",
            source: "made",
            expected: &["MAP-014"],
            steps: || Arc::<InputFailureLooksLikeALimit>::default(),
        },
        Broken {
            name: "map-input-failure-ends-quietly",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "An error while the input is read ends the input, and nobody is told.",
            source: "made",
            expected: &["MAP-014"],
            steps: || Arc::new(InputFailureEndsQuietly),
        },
    ]
}

#[derive(Default)]
struct InCompletionOrder {
    arrived: Arc<Board>,
    futures: Mutex<Vec<Arc<PoolFuture>>>,
}
impl Steps for InCompletionOrder {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        mapping.begin(options)?;
        let mut futures = locked(&self.futures);
        for future in &mapping.futures {
            future.watch(&self.arrived, futures.len());
            futures.push(Arc::clone(future));
        }
        Ok(())
    }
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        let futures = locked(&self.futures).clone();
        let next = |noted: &Noted| {
            let of = |key: &usize| mapping.futures.iter().position(|mine| Arc::ptr_eq(mine, &futures[*key]));
            noted.order.iter().find_map(of)
        };
        if self.arrived.until(mapping.deadline, &|noted| mapping.futures.is_empty() || next(noted).is_some())
            && let Some(position) = next(&self.arrived.lock())
        {
            mapping.futures.swap(0, position);
        }
        mapping.next()
    }
}

struct ForgetsTheLastItem;
impl Steps for ForgetsTheLastItem {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        mapping.begin(options)?;
        mapping.futures.pop_back();
        Ok(())
    }
}

struct RunsTheFirstItemTwice;
impl Steps for RunsTheFirstItemTwice {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        let items: Vec<_> = mapping.rest.items.by_ref().collect();
        if let Some(first) = items.first() {
            mapping.pool.submit(first.clone())?;
        }
        mapping.rest.items = Box::new(items.into_iter());
        mapping.begin(options)
    }
}

struct OfNothingFails;
impl Steps for OfNothingFails {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        mapping.begin(options)?;
        if mapping.futures.is_empty() {
            return Err(Fault::Raised(Raised::new("ValueError", "nothing to map")));
        }
        Ok(())
    }
}

struct Lazy;
impl Steps for Lazy {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        mapping.begin(MapOptions { buffersize: Some(1), ..options })
    }
}

struct SubmitsAsItIsRead;
impl Steps for SubmitsAsItIsRead {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        let items: Vec<_> = mapping.rest.items.by_ref().collect();
        mapping.rest.items = Box::new(items.into_iter());
        mapping.begin(MapOptions { buffersize: Some(1), ..options })
    }
}

struct AfterShutdownRuns;
impl Steps for AfterShutdownRuns {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        if mapping.pool.lock().shut {
            mapping.rest.items.by_ref().for_each(|item| drop(self.run(item)));
        }
        mapping.begin(options)
    }
}

struct WaitsForEverything;
impl Steps for WaitsForEverything {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        mapping.begin(options)?;
        for future in &mapping.futures {
            let _ = future.result(None);
        }
        Ok(())
    }
}

struct SkipsFailures;
impl Steps for SkipsFailures {
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        while let Some(future) = mapping.futures.front() {
            if mapping.deadline.is_some() || future.result(None).is_ok_and(|outcome| outcome.is_ok()) {
                break;
            }
            mapping.futures.pop_front();
        }
        mapping.next()
    }
}

struct FailureFirst;
impl Steps for FailureFirst {
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        let failed = |future: &Arc<PoolFuture>| matches!(future.result(Some(Duration::ZERO)), Ok(Err(_)));
        if let Some(position) = mapping.futures.iter().position(failed) {
            mapping.futures.drain(..position);
        }
        mapping.next()
    }
}

struct FailureOrphansTheRest;
impl Steps for FailureOrphansTheRest {
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        if mapping.deadline.is_none()
            && let Some(Ok(Err(failure))) = mapping.futures.front().map(|future| future.result(None))
        {
            mapping.futures.clear();
            return Ok(Some(Err(failure)));
        }
        mapping.next()
    }
}

struct AfterShutdownIsEmpty;
impl Steps for AfterShutdownIsEmpty {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        match mapping.begin(options) {
            Err(Fault::Refused(Refused::Shutdown)) => Ok(()),
            result => result,
        }
    }
}

#[derive(Default)]
struct InputFailureLooksLikeALimit {
    failed: AtomicBool,
}
impl Steps for InputFailureLooksLikeALimit {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        let begun = contain(|| mapping.begin(options));
        self.failed.store(begun.is_err(), Ordering::SeqCst);
        begun.unwrap_or(Ok(()))
    }
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        match mapping.next()? {
            None if self.failed.load(Ordering::SeqCst) => Err(Fault::TimedOut),
            result => Ok(result),
        }
    }
}

struct InputFailureEndsQuietly;
impl Steps for InputFailureEndsQuietly {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        contain(|| mapping.begin(options)).unwrap_or(Ok(()))
    }
}
