//! The pool as a subject: what checks call, and what they get.

use super::awaiting::{Awaiting, block_on};
use super::{Completing, Mapping, Pool, PoolFuture, Steps};
use poolproof_harness::{
    AnyCompleted, AnyExecutor, AnyFuture, AnyMap, AnyWaited, Callback, Capability, Config, Description, DropPolicy,
    Failure, Fault, Gatehouse, Input, Kind, MapOptions, OpenError, Outcome, Probe, Profile, Raised, Refused,
    ReturnWhen, SetupError, Shutdown, State, Subject, Value, contain,
};
use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What the correct pool declares.
pub(in crate::broken) fn profile() -> Profile {
    let mut profile = Profile::new(
        Kind::Thread,
        &[
            Capability::Submit,
            Capability::Concurrency,
            Capability::Timeout,
            Capability::Cancel,
            Capability::Callback,
            Capability::Map,
            Capability::Chunksize,
            Capability::Buffersize,
            Capability::Wait,
            Capability::AsCompleted,
            Capability::Shutdown,
            Capability::CancelFutures,
            Capability::Initialiser,
            Capability::Nested,
            Capability::Panic,
            Capability::Exceptions,
            Capability::Async,
            Capability::Exit,
            Capability::Completion,
            Capability::Exhaustion,
            Capability::Interruption,
        ],
    );
    profile.drop_executor = DropPolicy::Detaches;
    profile
}

/// A subject whose executors take their steps as `steps` says.
pub(in crate::broken) struct PoolSubject {
    address: String,
    steps: fn() -> Arc<dyn Steps>,
    /// Whether it keeps its policies to itself.
    silent: bool,
}

impl PoolSubject {
    pub(in crate::broken) fn new(address: String, steps: fn() -> Arc<dyn Steps>) -> Self {
        Self { address, steps, silent: false }
    }

    /// The same, with nothing declared about its policies.
    pub(in crate::broken) fn silent(self) -> Self {
        Self { silent: true, ..self }
    }
}

impl fmt::Debug for PoolSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolSubject").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Subject for PoolSubject {
    fn address(&self) -> &str {
        &self.address
    }

    fn describe(&self) -> Result<Description, SetupError> {
        let version = env!("CARGO_PKG_VERSION");
        let declared = (self.steps)().declare(profile());
        Ok(Description {
            address: self.address.clone(),
            language: "Rust".into(),
            version: version.into(),
            versions: format!("{} {version}", self.address),
            profile: if self.silent { declared.undeclared() } else { declared },
            check_seconds: None,
        })
    }

    fn open(&self, config: &Config, house: &Gatehouse) -> Result<(Arc<dyn AnyExecutor>, u32), OpenError> {
        let steps = (self.steps)();
        steps.check(config).map_err(OpenError::Rejected)?;
        if steps.declare(profile()).has(Capability::Isolation) {
            house.listen()?;
        }
        let pool = Pool::new(steps, config);
        pool.steps.opened(&pool);
        let executor: Arc<dyn AnyExecutor> = Arc::new(PoolExecutor { pool: Mutex::new(Some(pool)) });
        let number = house.register(&executor);
        Ok((executor, number))
    }
}

/// A panic inside a call is the call's error, not the end of the check.
fn caught<R>(call: impl FnOnce() -> R) -> Result<R, Fault> {
    contain(call).map_err(|panic| Fault::Raised(Raised::new("Panic", panic)))
}

/// A pool answers only calls of what it offers.
fn needs(steps: &Arc<dyn Steps>, capability: Capability) -> Result<(), Fault> {
    if steps.offers(capability) { Ok(()) } else { Err(Fault::Unsupported) }
}

/// An open pool; empty once it was dropped.
struct PoolExecutor {
    pool: Mutex<Option<Arc<Pool>>>,
}

impl PoolExecutor {
    fn pool(&self) -> Result<Arc<Pool>, Fault> {
        let pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.clone().ok_or(Fault::Refused(Refused::Shutdown))
    }
}

impl Drop for PoolExecutor {
    fn drop(&mut self) {
        let _ = self.release();
    }
}

impl AnyExecutor for PoolExecutor {
    fn submit(&self, probe: Probe) -> Result<Arc<dyn AnyFuture>, Fault> {
        let pool = self.pool()?;
        let future = caught(|| pool.steps.submit(&pool, probe))??;
        Ok(Arc::new(Handle(future)))
    }

