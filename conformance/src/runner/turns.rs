//! Whose turn it is: so many checks have the machine at once.
//!
//! A check that waits out its patience needs no processor. It passes its turn on while it sleeps, so that
//! a subject which hangs often costs little more time than one that never does, and so that no more checks
//! than were asked for compete for the machine.
//!
//! Who passed a turn on and needs another comes before who has not begun: what was begun first takes longest,
//! and must not end long after everything else.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many may take a turn now.
#[derive(Debug)]
pub(super) struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    free: usize,
    /// How many wait for another turn.
    returning: usize,
}

impl Turns {
    /// That many at once.
    pub(super) fn new(at_once: usize) -> Self {
        Self { state: Mutex::new(State { free: at_once, returning: 0 }), changed: Condvar::new() }
    }

    /// Waits for a first turn.
    pub(super) fn take(&self) -> Turn<'_> {
        self.wait_while(|state| state.free == 0 || state.returning > 0).free -= 1;
        Turn { turns: self, has_it: true }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, not_yet: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let state = self.changed.wait_while(self.state(), |state| not_yet(state));
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn, which ends with this value.
#[derive(Debug)]
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    has_it: bool,
}

impl Turn<'_> {
    /// Passes it on.
    pub(super) fn pass(&mut self) {
        if std::mem::take(&mut self.has_it) {
            self.turns.state().free += 1;
            // All, for the one that is woken alone may have to let another go first.
            self.turns.changed.notify_all();
        }
    }

    /// Waits until it is this one's turn again, if it was passed on.
    pub(super) fn resume(&mut self) {
        if !self.has_it {
            self.turns.state().returning += 1;
            let mut state = self.turns.wait_while(|state| state.free == 0);
            state.free -= 1;
            state.returning -= 1;
            self.has_it = true;
            drop(state);
            // With the last to return, those that have not begun may.
            self.turns.changed.notify_all();
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.pass();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{TryRecvError, channel};
    use std::thread;

    #[test]
    fn whoever_passes_a_turn_on_waits_for_the_next() {
        let turns = Turns::new(1);
        let mut first = turns.take();
        // Twice is once.
        first.pass();
        first.pass();
        let second = turns.take();
        assert_eq!(turns.state().free, 0);
        thread::scope(|scope| {
            let (sender, back) = channel();
            let first = &mut first;
            scope.spawn(move || {
                first.resume();
                sender.send(()).expect("somebody waits");
            });
            assert_eq!(back.try_recv(), Err(TryRecvError::Empty), "two had the only turn");
            drop(second);
            back.recv().expect("it is its turn again");
        });
        assert_eq!(turns.state().free, 0);
        drop(first);
        assert_eq!(turns.state().free, 1);
    }

    #[test]
    fn who_returns_comes_before_who_has_not_begun() {
        let turns = Turns::new(1);
        let mut first = turns.take();
        first.pass();
        let second = turns.take();
        let order = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let order = &order;
            scope.spawn(move || {
                first.resume();
                order.lock().expect("nobody panicked").push("returns");
            });
            // Whoever ends takes the next turn at once, as the threads of a runner do.
            while turns.state().returning == 0 {
                thread::yield_now();
            }
            drop(second);
            let third = turns.take();
            order.lock().expect("nobody panicked").push("begins");
            drop(third);
        });
        assert_eq!(order.into_inner().expect("nobody panicked"), ["returns", "begins"]);
    }
}
