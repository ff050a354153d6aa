//! The results of a map, in input order.

use super::super::pool::Map;
use super::super::sync::Arc;
use super::Batch;
use super::piece::Kept;
use poolproof_harness::{ExecutorId, Failure, Outcome, Task, TimedOut, blocking};
use std::collections::VecDeque;
use std::time::Instant;

/// Reads the pieces one after the other.
pub(super) struct Results<T: Task> {
    batch: Arc<Batch<T>>,
    /// The piece that is read.
    piece: usize,
    /// Taken out of it, and not given yet.
    taken: VecDeque<Kept<T::Output>>,
    deadline: Option<Instant>,
    executor: ExecutorId,
    /// Whether anybody has begun to read.
    started: bool,
}

impl<T: Task> Results<T> {
    pub(super) fn new(batch: Arc<Batch<T>>, deadline: Option<Instant>, executor: ExecutorId) -> Self {
        Self { batch, piece: 0, taken: VecDeque::new(), deadline, executor, started: false }
    }

    /// Nothing more is read: what has not started is cancelled.
    fn give_up(&mut self) {
        self.taken.clear();
        self.piece = self.batch.pieces.len();
        self.batch.end(&Failure::Cancelled);
    }

    /// Waits for outcomes of the piece that is read; `false` at the end.
    fn fill(&mut self) -> Result<bool, TimedOut> {
        while self.taken.is_empty() {
            let Some(piece) = self.batch.pieces.get(self.piece) else { return Ok(false) };
            piece.read_what_is_there(&mut self.taken);
            if !self.taken.is_empty() {
                break;
            }
            if self.deadline.is_none() && self.executor.is_mine() {
                // A worker that waits for what nobody may be there to run runs it itself.
                self.batch.work();
            }
            blocking(|| piece.read(&mut self.taken, self.deadline))?;
            if self.taken.is_empty() {
                self.piece += 1;
            }
        }
        Ok(true)
    }
}

impl<T: Task> Iterator for Results<T> {
    type Item = Result<Outcome<T::Output>, TimedOut>;

    fn next(&mut self) -> Option<Self::Item> {
        self.started = true;
        if self.taken.is_empty() {
            match self.fill() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(TimedOut) => {
                    self.give_up();
                    return Some(Err(TimedOut));
                }
            }
        }
        let outcome = self.taken.pop_front()?;
        if outcome.is_err() {
            // Nobody reads on after a failure.
            self.give_up();
        }
        Some(Ok(outcome.map_err(|failure| *failure)))
    }
}

impl<T: Task> Drop for Results<T> {
    fn drop(&mut self) {
        // A reader that stopped half-way wants no more; one that never began only submitted.
        if self.started {
            self.give_up();
        }
    }
}
