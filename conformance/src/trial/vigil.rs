//! How long something that must happen is waited for: as long as there are signs of life, and a patience more.
//!
//! How many tasks a check has, and how long a subject takes for one, decides how long everything takes; none
//! of that says that anything hangs. What hangs is silent. So the patience counts from the last entry of the
//! history, as the runner's own counts from the last report. One that lives on for ever (a task that is run again and
//! again because its worker dies) and does not do what it must is waited for [`LONGEST`] patiences in all.

use poolproof_harness::{Deadline, History, Patience};
use std::time::Duration;

/// So many patiences a wait takes at most, whatever happens meanwhile. Each lasts as long as twenty lives of an
/// executor with one task.
const LONGEST: u32 = 5;

/// A wait whose patience counts anew whenever something happened.
#[derive(Debug)]
pub(crate) struct Vigil {
    history: History,
    patience: Patience,
    /// How much had happened when the patience began to count.
    seen: usize,
    deadline: Deadline,
    /// The end of it all.
    end: Deadline,
}

impl Vigil {
    /// A wait that begins now.
    pub(crate) fn new(history: &History, patience: Patience) -> Self {
        let end = Patience::at_least(patience.nominal() * LONGEST).start();
        Self { history: history.clone(), patience, seen: history.len(), deadline: patience.start(), end }
    }

    /// Lets the wait begin now.
    pub(super) fn begin(&mut self) {
        *self = Self::new(&self.history, self.patience);
    }

    /// The next slice to wait for, or `None` when nothing happened for as long as the patience lasts, or the end is
    /// reached.
    pub(super) fn next_slice(&mut self) -> Option<Duration> {
        let happened = self.history.len();
        if happened != self.seen {
            (self.seen, self.deadline) = (happened, self.patience.start());
        }
        self.end.next_slice().and(self.deadline.next_slice())
    }
}

/// Repeats a wait, a slice of `patience` at a time, for as long as there are signs of life; whether it came to
/// something.
pub(super) fn while_alive(history: &History, patience: Patience, wait: impl Fn(Patience) -> bool) -> bool {
    const SLICE: Patience = Patience::ticks(1);
    let mut vigil = Vigil::new(history, patience);
    while vigil.next_slice().is_some() {
        if wait(SLICE) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use poolproof_harness::{Actor, Event, Moment};
    use std::cell::Cell;

    const PATIENCE: Patience = Patience::ticks(3);

    fn something(history: &History) {
        history.record(Event::here(Actor::Task(1), Moment::Started));
    }

    /// How many slices there are until nobody waits any more.
    fn slices(vigil: &mut Vigil) -> usize {
        std::iter::from_fn(|| vigil.next_slice()).take(100).count()
    }

    #[test]
    fn the_patience_counts_from_the_last_sign_of_life() {
        let history = History::default();
        let mut vigil = Vigil::new(&history, PATIENCE);
        assert!(vigil.next_slice().is_some());
        something(&history);
        assert_eq!(slices(&mut vigil), 3, "no more than from what happened");
        assert_eq!(slices(&mut vigil), 0);
    }

    #[test]
    fn whatever_happens_a_wait_comes_to_an_end() {
        let history = History::default();
        let mut vigil = Vigil::new(&history, PATIENCE);
        let lively = std::iter::from_fn(|| {
            something(&history);
            vigil.next_slice()
        });
        assert_eq!(lively.take(100).count(), 15);
    }

    #[test]
    fn what_happened_before_the_wait_is_no_sign_of_life_in_it() {
        let history = History::default();
        let mut vigil = Vigil::new(&history, PATIENCE);
        something(&history);
        vigil.begin();
        assert_eq!(slices(&mut vigil), 3);
    }

    #[test]
    fn a_wait_is_repeated_while_something_happens() {
        let history = History::default();
        let waits = Cell::new(0);
        let came = while_alive(&history, PATIENCE, |_| {
            waits.set(waits.get() + 1);
            if waits.get() < 4 {
                something(&history);
            }
            false
        });
        assert_eq!((came, waits.get()), (false, 6), "three in vain after the last thing that happened");
        assert!(while_alive(&history, PATIENCE, |_| true));
    }
}