    fn map(&self, input: Input, options: MapOptions) -> Result<Box<dyn AnyMap>, Fault> {
        let pool = self.pool()?;
        needs(&pool.steps, Capability::Map)?;
        if options.buffersize.is_some() {
            needs(&pool.steps, Capability::Buffersize)?;
        }
        let mapping = caught(|| pool.steps.map(&pool, Box::new(input.into_items()), options))??;
        Ok(Box::new(mapping))
    }

    fn wait(
        &self,
        futures: &[Arc<dyn AnyFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault> {
        let futures = own(futures)?;
        let pool = self.pool()?;
        needs(&pool.steps, Capability::Wait)?;
        caught(|| pool.steps.wait(&pool, &futures, when, timeout))?
    }

    fn as_completed(
        &self,
        futures: &[Arc<dyn AnyFuture>],
        timeout: Option<Duration>,
    ) -> Result<Box<dyn AnyCompleted>, Fault> {
        let futures = own(futures)?;
        let pool = self.pool()?;
        needs(&pool.steps, Capability::AsCompleted)?;
        Ok(Box::new(caught(|| Completing::start(&pool.steps, &futures, timeout))?))
    }

    fn shutdown(&self, how: Shutdown) -> Result<(), Fault> {
        let pool = self.pool()?;
        if how.cancel_futures {
            needs(&pool.steps, Capability::CancelFutures)?;
        }
        caught(|| pool.steps.shutdown(&pool, how))?.map_err(Fault::Raised)
    }

    fn release(&self) -> Result<(), Fault> {
        let pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner).take();
        pool.map_or(Ok(()), |pool| caught(|| pool.steps.release(&pool)))
    }

    fn exhaust(&self, exhausted: bool) -> Result<(), Fault> {
        self.pool()?.lock().exhausted = exhausted;
        Ok(())
    }

    fn submit_interrupted(&self, times: usize) -> Result<(), Fault> {
        let pool = self.pool()?;
        caught(|| pool.submit_interrupted(times))?.map_err(Fault::Refused)
    }

    fn end_program(&self) -> Result<i32, Fault> {
        let pool = self.pool()?;
        needs(&pool.steps, Capability::Exit)?;
        caught(|| pool.steps.program_ends(&pool)).map(|()| 0)
    }
}

/// The caller's end of a future.
struct Handle(Arc<PoolFuture>);

/// The futures of this pool among those that a check passes.
fn own(futures: &[Arc<dyn AnyFuture>]) -> Result<Vec<Arc<PoolFuture>>, Fault> {
    let own = |future: &Arc<dyn AnyFuture>| future.as_any().downcast_ref::<Handle>().map(|handle| handle.0.clone());
    futures.iter().map(|future| own(future).ok_or(Fault::Unsupported)).collect()
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.steps.drop_future(&self.0);
    }
}

impl AnyFuture for Handle {
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<Value>, Fault> {
        Ok(caught(|| self.0.steps.result(&self.0, timeout))??)
    }

    fn exception(&self, timeout: Option<Duration>) -> Result<Option<Failure>, Fault> {
        Ok(caught(|| self.0.steps.exception(&self.0, timeout))??)
    }

    fn state(&self) -> Result<State, Fault> {
        caught(|| self.0.steps.state(&self.0))
    }

    fn cancel(&self) -> Result<bool, Fault> {
        needs(&self.0.steps, Capability::Cancel)?;
        caught(|| self.0.steps.cancel(&self.0))
    }

    fn on_done(&self, callback: Callback) -> Result<(), Fault> {
        needs(&self.0.steps, Capability::Callback)?;
        caught(|| self.0.steps.on_done(&self.0, callback))
    }

    fn complete(&self, value: Value) -> Result<(), Fault> {
        caught(|| self.0.steps.complete(&self.0, value))?.map_err(Fault::Raised)
    }

    fn error_weight(&self) -> Result<usize, Fault> {
        caught(|| self.0.steps.error_weight(&self.0))
    }

    fn awaited(&self) -> Result<Outcome<Value>, Fault> {
        needs(&self.0.steps, Capability::Async)?;
        caught(|| block_on(Awaiting(Arc::clone(&self.0))))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl AnyMap for Mapping {
    fn next(&mut self) -> Result<Option<Outcome<Value>>, Fault> {
        let pool = Arc::clone(&self.pool);
        caught(|| pool.steps.next_result(self))?
    }
}

impl AnyCompleted for Completing {
    fn next(&mut self) -> Result<Option<usize>, Fault> {
        let steps = Arc::clone(&self.steps);
        Ok(caught(|| steps.next_completed(self))??)
    }
}
