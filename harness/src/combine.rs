//! `wait` and `as_completed` over any futures that can be watched.
//!
//! Both register one shared [`Watcher`] with every distinct future. A future that is done already
//! tells it at once, one that completes later tells it exactly once, and the board is tested under
//! its own mutex before each sleep: no completion is missed. Registrations are taken back when the
//! wait ends, so nothing is left on the futures.

use crate::worker::is_worker;
use crate::{Future, TimedOut, Unsupported, WatchId, Watcher, blocking, search};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When [`wait`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReturnWhen {
    /// When at least one future is done.
    FirstCompleted,
    /// When at least one future failed, or all are done. A cancellation is not a failure.
    FirstException,
    /// When all are done.
    AllCompleted,
}

/// What [`wait`] found: indices into its input, ascending. Together they name every future once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waited {
    /// The futures that are done.
    pub done: Vec<usize>,
    /// The others.
    pub not_done: Vec<usize>,
}

#[derive(Default)]
struct Board {
    inner: Mutex<Noted>,
    changed: Condvar,
}

#[derive(Default)]
struct Noted {
    order: VecDeque<usize>,
    completed: usize,
    failures: usize,
    /// The one caller sleeps.
    asleep: bool,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until `ready` holds or `deadline` passed; `None` means it passed. What is ready
    /// stays so: only the one caller takes anything off the board.
    fn until(&self, deadline: Option<Instant>, ready: impl Fn(&Noted) -> bool) -> Option<MutexGuard<'_, Noted>> {
        let noted = self.lock();
        if ready(&noted) {
            return Some(noted);
        }
        drop(noted);
        // A task that waits gives its interpreter up meanwhile; it takes it back without holding
        // the board, which a completing worker needs.
        blocking(|| search(|| ready(&self.lock()).then_some(())).is_some() || self.sleep(deadline, &ready))
            .then(|| self.lock())
    }

    fn sleep(&self, deadline: Option<Instant>, ready: &impl Fn(&Noted) -> bool) -> bool {
        let mut noted = self.lock();
        while !ready(&noted) {
            noted.asleep = true;
            noted = match deadline {
                None => self.changed.wait(noted).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.changed.wait_timeout(noted, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
            noted.asleep = false;
        }
        true
    }
}

impl Watcher for Board {
    fn completed(&self, key: usize, failed: bool) {
        let mut noted = self.lock();
        noted.order.push_back(key);
        noted.completed += 1;
        noted.failures += usize::from(failed);
        let asleep = noted.asleep;
        drop(noted);
        if asleep {
            self.changed.notify_all();
        }
    }
}

fn deadline_of(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|limit| Instant::now().checked_add(limit))
}

/// Registrations on distinct futures, taken back on drop.
struct Watching<T, F: Future<T>> {
    /// A future that was yielded is let go.
    futures: Vec<Option<(F, WatchId)>>,
    /// So many from the front have been started, here or elsewhere.
    assisted: usize,
    value: std::marker::PhantomData<fn() -> T>,
}

impl<T, F: Future<T>> Watching<T, F> {
    fn start(futures: impl IntoIterator<Item = F>, board: &Arc<Board>) -> Result<Self, Unsupported> {
        let mut watching = Self { futures: Vec::new(), assisted: 0, value: std::marker::PhantomData };
        for (key, future) in futures.into_iter().enumerate() {
            let watcher: Arc<dyn Watcher> = Arc::clone(board) as Arc<dyn Watcher>;
            let id = future.watch(watcher, key)?;
            watching.futures.push(Some((future, id)));
        }
        Ok(watching)
    }

    /// Runs tasks that nobody has started here, if this thread is a worker that may, until
    /// `enough` holds. Only for waits without a limit, which would else never end.
    fn assist(&mut self, enough: impl Fn() -> bool) {
        while is_worker() && self.assisted < self.futures.len() && !enough() {
            // A task that is not there to be started now never will be.
            if let Some((future, _)) = &self.futures[self.assisted] {
                future.assist();
            }
            self.assisted += 1;
        }
    }
}

