//! `map` of the thread executor: one job for each worker instead of one for each item.
//!
//! The input is cut into *pieces*, long ones first and single items at the end. Each worker gets
//! one job, which takes piece after piece and runs its items; when no piece is left it helps with
//! those that are not finished. So chunks are chosen automatically, and yet no item ever waits for
//! the one before it while a worker has nothing to do: whatever an item does, the items behind it
//! in its piece are there for everybody. Hence `chunksize` changes nothing and is ignored, as it is
//! by Python's threads.
//!
//! # Who wakes whom
//!
//! Each piece has a mutex, which its worker takes once for each item: to put the last outcome in
//! and to take the next item out. The reader of the results waits for one piece at a time; whoever
//! puts in the outcome that it waits for wakes it.
//!
//! # Why nothing is lost
//!
//! An item is in its piece, in the hands of one worker, or its outcome is in the piece. Cancelling
//! takes the items out under the same mutex and puts in their failures instead. The pool knows
//! every map that is under way: a shutdown that cancels, and a broken initialiser, end it.

#[cfg(all(test, loom))]
mod models;
mod piece;
mod results;

use self::piece::Piece;
use self::results::Results;
use super::pool::{Map, Pool};
use super::sync::Arc;
use poolproof_harness::{Failure, Job, MapOptions, MapResults, Refused, Task, checkpoint};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// So many pieces are cut for each worker until they are single items.
const PIECES_PER_WORKER: usize = 8;
/// No piece is longer, so that the reader gets its results while the map is under way.
const LONGEST: usize = 1024;

/// One map.
struct Batch<T: Task> {
    pieces: Vec<Piece<T>>,
    /// The first piece that nobody has begun.
    next: AtomicUsize,
}

/// Runs every item of `tasks` on `pool`.
pub(super) fn map<T: Task>(
    pool: &Arc<Pool>,
    tasks: &mut dyn Iterator<Item = T>,
    options: MapOptions,
) -> Result<MapResults<T::Output>, Refused> {
    // A limit beyond what the clock can represent is no limit.
    let deadline = options.timeout.and_then(|limit| Instant::now().checked_add(limit));
    // An executor that has stopped reads no input.
    pool.accepts()?;
    let batch = Arc::new(Batch::cut(tasks.collect(), pool.config.workers));
    let known: Arc<dyn Map> = Arc::<Batch<T>>::clone(&batch);
    pool.begin(&known)?;
    for _ in 0..pool.config.workers.min(batch.pieces.len()) {
        let (run, lost) = (Arc::clone(&batch), Arc::clone(&batch));
        // A job that is refused ends the map, as its fate says.
        pool.submit(Job::with_fate(move || run.work(), move |failure| lost.end(&failure)))?;
    }
    Ok(Box::new(Results::new(batch, deadline, pool.id)))
}

impl<T: Task> Batch<T> {
    fn cut(mut tasks: Vec<T>, workers: usize) -> Self {
        // From the end, so that what is left stays where it is.
        let mut lengths = Vec::new();
        let mut left = tasks.len();
        while left > 0 {
            let length = (left / (PIECES_PER_WORKER * workers)).clamp(1, LONGEST);
            lengths.push(length);
            left -= length;
        }
        let mut pieces: Vec<_> =
            lengths.iter().rev().map(|length| Piece::new(tasks.split_off(tasks.len() - length))).collect();
        pieces.reverse();
        Self { pieces, next: AtomicUsize::new(0) }
    }

    /// Runs items as long as there are any.
    fn work(&self) {
        loop {
            // Relaxed: the pieces were there before the job was submitted.
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            match self.pieces.get(index) {
                Some(piece) => piece.run(checkpoint),
                None => break,
            }
        }
        // No piece is left to begin: what is left of the others is done together.
        self.pieces.iter().for_each(|piece| piece.run(checkpoint));
    }
}

impl<T: Task> Map for Batch<T> {
    /// What has not started never will, and has `failure` as its outcome.
    fn end(&self, failure: &Failure) {
        self.pieces.iter().for_each(|piece| piece.end(failure));
    }
}
