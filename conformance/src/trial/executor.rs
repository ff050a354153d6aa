//! An open executor, as a check uses it.

use super::{
    CheckResult, CompletedUnderTest, FutureUnderTest, MapUnderTest, ProbeBuilder, Stop, noted::noted, stop::stop_of,
};
use poolproof_harness::schedule::{self, Boundary};
use poolproof_harness::{
    AnyExecutor, AnyFuture, AnyWaited, Fault, History, HouseAddress, Input, MapOptions, ReturnWhen, Shutdown,
};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// An open executor of a trial. Every call is noted in the history.
#[derive(Clone)]
pub struct ExecutorUnderTest {
    executor: Arc<dyn AnyExecutor>,
    number: u32,
    workers: usize,
    history: History,
    finished: Arc<Mutex<bool>>,
}

impl Debug for ExecutorUnderTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExecutorUnderTest").field("number", &self.number).finish_non_exhaustive()
    }
}

impl ExecutorUnderTest {
    pub(super) fn new(executor: Arc<dyn AnyExecutor>, number: u32, workers: usize, history: History) -> Self {
        Self { executor, number, workers, history, finished: Arc::default() }
    }

    /// The number under which the gatehouse knows it.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    fn noted<R: Debug>(&self, call: &str, body: impl FnOnce() -> Result<R, Fault>) -> Result<R, Fault> {
        noted(&self.history, call, body, |value| format!("{value:?}"))
    }

    /// How many workers it was opened with.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Submits; anything but acceptance breaks the promise.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] if it is refused.
    pub fn submit(&self, probe: ProbeBuilder) -> Result<FutureUnderTest, Stop> {
        let call = format!("submit(task {})", probe.label());
        self.try_submit(probe).map_err(|fault| stop_of(&call, fault))
    }

    /// Submits several probes.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] if one is refused.
    pub fn submit_all(&self, probes: impl IntoIterator<Item = ProbeBuilder>) -> Result<Vec<FutureUnderTest>, Stop> {
        probes.into_iter().map(|probe| self.submit(probe)).collect()
    }

    /// Submits a probe that may be refused.
    ///
    /// # Errors
    ///
    /// What the executor says.
    pub fn try_submit(&self, probe: ProbeBuilder) -> Result<FutureUnderTest, Fault> {
        let label = probe.label();
        let probe = probe.on(self);
        let call = format!("submit(task {label})");
        schedule::at(Boundary::BeforeSubmit);
        let future = noted(&self.history, &call, || self.executor.submit(probe), |_| "a future".to_owned())?;
        schedule::at(Boundary::AfterSubmit);
        Ok(FutureUnderTest::new(future, label, self.history.clone()))
    }

    /// Maps over probes with the default options.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] if it is refused.
    pub fn map(&self, probes: Vec<ProbeBuilder>) -> Result<MapUnderTest, Stop> {
        self.map_with(probes, MapOptions::default())
    }

    /// Maps over probes with `options`.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] if it is refused.
    pub fn map_with(&self, probes: Vec<ProbeBuilder>, options: MapOptions) -> Result<MapUnderTest, Stop> {
        self.try_map(probes, options, None).map_err(|fault| stop_of("map", fault))
    }

    /// Maps over probes; may be refused, and the input may fail at an item.
    ///
    /// # Errors
    ///
    /// What the executor says.
    pub fn try_map(
        &self,
        probes: Vec<ProbeBuilder>,
        options: MapOptions,
        fails_at: Option<usize>,
    ) -> Result<MapUnderTest, Fault> {
        let call = format!("map({} items, {options:?})", probes.len());
        let house = probes.first().map_or_else(HouseAddress::default, ProbeBuilder::address);
        let probes = probes.into_iter().map(|probe| probe.on(self)).collect();
        let input = Input { probes, fails_at, house };
        let results = noted(&self.history, &call, || self.executor.map(input, options), |_| "an iterator".to_owned())?;
        Ok(MapUnderTest::new(results, self.history.clone()))
    }

    /// Waits for several futures, the same possibly more than once.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the call fails.
    pub fn wait(
        &self,
        futures: &[FutureUnderTest],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Stop> {
        let call = format!("wait({:?}, {when:?}, {timeout:?})", labels(futures));
        self.noted(&call, || self.executor.wait(&erased(futures), when, timeout))
            .map_err(|fault| stop_of("wait", fault))
    }

    /// Iterates over futures as they complete, the same possibly named more than once.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the call fails.
    pub fn as_completed(
        &self,
        futures: &[FutureUnderTest],
        timeout: Option<Duration>,
    ) -> Result<CompletedUnderTest, Stop> {
        let call = format!("as_completed({:?}, {timeout:?})", labels(futures));
        let completed = || self.executor.as_completed(&erased(futures), timeout);
        let completed = noted(&self.history, &call, completed, |_| "an iterator".to_owned());
        let completed = completed.map_err(|fault| stop_of("as_completed", fault))?;
        Ok(CompletedUnderTest::new(completed, self.history.clone()))
    }

    /// Shuts it down; the call itself must not fail.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] if it raises.
    pub fn shutdown(&self, how: Shutdown) -> CheckResult {
        self.try_shutdown(how).map_err(|fault| stop_of("shutdown", fault))
    }

    /// Shuts it down; the call may fail.
    ///
    /// # Errors
    ///
    /// What the executor says.
    pub fn try_shutdown(&self, how: Shutdown) -> Result<(), Fault> {
        self.finish();
        let call = format!("shutdown(wait={}, cancel_futures={})", how.wait, how.cancel_futures);
        self.noted(&call, || self.executor.shutdown(how))
    }

    /// Drops it without shutting it down.
    ///
    /// # Errors
    ///
    /// [`Stop`] if that fails.
    pub fn release(&self) -> CheckResult {
        self.finish();
        self.noted("drop the executor", || self.executor.release()).map_err(|fault| stop_of("drop", fault))
    }

    /// Makes the machine look as if no worker could be started any more, or as usual again.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the call fails.
    pub fn exhaust(&self, exhausted: bool) -> CheckResult {
        let call = if exhausted { "no worker can be started" } else { "workers can be started again" };
        self.noted(call, || self.executor.exhaust(exhausted)).map_err(|fault| stop_of("exhausting the machine", fault))
    }

    /// Submits tasks, each while code that interrupts the submitting thread submits one as well.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] if one is refused.
    pub fn submit_interrupted(&self, times: usize) -> CheckResult {
        let call = format!("submit {times} tasks, interrupted");
        self.noted(&call, || self.executor.submit_interrupted(times)).map_err(|fault| stop_of("submit", fault))
    }

    /// Ends the program that holds it, and waits until that has ended; the exit code.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the program does not end by itself.
    pub fn end_program(&self) -> Result<i32, Stop> {
        self.finish();
        self.noted("end the program", || self.executor.end_program())
            .map_err(|fault| stop_of("the program's end", fault))
    }

    /// Says that the check leaves it broken on purpose, so that its capacity is not probed.
    pub fn finish(&self) {
        *self.finished.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    pub(super) fn is_finished(&self) -> bool {
        *self.finished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn labels(futures: &[FutureUnderTest]) -> Vec<u32> {
    futures.iter().map(FutureUnderTest::label).collect()
}

fn erased(futures: &[FutureUnderTest]) -> Vec<Arc<dyn AnyFuture>> {
    futures.iter().map(FutureUnderTest::erased).collect()
}