impl<T, F: Future<T>> Drop for Watching<T, F> {
    fn drop(&mut self) {
        for (future, id) in self.futures.iter().flatten() {
            future.unwatch(*id);
        }
    }
}

/// Waits for several futures, at most `timeout`. Passing the limit is not an error.
///
/// The caller removes duplicates: indices in the answer are positions in `futures`.
///
/// # Errors
///
/// [`Unsupported`] if one of the futures cannot be watched.
///
/// ```
/// use poolproof_harness::{Promise, ReturnWhen, wait};
/// let (first, a) = Promise::<u32>::pair();
/// let (_second, b) = Promise::<u32>::pair();
/// first.complete(Ok(1));
/// let waited = wait::<u32, _>([a, b], ReturnWhen::FirstCompleted, None).unwrap();
/// assert_eq!((waited.done, waited.not_done), (vec![0], vec![1]));
/// ```
pub fn wait<T, F: Future<T>>(
    futures: impl IntoIterator<Item = F>,
    when: ReturnWhen,
    timeout: Option<Duration>,
) -> Result<Waited, Unsupported> {
    let deadline = deadline_of(timeout);
    let board = Arc::new(Board::default());
    let mut watching = Watching::<T, F>::start(futures, &board)?;
    let count = watching.futures.len();
    let enough = |noted: &Noted| {
        noted.completed == count
            || match when {
                ReturnWhen::FirstCompleted => noted.completed > 0,
                ReturnWhen::FirstException => noted.failures > 0,
                ReturnWhen::AllCompleted => false,
            }
    };
    if timeout.is_none() {
        watching.assist(|| enough(&board.lock()));
    }
    let noted = board.until(deadline, enough).unwrap_or_else(|| board.lock());
    let mut done: Vec<usize> = noted.order.iter().copied().collect();
    drop(noted);
    done.sort_unstable();
    let not_done = (0..count).filter(|index| done.binary_search(index).is_err()).collect();
    Ok(Waited { done, not_done })
}

/// Yields positions of futures in completion order; made by [`as_completed`].
pub struct AsCompleted<T, F: Future<T>> {
    board: Arc<Board>,
    watching: Watching<T, F>,
    deadline: Option<Instant>,
    yielded: usize,
    expired: bool,
}

impl<T, F: Future<T>> fmt::Debug for AsCompleted<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted").field("yielded", &self.yielded).finish_non_exhaustive()
    }
}

/// Yields each future once, when it is done; those done already come first.
///
/// The limit counts from this call, for the whole iteration: when it passes with futures
/// outstanding the iterator yields [`TimedOut`] once and ends. Results that are available are
/// still yielded after it. The caller removes duplicates.
///
/// # Errors
///
/// [`Unsupported`] if one of the futures cannot be watched.
pub fn as_completed<T, F: Future<T>>(
    futures: impl IntoIterator<Item = F>,
    timeout: Option<Duration>,
) -> Result<AsCompleted<T, F>, Unsupported> {
    let deadline = deadline_of(timeout);
    let board = Arc::new(Board::default());
    let watching = Watching::start(futures, &board)?;
    Ok(AsCompleted { board, watching, deadline, yielded: 0, expired: false })
}

