//! Defects of the declaration: pools that say of themselves what they do not do.

use super::crossing::{Crossing, Processes};
use super::pool::Steps;
use super::{Broken, Difficulty};
use crate::Area;
use poolproof_harness::{
    CancelPolicy, Capability, DropPolicy, Profile, QueuePolicy, StartOrder, Support, WorkerLossPolicy,
};
use std::sync::Arc;

/// A defect of the declaration.
const fn declares(
    name: &'static str,
    difficulty: Difficulty,
    defect: &'static str,
    expected: &'static [&'static str],
    steps: fn() -> Arc<dyn Steps>,
) -> Broken {
    Broken { name, area: Area::Profile, difficulty, defect, source: "seeded", expected, steps }
}

pub(super) fn broken() -> Vec<Broken> {
    use Difficulty::{Always, Fault, Gates};
    vec![
        declares(
            "declares-less-than-it-offers",
            Always,
            "It cancels and calls back, and declares neither.",
            &["PROF-001"],
            || Arc::new(DeclaresLess),
        ),
        declares(
            "declares-more-than-it-offers",
            Always,
            "It declares that it can be awaited, and cannot.",
            &["PROF-002"],
            || Arc::new(DeclaresMore),
        ),
        declares("declares-no-limit", Gates, "It declares a worker for each task, and queues.", &["PROF-003"], || {
            Arc::new(DeclaresNoLimit)
        }),
        declares(
            "declares-lifo",
            Gates,
            "It declares last in, first out, and starts the oldest.",
            &["PROF-004"],
            || Arc::new(DeclaresLifo),
        ),
        declares(
            "declares-a-bound",
            Gates,
            "It declares a queue of four places, and takes any number.",
            &["PROF-005"],
            || Arc::new(DeclaresBound),
        ),
        declares(
            "declares-acknowledged-cancel",
            Gates,
            "It declares that cancelled tasks count when a worker passed them, and counts them at once.",
            &["PROF-006"],
            || Arc::new(DeclaresAcknowledged),
        ),
        declares(
            "declares-cancel-on-drop-of-a-future",
            Gates,
            "It declares that a dropped future cancels its task, and runs it.",
            &["PROF-007"],
            || Arc::new(DeclaresCancelOnDrop),
        ),
        declares(
            "declares-to-wait-on-drop",
            Gates,
            "It declares that dropping it waits for what was accepted, and returns at once.",
            &["PROF-008"],
            || Arc::new(DeclaresWait),
        ),
        declares(
            "declares-to-break-with-a-worker",
            Fault,
            "It declares that the death of a worker breaks it, and replaces the worker.",
            &["PROF-009"],
            || Processes::new(DeclaresBreaking),
        ),
    ]
}

struct DeclaresLess;
impl Steps for DeclaresLess {
    fn declare(&self, mut profile: Profile) -> Profile {
        for capability in [Capability::Cancel, Capability::CancelFutures, Capability::Callback] {
            profile.support.remove(&capability);
        }
        Profile { cancel: CancelPolicy::Never, ..profile }
    }
    fn offers(&self, _capability: Capability) -> bool {
        true
    }
}

struct DeclaresMore;
impl Steps for DeclaresMore {
    fn declare(&self, mut profile: Profile) -> Profile {
        profile.support.insert(Capability::Async, Support::Native);
        profile
    }
    fn offers(&self, capability: Capability) -> bool {
        capability != Capability::Async
    }
}

struct DeclaresNoLimit;
impl Steps for DeclaresNoLimit {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { worker_limit: Some(false), ..profile }
    }
}

struct DeclaresLifo;
impl Steps for DeclaresLifo {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { start_order: StartOrder::Lifo, ..profile }
    }
}

struct DeclaresBound;
impl Steps for DeclaresBound {
    fn declare(&self, mut profile: Profile) -> Profile {
        profile.support.insert(Capability::Bound, Support::Native);
        Profile { queue: QueuePolicy::Refuses(4), ..profile }
    }
}

struct DeclaresAcknowledged;
impl Steps for DeclaresAcknowledged {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { cancel: CancelPolicy::Acknowledged, ..profile }
    }
}

struct DeclaresCancelOnDrop;
impl Steps for DeclaresCancelOnDrop {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { drop_future: DropPolicy::Cancels, ..profile }
    }
}

struct DeclaresWait;
impl Steps for DeclaresWait {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { drop_executor: DropPolicy::Waits, ..profile }
    }
}

struct DeclaresBreaking;
impl Crossing for DeclaresBreaking {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { worker_loss: WorkerLossPolicy::PoolBroken, ..profile }
    }
}
