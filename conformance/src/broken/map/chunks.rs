//! Defects in chunks and buffers.

use crate::Area;
use crate::broken::pool::{Job, Mapping, Pool, Steps, Worker};
use crate::broken::{Broken, Difficulty};
use poolproof_harness::{Capability, Fault, MapOptions, Outcome, Probe, Profile, Refused, Value};
use std::sync::Arc;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "map-loses-the-partial-chunk",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "The number of chunks is rounded down: the last, partial one is dropped.",
            source: "made, after rayon-rs/rayon#557",
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
            source: "noxdafox/pebble#132",
            expected: &["MAP-019"],
            steps: || Arc::new(FailureTakesItsChunk),
        },
        Broken {
            name: "map-failure-in-chunk-is-skipped",
            area: Area::Map,
            difficulty: Difficulty::Always,
            defect: "An item that fails inside a chunk is left out of the results.",
            source: "noxdafox/pebble#132",
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
            source: "reconbot/streaming-iterables#58, joblib/loky#374",
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
