//! Lanes: which thread of this process makes a call.
//!
//! A driver makes the calls of one lane in order and in one thread, and no lane waits for another.
//! A thread of this process holds a number for as long as it lives; numbers are given again, so
//! that a check which starts many short threads does not fill the driver with idle ones.

use std::sync::{Mutex, PoisonError};

static FREE: Mutex<Numbers> = Mutex::new(Numbers { given: 0, returned: Vec::new() });

struct Numbers {
    given: usize,
    returned: Vec<usize>,
}

struct Number(usize);

impl Number {
    fn take() -> Self {
        let mut numbers = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        Self(numbers.returned.pop().unwrap_or_else(|| {
            numbers.given += 1;
            numbers.given - 1
        }))
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        FREE.lock().unwrap_or_else(PoisonError::into_inner).returned.push(self.0);
    }
}

thread_local! {
    static MINE: Number = Number::take();
}

/// The lanes of one link, in the order in which threads first used it.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    known: Mutex<Vec<usize>>,
}

impl Lanes {
    /// The lane of the calling thread. A thread that is ending borrows a number for one call.
    pub(super) fn mine(&self) -> usize {
        let number = MINE.try_with(|number| number.0).unwrap_or_else(|_| Number::take().0);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().position(|&one| one == number).unwrap_or_else(|| {
            known.push(number);
            known.len() - 1
        })
    }
}
