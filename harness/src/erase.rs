//! Erases a native executor into a subject.

use crate::subject::OpenError;
use crate::{
    Actor, AnyCompleted, AnyExecutor, AnyFuture, AnyMap, AnyWaited, AsCompleted, Callback, Capability, Config,
    Description, Executor, Fault, Future, Gatehouse, Input, MapOptions, MapResults, Outcome, Probe, Profile, Raised,
    Refused, ReturnWhen, SetupError, Shutdown, State, Subject, TimedOut, Unsupported, Value, WatchId, Watcher,
    as_completed, contain, wait,
};
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A native executor, erased.
pub struct Erased<E> {
    executor: Mutex<Option<Arc<E>>>,
    profile: Arc<Profile>,
}

impl<E> fmt::Debug for Erased<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Erased").finish_non_exhaustive()
    }
}

impl<E: Executor> Erased<E> {
    /// Erases `executor`.
    pub fn new(executor: E) -> Self {
        let profile = Arc::new(executor.profile());
        Self { executor: Mutex::new(Some(Arc::new(executor))), profile }
    }

    fn executor(&self) -> Result<Arc<E>, Fault> {
        let executor = self.executor.lock().unwrap_or_else(PoisonError::into_inner);
        executor.clone().ok_or(Fault::Refused(Refused::Shutdown))
    }
}

/// What every executor inherits from the harness is offered only where the profile declares it.
fn declared(profile: &Profile, capability: Capability) -> Result<(), Fault> {
    if profile.has(capability) { Ok(()) } else { Err(Fault::Unsupported) }
}

/// A panic inside the executor's own call is its error, not the end of the check.
fn caught<R>(call: impl FnOnce() -> R) -> Result<R, Fault> {
    contain(call).map_err(|panic| Fault::Raised(Raised::new("Panic", panic)))
}

impl<E: Executor> AnyExecutor for Erased<E> {
    fn submit(&self, probe: Probe) -> Result<Arc<dyn AnyFuture>, Fault> {
        let executor = self.executor()?;
        let future = caught(|| executor.submit(probe))??;
        Ok(Arc::new(ErasedFuture { future: Arc::new(future), profile: Arc::clone(&self.profile) }))
    }

    fn map(&self, input: Input, options: MapOptions) -> Result<Box<dyn AnyMap>, Fault> {
        declared(&self.profile, Capability::Map)?;
        if options.chunksize == Some(0) && self.executor()?.profile().has(Capability::Chunksize) {
            return Err(Fault::Raised(Raised::new("ValueError", "chunksize must be at least 1")));
        }
        let executor = self.executor()?;
        let results = match options.buffersize {
            None => caught(|| executor.map(&mut input.into_items(), options))??,
            Some(_) if !executor.profile().has(Capability::Buffersize) => return Err(Fault::Unsupported),
            Some(0) => return Err(Fault::Raised(Raised::new("ValueError", "buffersize must be at least 1"))),
            Some(_) => caught(|| executor.map_buffered(Box::new(input.into_items()), options))??,
        };
        Ok(Box::new(ErasedMap { results }))
    }

