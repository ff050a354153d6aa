//! `map` in chunks: one message carries several items, and each item keeps its own outcome.

use super::draft::Room;
use super::lane::MOST;
use super::message::{Batch, Items};
use super::parcel::{Parcel, Receipt, rebuild};
use super::shared::Shared;
use poolproof_harness::{
    Attendant, Callbacks, CellFuture, Failure, Future, MapOptions, MapResults, Outcome, Payload, Promise, PromiseId,
    Raised, Refused, Task, TimedOut,
};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// The outcomes of one chunk, in input order. The map's reader is the only one who has its future, and joins it.
#[derive(Clone)]
enum Outcomes<T> {
    /// Without memory of its own.
    One(Outcome<T>),
    Many(VecDeque<Outcome<T>>),
}

/// The items of a chunk that cannot be sent, in their order: which ones, and why.
type Failed<T> = VecDeque<(usize, Outcome<T>)>;

/// The items sent with one message when the caller does not say.
const DEFAULT_CHUNKSIZE: usize = 1;

/// Reads the whole input, sends it off in chunks, and gives the results in input order.
pub(super) fn map<T: Task>(
    shared: &Arc<Shared>,
    tasks: &mut dyn Iterator<Item = T>,
    options: MapOptions,
) -> Result<MapResults<T::Output>, Refused> {
    let deadline = options.timeout.and_then(|limit| Instant::now().checked_add(limit));
    let chunksize = options.chunksize.unwrap_or(DEFAULT_CHUNKSIZE);
    if chunksize == 0 {
        return Err(Refused::Other(Raised::new("ValueError", "chunksize must be at least 1")));
    }
    shared.admits()?;
    // Until the call returns nobody can read: if the input panics or a chunk is refused, dropping
    // the results cancels what was sent off.
    let mut results = Results::<T::Output> {
        shared: Arc::clone(shared),
        taken: VecDeque::new(),
        chunks: VecDeque::new(),
        deadline,
        read: true,
    };
    let mut length = 0;
    while let Some(first) = tasks.next() {
        let mut chunk = Chunk::<T::Output> { count: 0, failed: VecDeque::new(), name: T::NAME };
        let mut items = Items::run_about(T::NAME, Room::Spare(&shared.spares), length);
        chunk.pack(first, &mut items);
        for task in tasks.take(chunksize - 1) {
            chunk.pack(task, &mut items);
        }
        // The next one will be as long, or a little longer: numbers grow.
        length = if chunksize == 1 { 0 } else { (items.length() + items.length() / 64).min(MOST) };
        results.chunks.push_back(chunk.send_off(items, shared)?);
    }
    results.read = false;
    Ok(Box::new(results))
}

/// The items of one message while it is put together.
struct Chunk<T> {
    /// How many items were given to it.
    count: usize,
    failed: Failed<T>,
    name: &'static str,
}

impl<T: Payload> Chunk<T> {
    fn pack<K: Task<Output = T>>(&mut self, task: K, items: &mut Items<'_>) {
        if let Err(problem) = items.push(&task) {
            self.failed.push_back((self.count, Err(unserialisable::<K>(&problem))));
        }
        self.count += 1;
    }

    fn send_off(self, items: Items<'_>, shared: &Arc<Shared>) -> Result<CellFuture<Outcomes<T>>, Refused> {
        let (promise, future) = Promise::attended();
        if items.count() == 0 {
            promise.complete(Ok(gather(self.failed, std::iter::empty())));
        } else {
            let name = self.name;
            let receipt = ChunkReceipt { promise, tasks: items.count(), failed: self.failed, name };
            shared.push(Parcel::new(name, items, Box::new(receipt)))?;
        }
        Ok(future)
    }
}

/// Why a task of type `T` cannot be sent.
pub(super) fn unserialisable<T: Task>(problem: &str) -> Failure {
    Failure::Unserialisable(format!("the task `{}` cannot be serialised: {problem}", T::NAME))
}

