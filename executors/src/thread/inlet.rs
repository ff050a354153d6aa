//! A queue that is filled without the pool's mutex.

use super::sync::{AtomicUsize, Mutex, MutexGuard, Ordering};
use poolproof_harness::Job;
use std::collections::VecDeque;
use std::sync::PoisonError;

/// First in, first out, until it is closed.
///
/// It has cache lines of its own: who fills it is seldom who empties it.
#[repr(align(128))]
pub(super) struct Inlet {
    held: Mutex<Held>,
    /// The length of the queue, for those who have not locked it.
    len: AtomicUsize,
}

struct Held {
    jobs: VecDeque<Job>,
    /// Nothing more is accepted once the pool has stopped.
    open: bool,
}

impl Inlet {
    pub(super) fn new() -> Self {
        Self { held: Mutex::new(Held { jobs: VecDeque::new(), open: true }), len: AtomicUsize::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there seems to be something in it.
    pub(super) fn is_promising(&self) -> bool {
        self.len() > 0
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Puts `job` at the end, or gives it back if the pool has stopped. At most `SWEPT` jobs at the end that
    /// are settled already are let go: what a worker ran itself because it waited for it is still there.
    pub(super) fn push<const SWEPT: usize>(&self, job: Job) -> Result<(), Job> {
        let mut swept = [const { None }; SWEPT];
        let mut held = self.lock();
        if !held.open {
            return Err(job);
        }
        for place in &mut swept {
            if !held.jobs.back().is_some_and(Job::is_cancelled) {
                break;
            }
            *place = held.jobs.pop_back();
        }
        held.jobs.push_back(job);
        self.len.store(held.jobs.len(), Ordering::Relaxed);
        drop(held);
        // Jobs are dropped with no lock held: what they carry is foreign.
        drop(swept);
        Ok(())
    }

    /// The oldest job.
    pub(super) fn pop(&self) -> Option<Job> {
        if self.len() == 0 {
            return None;
        }
        let mut held = self.lock();
        let job = held.jobs.pop_front();
        self.len.store(held.jobs.len(), Ordering::Relaxed);
        job
    }

    /// Moves everything into `empty`, which must be that. Their buffers change places, so that neither
    /// grows anew.
    pub(super) fn pour_into(&self, empty: &mut VecDeque<Job>) {
        if self.len() == 0 {
            return;
        }
        let mut held = self.lock();
        std::mem::swap(&mut held.jobs, empty);
        self.len.store(0, Ordering::Relaxed);
    }

    /// Accepts nothing more; whether it is empty, for good.
    pub(super) fn close(&self) -> bool {
        let mut held = self.lock();
        held.open = false;
        held.jobs.is_empty()
    }

    /// Accepts nothing more, and gives everything.
    pub(super) fn close_and_take(&self) -> VecDeque<Job> {
        let mut held = self.lock();
        held.open = false;
        self.len.store(0, Ordering::Relaxed);
        std::mem::take(&mut held.jobs)
    }
}
