//! Workers without a task: those that search, and those that sleep.

/// Guarded by the pool's mutex.
#[derive(Default)]
pub(super) struct Idle {
    /// Workers that are about to look into every queue: those that found nothing and have not gone
    /// to sleep yet, and those that were woken and have not run yet.
    searching: usize,
    /// Workers that sleep and that nobody has woken, by number; the last one sleeps shortest.
    asleep: Vec<usize>,
}

impl Idle {
    /// How many workers have no task.
    pub(super) fn count(&self) -> usize {
        self.searching + self.asleep.len()
    }

    /// How many sleep undisturbed.
    #[cfg(all(test, not(loom)))]
    pub(super) fn asleep(&self) -> usize {
        self.asleep.len()
    }

    /// Whether [`Idle::wake_one`] would wake somebody.
    pub(super) fn could_wake(&self) -> bool {
        self.searching == 0 && !self.asleep.is_empty()
    }

    /// Takes one sleeper off the list, to be woken by the caller; nobody if a worker searches, for
    /// that one will find what there is, and wake the next one.
    pub(super) fn wake_one(&mut self) -> Option<usize> {
        if self.searching > 0 {
            return None;
        }
        let woken = self.asleep.pop();
        self.searching += usize::from(woken.is_some());
        woken
    }

    /// Takes sleepers off the list, to be woken by the caller, until `wanted` workers search.
    pub(super) fn wake_until(&mut self, wanted: usize) -> Vec<usize> {
        let more = wanted.saturating_sub(self.searching).min(self.asleep.len());
        self.searching += more;
        self.asleep.split_off(self.asleep.len() - more)
    }

    /// Takes all sleepers off the list, to be woken by the caller.
    pub(super) fn wake_all(&mut self) -> Vec<usize> {
        self.searching += self.asleep.len();
        std::mem::take(&mut self.asleep)
    }

    /// A worker begins to search.
    pub(super) fn search(&mut self) {
        self.searching += 1;
    }

    /// A worker that searched does so no more.
    pub(super) fn stop_searching(&mut self) {
        self.searching -= 1;
    }

    /// Worker `number`, which searched, goes to sleep.
    pub(super) fn sleep(&mut self, number: usize) {
        self.searching -= 1;
        self.asleep.push(number);
    }

    /// The worker that went to sleep last changes its mind, under the same lock.
    pub(super) fn wake_up(&mut self) {
        self.asleep.pop();
        self.searching += 1;
    }
}