impl<T, F: Future<T>> Iterator for AsCompleted<T, F> {
    type Item = Result<usize, TimedOut>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.expired || self.yielded == self.watching.futures.len() {
            return None;
        }
        let some = |noted: &Noted| !noted.order.is_empty();
        if self.deadline.is_none() {
            self.watching.assist(|| some(&self.board.lock()));
        }
        let Some(mut noted) = self.board.until(self.deadline, some) else {
            self.expired = true;
            return Some(Err(TimedOut));
        };
        let position = noted.order.pop_front()?;
        drop(noted);
        self.yielded += 1;
        self.watching.futures[position] = None;
        Some(Ok(position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellFuture, Failure, Promise, Raised};
    use std::thread;

    fn pairs(count: usize) -> (Vec<Option<Promise<u32>>>, Vec<CellFuture<u32>>) {
        (0..count).map(|_| Promise::pair()).map(|(promise, future)| (Some(promise), future)).unzip()
    }

    fn finish(promises: &mut [Option<Promise<u32>>], index: usize) {
        promises[index].take().unwrap().complete(Ok(1));
    }

    fn split(done: &[usize], not_done: &[usize]) -> Result<Waited, Unsupported> {
        Ok(Waited { done: done.to_vec(), not_done: not_done.to_vec() })
    }

    const POLL: Option<Duration> = Some(Duration::ZERO);

    #[test]
    fn each_mode_returns_when_it_should_and_not_before() {
        use ReturnWhen::{AllCompleted, FirstCompleted, FirstException};
        let (mut promises, futures) = pairs(4);
        let poll = |when| wait::<u32, _>(futures.clone(), when, POLL);
        for when in [FirstCompleted, FirstException, AllCompleted] {
            assert_eq!(poll(when), split(&[], &[0, 1, 2, 3]));
        }
        finish(&mut promises, 2);
        assert_eq!(wait::<u32, _>(futures.clone(), FirstCompleted, None), split(&[2], &[0, 1, 3]));
        assert!(futures[1].cancel().unwrap());
        assert_eq!(poll(FirstException), split(&[1, 2], &[0, 3]), "a cancellation is not a failure");
        promises[3].take().unwrap().complete(Err(Failure::Raised(Raised::new("E", ""))));
        assert_eq!(wait::<u32, _>(futures.clone(), FirstException, None), split(&[1, 2, 3], &[0]));
        finish(&mut promises, 0);
        assert_eq!(wait::<u32, _>(futures.clone(), AllCompleted, None), split(&[0, 1, 2, 3], &[]));
    }

    #[test]
    fn waiting_for_nothing_returns() {
        for when in [ReturnWhen::FirstCompleted, ReturnWhen::FirstException, ReturnWhen::AllCompleted] {
            assert_eq!(wait::<u32, CellFuture<u32>>([], when, None), split(&[], &[]));
        }
        assert_eq!(as_completed::<u32, CellFuture<u32>>([], None).unwrap().next(), None);
    }

    #[test]
    fn a_sleeping_wait_is_woken_by_the_future_listed_last() {
        let (mut promises, futures) = pairs(50);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| wait::<u32, _>(futures.clone(), ReturnWhen::FirstCompleted, None));
            while !futures.iter().all(CellFuture::is_watched) {
                thread::yield_now();
            }
            finish(&mut promises, 49);
            assert_eq!(waiting.join().unwrap().unwrap().done, [49]);
        });
        assert!(!futures.iter().any(CellFuture::is_watched), "nothing is left on the futures");
    }

    #[test]
    fn completions_are_yielded_in_their_order() {
        let (mut promises, futures) = pairs(6);
        finish(&mut promises, 5);
        let mut completed = as_completed::<u32, _>(futures, None).unwrap();
        assert_eq!(completed.next(), Some(Ok(5)), "what is done already comes first");
        for index in [3, 0, 4, 1, 2] {
            finish(&mut promises, index);
        }
        let rest: Vec<_> = completed.map(Result::unwrap).collect();
        assert_eq!(rest, [3, 0, 4, 1, 2]);
    }

    #[test]
    fn after_the_limit_what_is_available_is_yielded_and_then_it_ends() {
        let (mut promises, futures) = pairs(3);
        finish(&mut promises, 1);
        let mut completed = as_completed::<u32, _>(futures, POLL).unwrap();
        assert_eq!(completed.next(), Some(Ok(1)));
        finish(&mut promises, 0);
        assert_eq!(completed.next(), Some(Ok(0)));
        assert_eq!((completed.next(), completed.next()), (Some(Err(TimedOut)), None));
    }

    #[test]
    fn a_yielded_future_is_let_go_and_an_abandoned_iteration_leaves_nothing_behind() {
        let (mut promises, futures) = pairs(2);
        let mut completed = as_completed::<u32, _>(futures.clone(), None).unwrap();
        let holders = futures[0].holders();
        finish(&mut promises, 0);
        assert_eq!(completed.next(), Some(Ok(0)));
        // The iterator and the promise have both let go.
        assert_eq!(futures[0].holders(), holders - 2);
        assert!(futures[1].is_watched());
        drop(completed);
        assert!(!futures[1].is_watched());
    }
}
