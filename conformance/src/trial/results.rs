//! Results that come one by one: of a map, and futures as they complete.

use super::assertion::gives;
use super::stop::{stop_of, wrong};
use super::{Stop, noted::noted};
use poolproof_harness::{AnyCompleted, AnyMap, Fault, History, Outcome, Value};
use std::fmt::Debug;

/// The results of a map of a trial.
pub struct MapUnderTest {
    results: Box<dyn AnyMap>,
    history: History,
}

impl Debug for MapUnderTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MapUnderTest").finish_non_exhaustive()
    }
}

impl MapUnderTest {
    pub(super) fn new(results: Box<dyn AnyMap>, history: History) -> Self {
        Self { results, history }
    }

    /// The next result; may fail.
    ///
    /// # Errors
    ///
    /// What the iterator says.
    pub fn try_next(&mut self) -> Result<Option<Outcome<Value>>, Fault> {
        noted(&self.history, "next result of the map", || self.results.next(), |value| format!("{value:?}"))
    }

    /// The next result, which must be a value.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] if it is not.
    #[track_caller]
    pub fn next_value(&mut self) -> Result<Value, Stop> {
        gives(true, || match self.try_next().map_err(|fault| stop_of("the map's next result", fault))? {
            Some(Ok(value)) => Ok(value),
            Some(Err(failure)) => wrong(format!("the map must give a value here, but {failure}")),
            None => wrong("the map ended although results are missing"),
        })
    }

    /// The remaining results, which must all be values.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] if one is not.
    #[track_caller]
    pub fn values(mut self) -> Result<Vec<Value>, Stop> {
        gives(true, || {
            let mut values = Vec::new();
            loop {
                match self.try_next().map_err(|fault| stop_of("the map's next result", fault))? {
                    None => return Ok(values),
                    Some(Ok(value)) => values.push(value),
                    Some(Err(failure)) => return wrong(format!("every item of the map must succeed, but {failure}")),
                }
            }
        })
    }
}

/// Futures of a trial in completion order.
pub struct CompletedUnderTest {
    completed: Box<dyn AnyCompleted>,
    history: History,
}

impl Debug for CompletedUnderTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompletedUnderTest").finish_non_exhaustive()
    }
}

impl CompletedUnderTest {
    pub(super) fn new(completed: Box<dyn AnyCompleted>, history: History) -> Self {
        Self { completed, history }
    }

    /// The position of the next future that is done; may fail.
    ///
    /// # Errors
    ///
    /// What the iterator says.
    pub fn try_next(&mut self) -> Result<Option<usize>, Fault> {
        noted(&self.history, "next of as_completed", || self.completed.next(), |value| format!("{value:?}"))
    }

    /// The position of the next future that is done, or `None` at the end.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the call fails.
    pub fn next_done(&mut self) -> Result<Option<usize>, Stop> {
        self.try_next().map_err(|fault| stop_of("the next of as_completed", fault))
    }

    /// Every remaining position.
    ///
    /// # Errors
    ///
    /// [`Stop`] if a call fails.
    pub fn rest(mut self) -> Result<Vec<usize>, Stop> {
        let mut positions = Vec::new();
        while let Some(position) = self.next_done()? {
            positions.push(position);
        }
        Ok(positions)
    }
}
