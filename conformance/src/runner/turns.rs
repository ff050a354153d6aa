//! Whose turn it is: so many checks have the machine at once.
//!
//! A check that waits out its patience needs no processor. It passes its turn on while it sleeps, so that
//! a subject which hangs often costs little more time than one that never does, and so that no more checks
//! than were asked for compete for the machine.

use std::sync::{Condvar, Mutex, PoisonError};

/// How many may take a turn now.
#[derive(Debug)]
pub(super) struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Turns {
    /// That many at once.
    pub(super) fn new(at_once: usize) -> Self {
        Self { free: Mutex::new(at_once), freed: Condvar::new() }
    }

    /// Waits for a turn.
    pub(super) fn take(&self) -> Turn<'_> {
        let mut turn = Turn { turns: self, has_it: false };
        turn.resume();
        turn
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
            *self.turns.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            self.turns.freed.notify_one();
        }
    }

    /// Waits until it is this one's turn again, if it was passed on.
    pub(super) fn resume(&mut self) {
        if !self.has_it {
            let free = self.turns.free.lock().unwrap_or_else(PoisonError::into_inner);
            let free = self.turns.freed.wait_while(free, |free| *free == 0);
            *free.unwrap_or_else(PoisonError::into_inner) -= 1;
            self.has_it = true;
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
        assert_eq!(*turns.free.lock().expect("nobody panicked"), 0);
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
        assert_eq!(*turns.free.lock().expect("nobody panicked"), 0);
        drop(first);
        assert_eq!(*turns.free.lock().expect("nobody panicked"), 1);
    }
}
