//! `map`: its options, its results, and the two forms that need nothing but `submit`.

use crate::{Executor, Failure, Future, Outcome, Refused, Task, TimedOut};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

/// Options of [`Executor::map`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MapOptions {
    /// Limit for the whole iteration, counted from the call.
    pub timeout: Option<Duration>,
    /// Items sent to a worker at a time; `None` lets the executor choose. Threads ignore it.
    pub chunksize: Option<usize>,
    /// At most this many results are outstanding; `None` submits everything at the call.
    pub buffersize: Option<usize>,
}

/// The results of a map, in input order.
///
/// An item is `Err(TimedOut)` once, when the limit passed and the next result is not available;
/// the iterator then ends, having cancelled every call that has not started.
pub type MapResults<T> = Box<dyn Iterator<Item = Result<Outcome<T>, TimedOut>> + Send>;

/// The supplied `map`: one `submit` per item, at the call; results read in order.
///
/// This form has no `buffersize`: the whole input is submitted at the call.
///
/// # Errors
///
/// [`Refused`] when `submit` refuses; the calls already submitted are cancelled.
pub fn submit_map<E: Executor, T: Task>(
    executor: &E,
    tasks: &mut dyn Iterator<Item = T>,
    options: MapOptions,
) -> Result<MapResults<T::Output>, Refused> {
    let deadline = deadline_of(options.timeout);
    let submit = |task| executor.submit(task);
    let futures = submit_each::<T, _>(&submit, tasks)?;
    Ok(Box::new(Results { futures, deadline, started: false, more: || None, value: PhantomData }))
}

/// A map that runs ahead of its reader by at most `options.buffersize` items, on top of `submit`.
///
/// The call submits the first items; each result that is read lets one more item in. An item that
/// `submit` refuses later on ends the results with [`Failure::Broken`].
///
/// # Errors
///
/// [`Refused`] when `submit` refuses one of the first items; those before it are cancelled.
pub fn buffered_map<T: Task, F: Future<T::Output>>(
    submit: impl Fn(T) -> Result<F, Refused> + Send + 'static,
    mut tasks: Box<dyn Iterator<Item = T> + Send>,
    options: MapOptions,
) -> Result<MapResults<T::Output>, Refused> {
    let deadline = deadline_of(options.timeout);
    let ahead = options.buffersize.unwrap_or(usize::MAX);
    let futures = submit_each::<T, _>(&submit, &mut tasks.by_ref().take(ahead))?;
    let more = move || tasks.next().map(&submit);
    Ok(Box::new(Results { futures, deadline, started: false, more, value: PhantomData }))
}

fn submit_each<T: Task, F: Future<T::Output>>(
    submit: &impl Fn(T) -> Result<F, Refused>,
    tasks: &mut dyn Iterator<Item = T>,
) -> Result<VecDeque<Entry<F>>, Refused> {
    let mut futures = VecDeque::new();
    for task in tasks {
        match submit(task) {
            Ok(future) => futures.push_back(Entry::Accepted(future)),
            Err(refused) => {
                cancel_all::<T::Output, _>(&futures);
                return Err(refused);
            }
        }
    }
    Ok(futures)
}

/// A limit beyond what the clock can represent is no limit.
fn deadline_of(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|limit| Instant::now().checked_add(limit))
}

/// One item whose result is outstanding.
enum Entry<F> {
    Accepted(F),
    /// `submit` refused it after the map had begun.
    Refused(Refused),
}

fn cancel_all<'a, T: 'a, F: Future<T> + 'a>(entries: impl IntoIterator<Item = &'a Entry<F>>) {
    for entry in entries {
        if let Entry::Accepted(future) = entry {
            // An executor without cancel lets the rest run: that is its profile, not an error.
            let _ = future.cancel();
        }
    }
}

/// The results in input order. `more` submits one further item of a bounded map.
struct Results<T, F: Future<T>, M> {
    futures: VecDeque<Entry<F>>,
    deadline: Option<Instant>,
    started: bool,
    more: M,
    value: PhantomData<fn() -> T>,
}

impl<T, F: Future<T>, M: FnMut() -> Option<Result<F, Refused>>> Iterator for Results<T, F, M> {
    type Item = Result<Outcome<T>, TimedOut>;

    fn next(&mut self) -> Option<Self::Item> {
        self.started = true;
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let result = match self.futures.front()? {
            Entry::Accepted(future) => future.result(left),
            Entry::Refused(refused) => Ok(Err(Failure::Broken(refused.to_string()))),
        };
        match &result {
            Ok(Ok(_)) => {
                self.futures.pop_front();
                if let Some(accepted) = (self.more)() {
                    self.futures.push_back(accepted.map_or_else(Entry::Refused, Entry::Accepted));
                }
            }
            // After a failure or a time-out nobody reads on: what has not started is cancelled,
            // including the call that was waited for.
            Ok(Err(_)) | Err(TimedOut) => {
                cancel_all::<T, F>(&self.futures);
                self.futures.clear();
            }
        }
        Some(result)
    }
}

impl<T, F: Future<T>, M> Drop for Results<T, F, M> {
    fn drop(&mut self) {
        // A reader that stopped half-way wants no more; one that never began only submitted.
        if self.started {
            cancel_all::<T, F>(&self.futures);
        }
    }
}
