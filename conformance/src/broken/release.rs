//! Defects in what dropping the executor does.

use super::pool::{Pool, Steps};
use super::{Broken, Difficulty};
use crate::Area;
use poolproof_harness::Shutdown;
use std::sync::Arc;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "drop-strands-the-queue",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "Dropping the executor strands what is queued, and the profile says that it still runs.",
            source: "rayon-rs/rayon#688, rust-lang/rust-analyzer#4133",
            expected: &["SHUT-009"],
            steps: || Arc::new(DropStrandsTheQueue),
        },
        Broken {
            name: "drop-waits",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "Dropping the executor waits for its tasks, and the profile says that it does not.",
            source: "rayon-rs/rayon#688, rust-lang/rust-analyzer#4133",
            expected: &["SHUT-009"],
            steps: || Arc::new(DropWaits),
        },
        Broken {
            name: "drop-cancels",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "Dropping the executor cancels what is queued, and the profile says that it still runs.",
            source: "smol-rs/blocking#76, tokio-rs/tokio#1830",
            expected: &["SHUT-009"],
            steps: || Arc::new(DropCancels),
        },
        Broken {
            name: "drop-leaves-workers",
            area: Area::Shutdown,
            difficulty: Difficulty::Always,
            defect: "The workers of a dropped executor stay for ever.",
            source: "joblib/loky#360, noxdafox/pebble#62",
            expected: &["SHUT-009", "SHUT-016"],
            steps: || Arc::new(DropLeavesWorkers),
        },
    ]
}

struct DropStrandsTheQueue;
impl Steps for DropStrandsTheQueue {
    fn release(&self, pool: &Arc<Pool>) {
        pool.lock().queue.clear();
        let _ = pool.shutdown(Shutdown::NO_WAIT);
    }
}

struct DropWaits;
impl Steps for DropWaits {
    fn release(&self, pool: &Arc<Pool>) {
        let _ = pool.shutdown(Shutdown::WAIT);
    }
}

struct DropCancels;
impl Steps for DropCancels {
    fn release(&self, pool: &Arc<Pool>) {
        let _ = pool.shutdown(Shutdown { wait: false, cancel_futures: true });
    }
}

struct DropLeavesWorkers;
impl Steps for DropLeavesWorkers {
    fn release(&self, _pool: &Arc<Pool>) {}
}
