//! Defects in maps.

use super::pool::{Board, Job, Mapping, Noted, Pool, PoolFuture, Steps, Worker};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Capability, Fault, MapOptions, Outcome, Probe, Profile, Raised, Refused, Value, contain};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "map-in-completion-order",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "Map yields results in the order in which they arrive.",
            source: "M05",
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
            name: "map-limit-from-first-read",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "The limit counts from the first read, not from the call.",
            source: "B-02",
            expected: &["MAP-006"],
            steps: || Arc::new(LimitFromFirstRead),
        },
        Broken {
            name: "map-limit-for-each-item",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "The limit of the whole map is granted again to every item.",
            source: "M30",
            expected: &["MAP-006"],
            steps: || Arc::new(LimitForEachItem),
        },
        Broken {
            name: "map-limit-ignored",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "The limit is ignored.",
            source: "M28",
            expected: &["MAP-006", "MAP-007", "MAP-008", "MAP-009"],
            steps: || Arc::new(LimitIgnored),
        },
        Broken {
            name: "map-limit-hides-results",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "After the limit even results that are there time out.",
            source: "made",
            expected: &["MAP-007"],
            steps: || Arc::new(LimitHidesResults),
        },
        Broken {
            name: "map-goes-on-after-timeout",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "After a time-out the results go on.",
            source: "made",
            expected: &["MAP-008"],
            steps: || Arc::new(GoesOnAfterTimeout),
        },
        Broken {
            name: "map-timeout-spares-the-awaited",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "A time-out cancels everything that has not started except the item that was waited for.",
            source: "B-11",
            expected: &["MAP-009"],
            steps: || Arc::new(TimeoutSparesTheAwaited),
        },
        Broken {
            name: "map-timeout-cancels-nothing",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "After a time-out all items still run.",
            source: "M32",
            expected: &["MAP-009"],
            steps: || Arc::new(TimeoutCancelsNothing),
        },
        Broken {
            name: "map-dropped-runs-on",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "Dropping the results half-way cancels nothing.",
            source: "made",
            expected: &["MAP-010"],
            steps: || Arc::new(DroppedRunsOn),
        },
        Broken {
            name: "map-dropped-unread-cancels",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "Dropping results that nobody began to read cancels the items.",
            source: "made",
            expected: &["MAP-011"],
            steps: || Arc::new(DroppedUnreadCancels),
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
            name: "map-loses-the-partial-chunk",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "The number of chunks is rounded down: the last, partial one is dropped.",
            source: "M74",
            expected: &["MAP-017", "PROG-003"],
            steps: || Arc::new(LosesThePartialChunk),
        },
        Broken {
            name: "map-reverses-chunks",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "The results of a chunk come in reverse order.",
            source: "made",
            expected: &["MAP-017"],
            steps: || Arc::new(ReversesChunks),
        },
        Broken {
            name: "map-chunk-of-zero-hangs",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "A chunksize of zero is accepted, and gives no results.",
            source: "made",
            expected: &["MAP-018"],
            steps: || Arc::new(ChunkOfZero),
        },
        Broken {
            name: "map-failure-takes-its-chunk",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "One failing item discards the finished items of its chunk.",
            source: "M76",
            expected: &["MAP-019"],
            steps: || Arc::new(FailureTakesItsChunk),
        },
        Broken {
            name: "map-failure-in-chunk-is-skipped",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "An item that fails inside a chunk is left out of the results.",
            source: "M76",
            expected: &["MAP-031"],
            steps: || Arc::new(FailureInChunkIsSkipped),
        },
        Broken {
            name: "map-chunks-undeclared",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "Items are grouped into chunks, and the profile says that chunksize is not offered.",
            source: "made",
            expected: &["MAP-016"],
            steps: || Arc::new(ChunksUndeclared),
        },
        Broken {
            name: "map-chunksize-reserved",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "Room is reserved for as many items as the chunksize says.",
            source: "made",
            expected: &["MAP-020"],
            steps: || Arc::new(ChunksizeReserved),
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
        Broken {
            name: "map-buffer-of-zero-accepted",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "A buffer size of zero is accepted, and gives no results.",
            source: "made",
            expected: &["MAP-032"],
            steps: || Arc::new(BufferOfZero),
        },
        Broken {
            name: "map-buffer-ignored",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "The buffer size is ignored: the whole input is read at the call.",
            source: "made",
            expected: &["MAP-021"],
            steps: || Arc::new(BufferIgnored),
        },
        Broken {
            name: "map-buffer-one-too-many",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "One item more than the buffer size is taken ahead of the reader.",
            source: "M68",
            expected: &["MAP-021"],
            steps: || Arc::new(BufferOneTooMany),
        },
        Broken {
            name: "map-buffer-is-the-end",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "A map with a buffer size ends with its first buffer.",
            source: "made",
            expected: &["MAP-021"],
            steps: || Arc::new(BufferIsTheEnd),
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

struct LimitFromFirstRead;
impl Steps for LimitFromFirstRead {
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        if !mapping.started {
            mapping.deadline = mapping.timeout.map(|limit| Instant::now() + limit);
        }
        mapping.next()
    }
}

struct LimitForEachItem;
impl Steps for LimitForEachItem {
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        if mapping.started {
            mapping.deadline = mapping.timeout.map(|limit| Instant::now() + limit);
        }
        mapping.next()
    }
}

