//! A worker as the others see it: its own queue, and how it is woken.

use super::sync::{AtomicBool, AtomicUsize, Mutex, MutexGuard, Ordering, Thread, current, park};
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
    woken: AtomicBool,
    thread: Mutex<Option<Thread>>,
}

/// So many settled jobs are let go at most with one push. More than one, or they pile up.
const SWEPT: usize = 4;

impl Local {
    pub(super) fn new() -> Self {
        Self {
            own: Mutex::new(Own { jobs: VecDeque::new(), open: true }),
            len: AtomicUsize::new(0),
            woken: AtomicBool::new(false),
            thread: Mutex::new(None),
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

    /// Makes the calling thread the one that [`Local::wake`] wakes.
    pub(super) fn settle_in(&self) {
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(current());
    }

    /// Sleeps until it is woken. A task may have left a stray permit to pass `park`, hence the loop.
    pub(super) fn sleep(&self) {
        while !self.woken.swap(false, Ordering::Acquire) {
            park();
        }
    }

    /// Wakes the worker, which was taken off the list of sleepers.
    pub(super) fn wake(&self) {
        // A worker settles in before it is ever on the list.
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.woken.store(true, Ordering::Release);
        if let Some(thread) = thread {
            thread.unpark();
        }
    }
}