    fn wait(
        &self,
        futures: &[Arc<dyn AnyFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault> {
        declared(&self.profile, Capability::Wait)?;
        let (futures, positions) = distinct::<E>(futures)?;
        let waited = wait::<Value, _>(futures, when, timeout)?;
        let first = |indices: Vec<usize>| indices.into_iter().map(|index| positions[index]).collect();
        Ok(AnyWaited { done: first(waited.done), not_done: first(waited.not_done) })
    }

    fn as_completed(
        &self,
        futures: &[Arc<dyn AnyFuture>],
        timeout: Option<Duration>,
    ) -> Result<Box<dyn AnyCompleted>, Fault> {
        declared(&self.profile, Capability::AsCompleted)?;
        let (futures, positions) = distinct::<E>(futures)?;
        let completed = as_completed::<Value, _>(futures, timeout)?;
        Ok(Box::new(ErasedCompleted { completed, positions }))
    }

    fn shutdown(&self, how: Shutdown) -> Result<(), Fault> {
        let executor = self.executor()?;
        if how.cancel_futures && !executor.profile().has(Capability::CancelFutures) {
            return Err(Fault::Unsupported);
        }
        caught(|| executor.shutdown(how))
    }

    fn release(&self) -> Result<(), Fault> {
        let executor = self.executor.lock().unwrap_or_else(PoisonError::into_inner).take();
        caught(|| drop(executor))
    }
}

/// The distinct futures of a list, and where each first stood in it.
#[allow(clippy::type_complexity, reason = "a pair of parallel lists, used twice below")]
fn distinct<E: Executor>(
    futures: &[Arc<dyn AnyFuture>],
) -> Result<(Vec<SharedFuture<E::Future<Value>>>, Vec<usize>), Fault> {
    let mut seen = HashMap::new();
    let mut distinct = Vec::new();
    let mut positions = Vec::new();
    for (position, future) in futures.iter().enumerate() {
        let own = future.as_any().downcast_ref::<ErasedFuture<E::Future<Value>>>().ok_or(Fault::Unsupported)?;
        if seen.insert(Arc::as_ptr(&own.future), ()).is_none() {
            distinct.push(SharedFuture(Arc::clone(&own.future)));
            positions.push(position);
        }
    }
    Ok((distinct, positions))
}

/// A future shared between the check and a wait.
struct SharedFuture<F>(Arc<F>);

impl<T, F: Future<T>> Future<T> for SharedFuture<F> {
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<T>, TimedOut> {
        self.0.result(timeout)
    }
    fn state(&self) -> State {
        self.0.state()
    }
    fn assist(&self) -> bool {
        self.0.assist()
    }
    fn watch(&self, watcher: Arc<dyn Watcher>, key: usize) -> Result<WatchId, Unsupported> {
        self.0.watch(watcher, key)
    }
    fn unwatch(&self, id: WatchId) {
        self.0.unwatch(id);
    }
}

struct ErasedFuture<F> {
    future: Arc<F>,
    profile: Arc<Profile>,
}

impl<F: Future<Value>> AnyFuture for ErasedFuture<F> {
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<Value>, Fault> {
        Ok(caught(|| self.future.result(timeout))??)
    }

    fn state(&self) -> Result<State, Fault> {
        caught(|| self.future.state())
    }

    fn cancel(&self) -> Result<bool, Fault> {
        declared(&self.profile, Capability::Cancel)?;
        Ok(caught(|| self.future.cancel())??)
    }

    fn on_done(&self, callback: Callback) -> Result<(), Fault> {
        declared(&self.profile, Capability::Callback)?;
        let label = callback.label;
        let run = move || {
            // A callback has nobody to report to: what it raises ends here, what it panics with
            // is the executor's to contain.
            let _ = callback.run_as(Actor::Callback(label));
        };
        Ok(caught(|| self.future.on_done(Box::new(run)))??)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct ErasedMap {
    results: MapResults<Value>,
}

impl AnyMap for ErasedMap {
    fn next(&mut self) -> Result<Option<Outcome<Value>>, Fault> {
        match caught(|| self.results.next())? {
            None => Ok(None),
            Some(Ok(outcome)) => Ok(Some(outcome)),
            Some(Err(TimedOut)) => Err(Fault::TimedOut),
        }
    }
}

struct ErasedCompleted<F: Future<Value>> {
    completed: AsCompleted<Value, SharedFuture<F>>,
    positions: Vec<usize>,
}

impl<F: Future<Value>> AnyCompleted for ErasedCompleted<F> {
    fn next(&mut self) -> Result<Option<usize>, Fault> {
        match self.completed.next() {
            None => Ok(None),
            Some(Ok(index)) => Ok(Some(self.positions[index])),
            Some(Err(TimedOut)) => Err(Fault::TimedOut),
        }
    }
}

/// A subject made of a function that opens a native executor.
pub struct NativeSubject<F> {
    address: String,
    version: String,
    profile: Profile,
    open: F,
}

impl<F> fmt::Debug for NativeSubject<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeSubject").field("address", &self.address).finish_non_exhaustive()
    }
}

impl<F> NativeSubject<F> {
    /// A subject at `address`, of that version and declared profile, opened by `open`.
    pub fn new(address: impl Into<String>, version: impl Into<String>, profile: Profile, open: F) -> Self {
        Self { address: address.into(), version: version.into(), profile, open }
    }
}

impl<E, F> Subject for NativeSubject<F>
where
    E: Executor,
    F: Fn(&Config) -> Result<E, OpenError> + Send + Sync,
{
    fn address(&self) -> &str {
        &self.address
    }

    fn describe(&self) -> Result<Description, SetupError> {
        Ok(Description {
            address: self.address.clone(),
            language: "Rust".into(),
            version: self.version.clone(),
            versions: format!("{} {}", self.address.split('?').next().unwrap_or_default(), self.version),
            profile: self.profile.clone(),
            check_seconds: None,
        })
    }

    fn open(&self, config: &Config, house: &Gatehouse) -> Result<(Arc<dyn AnyExecutor>, u32), OpenError> {
        if self.profile.has(Capability::Isolation) {
            house.listen()?;
        }
        let executor = caught(|| (self.open)(config)).map_err(|fault| match fault {
            Fault::Raised(raised) => OpenError::Rejected(raised),
            other => OpenError::Setup(SetupError::failed(other.to_string())),
        })??;
        let executor: Arc<dyn AnyExecutor> = Arc::new(Erased::new(executor));
        let number = house.register(&executor);
        Ok((executor, number))
    }
}