struct LimitIgnored;
impl Steps for LimitIgnored {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        mapping.deadline = None;
        mapping.begin(options)
    }
}

struct LimitHidesResults;
impl Steps for LimitHidesResults {
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        if mapping.deadline.is_some_and(|deadline| deadline <= Instant::now()) && !mapping.futures.is_empty() {
            mapping.cancel_rest();
            return Err(Fault::TimedOut);
        }
        mapping.next()
    }
}

struct GoesOnAfterTimeout;
impl Steps for GoesOnAfterTimeout {
    fn map_timed_out(&self, mapping: &mut Mapping) {
        for future in &mapping.futures {
            future.cancel();
        }
    }
}

struct TimeoutSparesTheAwaited;
impl Steps for TimeoutSparesTheAwaited {
    fn map_timed_out(&self, mapping: &mut Mapping) {
        mapping.futures.pop_front();
        mapping.cancel_rest();
    }
}

struct TimeoutCancelsNothing;
impl Steps for TimeoutCancelsNothing {
    fn map_timed_out(&self, mapping: &mut Mapping) {
        mapping.futures.clear();
    }
}

struct DroppedRunsOn;
impl Steps for DroppedRunsOn {
    fn drop_map(&self, _mapping: &mut Mapping) {}
}

struct DroppedUnreadCancels;
impl Steps for DroppedUnreadCancels {
    fn drop_map(&self, mapping: &mut Mapping) {
        mapping.cancel_rest();
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

struct LosesThePartialChunk;
impl Steps for LosesThePartialChunk {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        let size = mapping.rest.size;
        let mut items: Vec<Probe> = mapping.rest.items.by_ref().collect();
        items.truncate(items.len() / size * size);
        mapping.rest.items = Box::new(items.into_iter());
        mapping.begin(options)
    }
}

struct ReversesChunks;
impl Steps for ReversesChunks {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        mapping.begin(options)?;
        let size = mapping.rest.size;
        mapping.futures.make_contiguous().chunks_mut(size).for_each(<[_]>::reverse);
        Ok(())
    }
}

struct ChunkOfZero;
impl Steps for ChunkOfZero {
    fn map(
        &self,
        pool: &Arc<Pool>,
        items: Box<dyn Iterator<Item = Probe> + Send>,
        options: MapOptions,
    ) -> Result<Mapping, Fault> {
        if options.chunksize == Some(0) {
            let nothing = Box::new(std::iter::empty());
            return pool.map(nothing, MapOptions { chunksize: None, ..options });
        }
        pool.map(items, options)
    }
}

struct FailureTakesItsChunk;
impl Steps for FailureTakesItsChunk {
    fn execute(&self, pool: &Arc<Pool>, job: Job, worker: &mut Worker) {
        let mut outcomes = Vec::new();
        for future in &job {
            outcomes.extend(future.claim().map(|task| self.run(task)));
        }
        let failure = outcomes.iter().find_map(|outcome| outcome.as_ref().err().cloned());
        for (future, outcome) in job.iter().zip(outcomes) {
            future.finish(failure.clone().map_or(outcome, Err));
        }
        pool.execute(Job::new(), worker);
    }
}

struct FailureInChunkIsSkipped;
impl Steps for FailureInChunkIsSkipped {
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        while mapping.rest.size > 1
            && mapping.futures.front().is_some_and(|future| matches!(future.result(None), Ok(Err(_))))
        {
            mapping.futures.pop_front();
        }
        mapping.next()
    }
}

struct ChunksUndeclared;
impl Steps for ChunksUndeclared {
    fn declare(&self, mut profile: Profile) -> Profile {
        profile.support.remove(&Capability::Chunksize);
        profile
    }
}

struct ChunksizeReserved;
impl Steps for ChunksizeReserved {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        let reserved: Vec<Probe> = Vec::with_capacity(mapping.rest.size);
        drop(reserved);
        mapping.begin(options)
    }
}

struct InputFailureEndsQuietly;
impl Steps for InputFailureEndsQuietly {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        contain(|| mapping.begin(options)).unwrap_or(Ok(()))
    }
}

struct BufferOfZero;
impl Steps for BufferOfZero {
    fn map(
        &self,
        pool: &Arc<Pool>,
        items: Box<dyn Iterator<Item = Probe> + Send>,
        options: MapOptions,
    ) -> Result<Mapping, Fault> {
        if options.buffersize == Some(0) {
            let nothing = Box::new(std::iter::empty());
            return pool.map(nothing, MapOptions { buffersize: None, ..options });
        }
        pool.map(items, options)
    }
}

struct BufferIgnored;
impl Steps for BufferIgnored {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        mapping.begin(MapOptions { buffersize: None, ..options })
    }
}

struct BufferOneTooMany;
impl Steps for BufferOneTooMany {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        let buffersize = options.buffersize.map(|size| size + 1);
        mapping.begin(MapOptions { buffersize, ..options })
    }
}

struct BufferIsTheEnd;
impl Steps for BufferIsTheEnd {
    fn refill(&self, _mapping: &mut Mapping) -> Result<(), Refused> {
        Ok(())
    }
}
