//! Which pieces of a map there are to work on, and how many jobs do.
//!
//! A job goes on until every item is claimed. Then it leaves, unless a piece was put up since it began to look: else
//! it would count for that piece, and not be there for it. Locks are taken in the order board, piece.
//!
//! More jobs are wanted as long as there are fewer than items that were not claimed and shares that are worked on: a
//! job whose item blocks is there for nothing else. It does not matter whether those items are in pieces that nobody
//! has begun: the last piece may be begun before the second job is asked for, and its items may wait for one another.

use super::super::sync::{Arc, Mutex, MutexGuard};
use super::piece::{Piece, Share};
use poolproof_harness::{Failure, Task, contain};
use std::collections::VecDeque;
use std::sync::PoisonError;

/// The pieces that have items left to start.
pub(super) struct Board<T: Task>(Mutex<Posted<T>>);

struct Posted<T: Task> {
    /// Those that nobody has begun.
    waiting: VecDeque<Arc<Piece<T>>>,
    /// Those that somebody has begun, and that had items left when it was last looked.
    begun: Vec<Arc<Piece<T>>>,
    /// How many items are in them.
    items: usize,
    /// So many pieces were put up.
    count: usize,
    /// So many jobs work on them, or will.
    jobs: usize,
    /// So many shares are worked on, or looked for.
    shares: usize,
    /// Nothing starts any more.
    over: Option<Failure>,
}

impl<T: Task> Board<T> {
    pub(super) fn new() -> Self {
        let (waiting, begun) = (VecDeque::new(), Vec::new());
        Self(Mutex::new(Posted { waiting, begun, items: 0, count: 0, jobs: 0, shares: 0, over: None }))
    }

    fn lock(&self) -> MutexGuard<'_, Posted<T>> {
        // No foreign code runs under the mutex, so a poisoned one is consistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a piece up.
    pub(super) fn post(&self, piece: &Arc<Piece<T>>) {
        let mut posted = self.lock();
        if let Some(failure) = posted.over.clone() {
            drop(posted);
            return piece.end_whole(&failure);
        }
        posted.waiting.push_back(Arc::clone(piece));
        posted.items += piece.len();
        posted.count += 1;
    }

    /// Whether there should be one more job, of at most `most`; it is counted then.
    ///
    /// One for each item at most: an item that blocks must not keep others waiting, also those of its own piece.
    pub(super) fn wants_job(&self, most: usize) -> bool {
        let mut posted = self.lock();
        if posted.jobs >= most {
            return false;
        }
        let unclaimed = posted.items + posted.begun.iter().map(|piece| piece.left()).sum::<usize>();
        let wanted = unclaimed > 0 && posted.jobs < unclaimed + posted.shares;
        posted.jobs += usize::from(wanted);
        wanted
    }

    /// Something to run: a piece that nobody has begun, or else a part of one. `None` if every item was claimed;
    /// then a `job` counts no more.
    pub(super) fn claim(&self, job: bool) -> Option<Share<T>> {
        loop {
            let mut posted = self.lock();
            posted.shares += 1;
            if let Some(piece) = posted.waiting.pop_front() {
                posted.items -= piece.len();
                let share = piece.begin();
                posted.begun.push(piece);
                return Some(share);
            }
            let (begun, count) = (posted.begun.clone(), posted.count);
            drop(posted);
            if let Some(share) = begun.iter().find_map(Piece::divide) {
                return Some(share);
            }
            let mut posted = self.lock();
            posted.shares -= 1;
            // A piece that came meanwhile may need whoever is here.
            if posted.count == count {
                posted.jobs -= usize::from(job);
                return None;
            }
        }
    }

    /// A part of `piece` is done.
    pub(super) fn done(&self, piece: Arc<Piece<T>>) {
        let mut posted = self.lock();
        posted.shares -= 1;
        let mut last = None;
        if piece.left() == 0
            && let Some(index) = posted.begun.iter().position(|begun| Arc::ptr_eq(begun, &piece))
        {
            last = Some(posted.begun.swap_remove(index));
        }
        drop(posted);
        // Nobody may read the outcomes; their destructors are foreign code, which may panic.
        let _ = contain(|| drop((piece, last)));
    }

    /// What has not started never will, and has `failure` as its outcome.
    pub(super) fn end(&self, failure: &Failure) {
        let mut posted = self.lock();
        posted.over.get_or_insert_with(|| failure.clone());
        posted.items = 0;
        let (waiting, begun) = (std::mem::take(&mut posted.waiting), posted.begun.clone());
        drop(posted);
        begun.iter().for_each(|piece| piece.end(failure));
        waiting.iter().for_each(|piece| piece.end_whole(failure));
    }
}
