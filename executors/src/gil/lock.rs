//! The lock.

use super::timeline::{Timeline, Turn};
use poolproof_harness::InterpreterLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What happened to a [`Gil`] so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GilCounts {
    /// How often it was taken.
    pub takes: u64,
    /// How often a thread found it held and had to wait.
    pub waits: u64,
    /// How often a waiter's interval ended and it asked for the lock.
    pub requests: u64,
    /// How often a holder that was asked gave it up and waited until another thread had it.
    pub hand_overs: u64,
}

/// A lock that one thread at a time holds while it interprets tasks.
///
/// ```
/// use poolproof_executors::gil::Gil;
/// use poolproof_harness::{InterpreterLock, blocking, with_interpreter};
/// use std::sync::Arc;
///
/// let gil = Arc::new(Gil::new(Gil::SWITCH_INTERVAL));
/// let lock: Arc<dyn InterpreterLock> = gil.clone();
/// with_interpreter(&lock, || {
///     assert!(gil.is_held());
///     blocking(|| assert!(!gil.is_held()));
/// });
/// assert_eq!(gil.counts().takes, 2);
/// ```
#[derive(Debug)]
pub struct Gil {
    interval: Duration,
    /// Somebody waits and wants the holder to let go. Set and cleared under the mutex; the holder
    /// reads it without, and a stale reading only delays the hand-over to the next checkpoint.
    asked: AtomicBool,
    state: Mutex<State>,
    freed: Condvar,
    taken: Condvar,
}

#[derive(Debug, Default)]
struct State {
    held: bool,
    /// Threads that sleep on `freed`.
    waiting: usize,
    /// Threads that sleep on `taken`.
    handing: usize,
    counts: GilCounts,
    /// Only of a lock that was asked to keep it.
    timeline: Option<Timeline>,
}

impl Gil {
    /// CPython's default switch interval.
    pub const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

    /// A free lock whose waiters ask for it after `interval`.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            asked: AtomicBool::new(false),
            state: Mutex::default(),
            freed: Condvar::new(),
            taken: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, keeping a timeline: who held it when. The timeline grows with every take.
    #[must_use]
    pub fn recording(interval: Duration) -> Self {
        let gil = Self::new(interval);
        gil.lock().timeline = Some(Timeline::default());
        gil
    }

    /// Every stretch of time during which a thread held it, in their order; empty if it keeps no
    /// timeline. The turn that is under way is not in it.
    #[must_use]
    pub fn timeline(&self) -> Vec<Turn> {
        self.lock().timeline.as_ref().map(Timeline::turns).unwrap_or_default()
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> GilCounts {
        self.lock().counts
    }

    /// Whether a thread holds it now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.lock().held
    }
}

impl InterpreterLock for Gil {
    fn acquire(&self) {
        let mut state = self.lock();
        if state.held {
            state.counts.waits += 1;
        }
        while state.held {
            let takes = state.counts.takes;
            state.waiting += 1;
            let (woken, timer) = self.freed.wait_timeout(state, self.interval).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.waiting -= 1;
            // A lock that changed hands meanwhile has a new holder, who is left a whole interval.
            if timer.timed_out() && state.held && state.counts.takes == takes {
                state.counts.requests += 1;
                self.asked.store(true, Ordering::Relaxed);
            }
        }
        state.held = true;
        state.counts.takes += 1;
        if let Some(timeline) = &mut state.timeline {
            timeline.taken();
        }
        self.asked.store(false, Ordering::Relaxed);
        let handing = state.handing > 0;
        drop(state);
        if handing {
            self.taken.notify_all();
        }
    }

    fn release(&self) {
        let mut state = self.lock();
        state.held = false;
        if let Some(timeline) = &mut state.timeline {
            timeline.given_back();
        }
        if state.waiting > 0 {
            self.freed.notify_one();
        }
        if self.asked.load(Ordering::Relaxed) {
            state.counts.hand_overs += 1;
            let takes = state.counts.takes;
            state.handing += 1;
            while state.counts.takes == takes {
                state = self.taken.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.handing -= 1;
        }
    }

    fn checkpoint(&self) {
        if self.asked.load(Ordering::Relaxed) {
            self.release();
            self.acquire();
        }
    }
}
