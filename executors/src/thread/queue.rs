//! The queue that all workers share.

use super::inlet::Inlet;
use poolproof_harness::{Job, QueuePolicy};
use std::collections::VecDeque;

/// First in, first out, with or without a limit.
pub(super) struct Queue {
    jobs: VecDeque<Job>,
    limit: usize,
}

/// How many tasks before its turn a task is fetched.
const AHEAD: usize = 2;

impl Queue {
    pub(super) fn new(policy: QueuePolicy) -> Self {
        let limit = match policy {
            QueuePolicy::Unbounded | QueuePolicy::Undeclared => usize::MAX,
            QueuePolicy::Blocks(limit) | QueuePolicy::Refuses(limit) => limit,
        };
        Self { jobs: VecDeque::new(), limit }
    }

    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Whether the limit is reached. Cancelled tasks are not pending: they are let go first.
    pub(super) fn is_full(&mut self) -> bool {
        if self.jobs.len() >= self.limit {
            self.jobs.retain(|job| !job.is_cancelled());
        }
        self.jobs.len() >= self.limit
    }

    pub(super) fn push(&mut self, job: Job) {
        self.jobs.push_back(job);
    }

    pub(super) fn pop(&mut self) -> Option<Job> {
        let job = self.jobs.pop_front();
        // A task comes from another core, more often than not, and takes longer to come than most take to run.
        if let Some(job) = self.jobs.get(AHEAD) {
            job.prefetch();
        }
        job
    }

    /// Takes over what waits in `inlet`, if nothing waits here.
    pub(super) fn refill(&mut self, inlet: &Inlet) {
        if self.jobs.is_empty() {
            inlet.pour_into(&mut self.jobs);
        }
    }

    /// Everything that was queued.
    pub(super) fn take_all(&mut self) -> VecDeque<Job> {
        std::mem::take(&mut self.jobs)
    }
}
