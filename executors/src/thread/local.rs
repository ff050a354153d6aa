//! A worker as the others see it: its own queue, and how it is woken.

use super::sync::{AtomicUsize, Condvar, Mutex, MutexGuard, Ordering};
use poolproof_harness::Job;
use std::collections::VecDeque;
use std::sync::PoisonError;

/// What the tasks of one worker submitted, oldest first.
struct Own {
    jobs: VecDeque<Job>,
    /// Nothing more is accepted once the pool has stopped.
    open: bool,
}

/// One worker's place.
pub(super) struct Local {
    own: Mutex<Own>,
    /// The length of the queue, for those who have not locked it.
    len: AtomicUsize,
    /// It was woken and has not noticed yet.
    woken: Mutex<bool>,
    called: Condvar,
}

/// So many settled jobs are let go at most with one push. More than one, or they pile up.
const SWEPT: usize = 4;

impl Local {
    pub(super) fn new() -> Self {
        Self {
            own: Mutex::new(Own { jobs: VecDeque::new(), open: true }),
            len: AtomicUsize::new(0),
            woken: Mutex::new(false),
            called: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there seems to be something in it. Sequentially consistent, see [`super`].
    pub(super) fn is_promising(&self) -> bool {
        self.len.load(Ordering::SeqCst) > 0
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Puts `job` at the end, or gives it back if the pool has stopped. For the worker itself.
    pub(super) fn push(&self, job: Job) -> Result<(), Job> {
        let mut swept: [Option<Job>; SWEPT] = Default::default();
        let mut own = self.lock();
        if !own.open {
            return Err(job);
        }
        // What this worker ran itself because it waited for it is still here, at the end.
        for place in &mut swept {
            if !own.jobs.back().is_some_and(Job::is_cancelled) {
                break;
            }
            *place = own.jobs.pop_back();
        }
        own.jobs.push_back(job);
        self.len.store(own.jobs.len(), Ordering::SeqCst);
        drop(own);
        // Jobs are dropped with no lock held: what they carry is foreign.
        drop(swept);
        Ok(())
    }

    /// The oldest job.
    pub(super) fn pop(&self) -> Option<Job> {
        if self.len.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut own = self.lock();
        let job = own.jobs.pop_front();
        self.len.store(own.jobs.len(), Ordering::Relaxed);
        job
    }

    /// Accepts nothing more; whether it is empty, for good.
    pub(super) fn close(&self) -> bool {
        let mut own = self.lock();
        own.open = false;
        own.jobs.is_empty()
    }

    /// Accepts nothing more, and gives everything.
    pub(super) fn close_and_take(&self) -> VecDeque<Job> {
        let mut own = self.lock();
        own.open = false;
        self.len.store(0, Ordering::Relaxed);
        std::mem::take(&mut own.jobs)
    }

    /// Sleeps until it is woken.
    pub(super) fn sleep(&self) {
        let mut woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        while !*woken {
            woken = self.called.wait(woken).unwrap_or_else(PoisonError::into_inner);
        }
        *woken = false;
    }

    /// Wakes the worker, which was taken off the list of sleepers.
    pub(super) fn wake(&self) {
        *self.woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.called.notify_one();
    }
}
