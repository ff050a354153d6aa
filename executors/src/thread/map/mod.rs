//! `map` of the thread executor: one job for each worker instead of one for each item.
//!
//! The input is cut into *pieces* while it is read: long ones first and single items at the end, if it says how long
//! it is. When some were read, workers begin. Each worker gets one job, which takes piece after piece and runs its
//! items; when no piece is left it takes half of what another one has left to do. So chunks are chosen automatically,
//! and yet no item ever waits for the one before it while a worker has nothing to do: whatever an item does, the items
//! behind it are there for everybody, those that were taken over included. Hence `chunksize` changes nothing and is
//! ignored, as it is by Python's threads.
//!
//! # Who owns what
//!
//! Every position of a piece is in one [`Part`](part::Part), which has one *owner*: the worker that began the piece
//! owns the whole of it, and whoever takes half of a part owns that half. The owner claims its positions one by one
//! from the front, by a plain write and a plain read, and others cut the part at its end, under the mutex of the
//! piece: `part.rs` says why a position is claimed once. Who has claimed a position takes its item out, runs it, and
//! puts the outcome into its place; the place says when it is there, and the one reader takes it out.
//!
//! # Who wakes whom
//!
//! The reader waits for one position at a time, and writes down which before it sleeps; whoever has put an outcome in
//! looks whether it is that one, and wakes the reader. Jobs are tasks of the pool, and wake workers as those do; while
//! the caller goes on reading the input, a worker is woken for each of them at once.
//!
//! # Why nothing is lost
//!
//! *An item* is on the board with its piece, or in a part of it; or it was claimed, and whoever has claimed it runs or
//! fails it. Cancelling claims everything that is left, as one who cuts the parts at their beginning. The pool knows
//! every map that is under way: a shutdown that cancels, and a broken initialiser, end it; so does a job that is
//! refused or lost, and a call that fails.
//!
//! *A worker*: `board.rs` says why there is one for what is put up last, and for what is left of a piece that was begun.
//!
//! *A wake-up*: who puts an outcome in says so, passes the frequent fence and reads what is awaited; the reader writes
//! what it awaits, passes the rare fence and looks for the outcome. At least one of the two sees the other, and since
//! the reader does it under the mutex in which it then sleeps, a wake-up finds it asleep.
//!
//! # Memory orderings
//!
//! An item reaches whoever claims it through the mutex of the board, by which the piece came to its owner, and to all
//! who cut it. An outcome is published by storing that it is there with release, and read after loading that with
//! acquire. Everything else is relaxed and ordered by the two [`fences`](poolproof_harness::fences), as above and in
//! `part.rs`: the rare one costs a microsecond or two, and is passed where a worker has nothing else to do, where the
//! reader falls asleep, and where a map is cancelled.

mod board;
#[cfg(all(test, loom))]
mod models;
mod part;
mod piece;
mod places;
mod results;

use self::board::Board;
use self::piece::Piece;
use self::results::Results;
use super::pool::{Map, Pool};
use super::sync::{Arc, prepare};
use poolproof_harness::{Failure, Job, MapOptions, MapResults, Refused, Task};
use std::time::Instant;

/// So many pieces are cut for each worker until they are single items.
const PIECES_PER_WORKER: usize = 8;
/// No piece is longer, so that the reader gets its results while the map is under way. When so many items were read,
/// the first are run.
const LONGEST: usize = 1024;

/// One map.
struct Batch<T: Task> {
    board: Board<T>,
}

/// Runs every item of `tasks` on `pool`.
pub(super) fn map<T: Task>(
    pool: &Arc<Pool>,
    tasks: &mut dyn Iterator<Item = T>,
    options: MapOptions,
) -> Result<MapResults<T::Output>, Refused> {
    // A limit beyond what the clock can represent is no limit.
    let deadline = options.timeout.and_then(|limit| Instant::now().checked_add(limit));
    prepare();
    let batch = Arc::new(Batch { board: Board::new() });
    let known: Arc<dyn Map> = Arc::<Batch<T>>::clone(&batch);
    // An executor that has stopped reads no input.
    pool.begin(&known)?;
    // If it stops meanwhile, or the input panics, nobody gets a result.
    let unread = Unread(&batch);
    let pieces = batch.read(pool, tasks)?;
    std::mem::forget(unread);
    Ok(Box::new(Results::new(batch, pieces, deadline, pool.id)))
}

impl<T: Task> Batch<T> {
    /// Reads the input, and has it run.
    fn read(
        self: &Arc<Self>,
        pool: &Arc<Pool>,
        tasks: &mut dyn Iterator<Item = T>,
    ) -> Result<Vec<Arc<Piece<T>>>, Refused> {
        let (mut pieces, mut items) = (Vec::new(), 0);
        loop {
            let expected = tasks.size_hint().0;
            let length = if expected > 0 { expected } else { items } / (PIECES_PER_WORKER * pool.config.workers);
            let piece = Arc::new(Piece::new(tasks, length.clamp(1, LONGEST)));
            if piece.len() == 0 {
                break;
            }
            items += piece.len();
            self.board.post(&piece);
            pieces.push(piece);
            if items >= LONGEST && self.staff(pool)? {
                // This thread goes on to use its core.
                pool.wake_for_each();
            }
        }
        self.staff(pool)?;
        Ok(pieces)
    }

    /// Sees to it that there are jobs enough; whether any was missing.
    fn staff(self: &Arc<Self>, pool: &Arc<Pool>) -> Result<bool, Refused> {
        // An executor that has stopped meanwhile refuses the rest, also where jobs are still at work.
        pool.accepts()?;
        let mut missing = false;
        while self.board.wants_job(pool.config.workers) {
            let (run, lost) = (Arc::clone(self), Arc::clone(self));
            // A job that is refused ends the map, as its fate says.
            pool.submit(Job::with_fate(move || run.work(true, || ()), move |failure| lost.end(&failure)))?;
            missing = true;
        }
        Ok(missing)
    }

    /// Runs items as long as there are any, and calls `between` between them.
    fn work(&self, job: bool, between: impl Fn()) {
        while let Some(share) = self.board.claim(job) {
            self.board.done(share.run(&between));
        }
    }
}

impl<T: Task> Map for Batch<T> {
    /// What has not started never will, and has `failure` as its outcome.
    fn end(&self, failure: &Failure) {
        self.board.end(failure);
    }
}

/// Ends the map when it is dropped.
struct Unread<'a, T: Task>(&'a Batch<T>);

impl<T: Task> Drop for Unread<'_, T> {
    fn drop(&mut self) {
        self.0.end(&Failure::Cancelled);
    }
}
