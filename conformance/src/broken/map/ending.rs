//! Defects in how a map ends before its results do.

use crate::Area;
use crate::broken::pool::{Mapping, Steps};
use crate::broken::{Broken, Difficulty};
use poolproof_harness::{Failure, Fault, MapOptions, Outcome, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "map-limit-from-first-read",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "The limit counts from the first read, not from the call.",
            source: "CPython 3.6 to 3.13, as_completed",
            expected: &["MAP-006"],
            steps: || Arc::new(LimitFromFirstRead),
        },
        Broken {
            name: "map-limit-for-each-item",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "The limit of the whole map is granted again to every item.",
            source: "made, after joblib/joblib#1551",
            expected: &["MAP-006"],
            steps: || Arc::new(LimitForEachItem),
        },
        Broken {
            name: "map-limit-ignored",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "The limit is ignored.",
            source: "joblib/joblib#1586",
            expected: &["MAP-006", "MAP-007", "MAP-008", "MAP-009"],
            steps: || Arc::new(LimitIgnored),
        },
        Broken {
            name: "map-limit-cancels-what-is-read-next",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "When the limit passes after a result was read, the next one is a cancellation, not the end of the wait.",
            source: "made",
            expected: &["MAP-006"],
            steps: || Arc::<LimitCancelsWhatIsReadNext>::default(),
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
            source: "python/cpython#95166",
            expected: &["MAP-009"],
            steps: || Arc::new(TimeoutSparesTheAwaited),
        },
        Broken {
            name: "map-timeout-cancels-nothing",
            area: Area::Map,
            difficulty: Difficulty::Gates,
            defect: "After a time-out all items still run.",
            source: "mitsuhiko/procspawn#48",
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
    ]
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

#[derive(Default)]
struct LimitCancelsWhatIsReadNext {
    has_read: AtomicBool,
}
impl Steps for LimitCancelsWhatIsReadNext {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        self.has_read.store(false, Ordering::SeqCst);
        mapping.begin(options)
    }
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        match mapping.next() {
            Err(Fault::TimedOut) if self.has_read.load(Ordering::SeqCst) => Ok(Some(Err(Failure::Cancelled))),
            next => {
                self.has_read.fetch_or(next.is_ok(), Ordering::SeqCst);
                next
            }
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
