//! The results of a map, in input order.

use super::super::pool::Map;
use super::super::sync::Arc;
use super::Batch;
use super::piece::{Next, Piece};
use super::places::Kept;
use poolproof_harness::{ExecutorId, Failure, Outcome, Task, TimedOut, blocking, checkpoint};
use std::time::Instant;

/// Reads the pieces one after the other, and lets each go.
pub(super) struct Results<T: Task> {
    batch: Arc<Batch<T>>,
    /// The piece that is read.
    piece: Option<Arc<Piece<T>>>,
    /// Those behind it.
    pieces: std::vec::IntoIter<Arc<Piece<T>>>,
    deadline: Option<Instant>,
    executor: ExecutorId,
    /// Whether anybody has begun to read.
    started: bool,
}

impl<T: Task> Results<T> {
    pub(super) fn new(
        batch: Arc<Batch<T>>,
        pieces: Vec<Arc<Piece<T>>>,
        deadline: Option<Instant>,
        executor: ExecutorId,
    ) -> Self {
        let mut pieces = pieces.into_iter();
        Self { batch, piece: pieces.next(), pieces, deadline, executor, started: false }
    }

    /// Nothing more is read: what has not started is cancelled.
    fn give_up(&mut self) {
        self.batch.end(&Failure::Cancelled);
        (self.piece, self.pieces) = (None, Vec::new().into_iter());
    }

    /// The next outcome; `None` at the end.
    fn take(&mut self) -> Result<Option<Kept<T::Output>>, TimedOut> {
        while let Some(piece) = &self.piece {
            match piece.take() {
                Next::Outcome(outcome) => return Ok(Some(outcome)),
                Next::Later => self.wait(piece)?,
                Next::End => self.piece = self.pieces.next(),
            }
        }
        Ok(None)
    }

    #[cold]
    fn wait(&self, piece: &Piece<T>) -> Result<(), TimedOut> {
        if self.deadline.is_none() && self.executor.is_mine() {
            // A worker that waits for what nobody may be there to run runs it itself.
            self.batch.work(false, checkpoint);
        }
        blocking(|| piece.wait(self.deadline))
    }
}

impl<T: Task> Iterator for Results<T> {
    type Item = Result<Outcome<T::Output>, TimedOut>;

    fn next(&mut self) -> Option<Self::Item> {
        self.started = true;
        match self.take() {
            Ok(Some(Ok(value))) => Some(Ok(Ok(value))),
            Ok(Some(Err(failure))) => {
                // Nobody reads on after a failure.
                self.give_up();
                Some(Ok(Err(*failure)))
            }
            Ok(None) => None,
            Err(TimedOut) => {
                self.give_up();
                Some(Err(TimedOut))
            }
        }
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
