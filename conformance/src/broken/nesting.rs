//! Defects in tasks that use their own executor.

use super::pool::{Job, Pool, Steps};
use super::{Broken, Difficulty};
use crate::Area;
use poolproof_harness::{NestedPolicy, Profile, Refused};
use std::cell::RefCell;
use std::sync::Arc;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "nested-task-waits-for-its-parent",
            area: Area::Nesting,
            difficulty: Difficulty::Gates,
            defect: "A task that a task submits sits in a slot that only the parent's worker looks into, when it is free.",
            source: "tokio-rs/tokio#4323",
            expected: &["NEST-002"],
            steps: || Arc::new(NestedTaskWaits),
        },
        Broken {
            name: "nested-progress-promised",
            area: Area::Nesting,
            difficulty: Difficulty::Always,
            defect: "The profile promises progress for nested waits on one worker, and they deadlock.",
            source: "bevyengine/bevy#892, gevent/gevent#131",
            expected: &["NEST-001"],
            steps: || Arc::new(NestedProgressPromised),
        },
    ]
}

thread_local! {
    /// What the running task submitted.
    static SLOT: RefCell<Vec<Job>> = const { RefCell::new(Vec::new()) };
}

struct NestedTaskWaits;
impl Steps for NestedTaskWaits {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        if pool.is_mine() {
            self.admit(&pool.lock())?;
            SLOT.with_borrow_mut(|slot| slot.push(job));
            return Ok(());
        }
        pool.enqueue(job)
    }
    fn next(&self, pool: &Pool) -> Option<Job> {
        SLOT.with_borrow_mut(Vec::pop).or_else(|| pool.next())
    }
}

struct NestedProgressPromised;
impl Steps for NestedProgressPromised {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { nested: NestedPolicy::Progresses, ..profile }
    }
}
