//! What a task gives where it ran, for a crate that hands it over under two more words.
//!
//! tokio's handle answers with a `Poll` of a `Result` of what the task gave, whose other case has three words. If what the
//! task gave is smaller than that, whether it is ready stands in a word of its own before it: written by one store, the rest
//! by others, and who passes the answer on reads across the seam. A read that no single store has written waits until all of
//! them have reached memory, 3 to 4 ns, and so once more in each function that passes it on. How many of these there are is up
//! to the compiler: of one source, the adapters of tokio cost from 19 to 37 ns. What has room for that case, and says itself
//! which case it is, has both in its first word, and is passed on in the pieces in which it was written.

use super::awaited::{Gives, Ran};
use super::handle::Given;
use poolproof_harness::Raised;
use std::mem::MaybeUninit;

/// A [`Ran`] that is at least as large as the other case of what carries it.
#[derive(Debug)]
pub enum Roomy<T> {
    /// What the task gave.
    Value(T),
    /// Its error.
    Raised(Box<Raised>),
    /// Never made: it is there for its size.
    #[doc(hidden)]
    Room([MaybeUninit<usize>; 3]),
}

impl<T> From<Ran<T>> for Roomy<T> {
    #[inline]
    fn from(ran: Ran<T>) -> Self {
        ran.map_or_else(Self::Raised, Self::Value)
    }
}

impl<T> Gives<T> for Roomy<T> {
    #[inline(always)]
    fn given(self) -> Given<T> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Raised(raised) => Err(raised).given(),
            Self::Room(_) => unreachable!("nobody makes it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Poll;
    use tokio::task::JoinError;

    #[test]
    fn what_carries_it_needs_no_word_more() {
        assert_eq!(size_of::<Roomy<u64>>(), 4 * size_of::<usize>());
        assert_eq!(size_of::<Poll<Result<Roomy<u64>, JoinError>>>(), size_of::<Roomy<u64>>());
        assert!(size_of::<Poll<Result<Ran<u64>, JoinError>>>() > size_of::<Result<Ran<u64>, JoinError>>());
    }
}