/// `outcomes`, and in their places those of the items that are not in the message.
fn gather<T>(failed: Failed<T>, mut outcomes: impl ExactSizeIterator<Item = Outcome<T>>) -> Outcomes<T> {
    if failed.is_empty()
        && outcomes.len() == 1
        && let Some(outcome) = outcomes.next()
    {
        return Outcomes::One(outcome);
    }
    let mut gathered: VecDeque<_> = outcomes.collect();
    for (place, outcome) in failed {
        // Those before it are in their places already.
        gathered.insert(place.min(gathered.len()), outcome);
    }
    Outcomes::Many(gathered)
}

struct ChunkReceipt<T> {
    promise: Promise<Outcomes<T>>,
    /// The items in the message.
    tasks: u64,
    failed: Failed<T>,
    name: &'static str,
}

impl<T: Payload> Receipt for ChunkReceipt<T> {
    fn is_cancelled(&self) -> bool {
        self.promise.is_cancelled()
    }

    fn claim(&self) -> bool {
        self.promise.claim()
    }

    fn cancel(&self) {
        self.promise.cancel();
    }

    fn place(&self, attendant: Arc<dyn Attendant>) {
        self.promise.place(attendant);
    }

    /// Its future is in the hands of [`Results`] alone, which takes back everything at once before it cancels.
    fn send_ahead(&self) -> bool {
        !self.is_cancelled()
    }

    fn take_back(&self) {}

    fn is_for(&self, promise: PromiseId) -> bool {
        self.promise.id() == promise
    }

    fn deliver(self: Box<Self>, outcomes: Batch<'_>, rebuilt: &mut dyn FnMut()) -> Callbacks {
        let Self { promise, failed, name, .. } = *self;
        let outcomes = gather(failed, outcomes.map(|bytes| rebuild(name, bytes)));
        rebuilt();
        promise.publish(Ok(outcomes))
    }

    fn fail(self: Box<Self>, failure: Failure) -> Callbacks {
        // What could not be sent keeps its own failure; the rest shares the message's fate.
        let Self { promise, tasks, failed, .. } = *self;
        promise.publish(Ok(gather(failed, (0..tasks as usize).map(|_| Err(failure.clone())))))
    }
}

/// The results of a map.
struct Results<T: Payload> {
    shared: Arc<Shared>,
    /// Of the chunk that is being read.
    taken: VecDeque<Outcome<T>>,
    chunks: VecDeque<CellFuture<Outcomes<T>>>,
    deadline: Option<Instant>,
    /// Whether anybody has begun to read.
    read: bool,
}

impl<T: Payload> Results<T> {
    /// Cancels the chunks that have not started; nothing more is to be read.
    fn give_up(&mut self) {
        self.taken.clear();
        let chunks = std::mem::take(&mut self.chunks);
        if !chunks.is_empty() {
            // These futures offer cancel, and nobody has registered anything with them; `false` means that
            // the chunk has started.
            self.shared.give_up(|| {
                for chunk in &chunks {
                    let _ = chunk.cancel();
                }
            });
        }
    }
}

impl<T: Payload> Iterator for Results<T> {
    type Item = Result<Outcome<T>, TimedOut>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read = true;
        while self.taken.is_empty() {
            let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match self.chunks.pop_front()?.join_within(left) {
                Ok(Ok(Outcomes::Many(outcomes))) => self.taken = outcomes,
                Ok(Ok(Outcomes::One(Ok(value)))) => return Some(Ok(Ok(value))),
                Ok(Ok(Outcomes::One(Err(failure))) | Err(failure)) => {
                    self.give_up();
                    return Some(Ok(Err(failure)));
                }
                Err(late) => {
                    self.chunks.push_front(late);
                    self.give_up();
                    return Some(Err(TimedOut));
                }
            }
        }
        let outcome = self.taken.pop_front()?;
        if outcome.is_err() {
            self.give_up();
        }
        Some(Ok(outcome))
    }
}

impl<T: Payload> Drop for Results<T> {
    fn drop(&mut self) {
        // A reader that stopped half-way wants no more; one that never began only submitted.
        if self.read {
            self.give_up();
        }
    }
}
