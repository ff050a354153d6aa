//! A future, as a check uses it.

use super::assertion::{gives, waits};
use super::stop::{equal, stop_of, wrong};
use super::vigil::Vigil;
use super::{CheckResult, ExecutorUnderTest, ProbeBuilder, Stop, noted::noted};
use poolproof_harness::schedule::{self, Boundary};
use poolproof_harness::{AnyFuture, Failure, Fault, History, Outcome, Patience, State, Value};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A future of a trial. Every call is noted in the history; clones name the same future.
#[derive(Clone)]
pub struct FutureUnderTest {
    future: Arc<dyn AnyFuture>,
    label: u32,
    history: History,
}

impl Debug for FutureUnderTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("FutureUnderTest").field(&self.label).finish()
    }
}

impl FutureUnderTest {
    pub(super) fn new(future: Arc<dyn AnyFuture>, label: u32, history: History) -> Self {
        Self { future, label, history }
    }

    pub(super) fn erased(&self) -> Arc<dyn AnyFuture> {
        Arc::clone(&self.future)
    }

    /// Waits for the outcome without a note in the history: for threads that watch.
    pub(super) fn raw_result(&self) -> Result<Outcome<Value>, Fault> {
        self.future.result(None)
    }

    /// The label of its task.
    #[must_use]
    pub fn label(&self) -> u32 {
        self.label
    }

    fn noted<R: Debug>(&self, call: &str, body: impl FnOnce() -> Result<R, Fault>) -> Result<R, Fault> {
        schedule::at(Boundary::BeforePickUp);
        let result =
            noted(&self.history, &format!("{call} of task {}", self.label), body, |value| format!("{value:?}"));
        schedule::at(Boundary::AfterPickUp);
        result
    }

    /// Waits for the outcome without limit.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the call itself fails.
    pub fn outcome(&self) -> Result<Outcome<Value>, Stop> {
        self.try_result(None).map_err(|fault| stop_of("result", fault))
    }

    /// Completes it with a value, which it may refuse.
    ///
    /// # Errors
    ///
    /// What the future says.
    pub fn try_complete(&self, value: Value) -> Result<(), Fault> {
        self.noted("complete", || self.future.complete(value))
    }

    /// How much its stored error holds.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the call fails.
    pub fn error_weight(&self) -> Result<usize, Stop> {
        self.noted("weigh the error", || self.future.error_weight())
            .map_err(|fault| stop_of("weighing an error", fault))
    }

    /// Awaits the outcome from asynchronous code.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the call itself fails.
    pub fn awaited(&self) -> Result<Outcome<Value>, Stop> {
        self.noted("await", || self.future.awaited()).map_err(|fault| stop_of("await", fault))
    }

    /// Waits for the value without limit; a failed task breaks the promise.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] if there is none.
    #[track_caller]
    pub fn value(&self) -> Result<Value, Stop> {
        gives(true, || self.must_return())
    }

    fn must_return(&self) -> Result<Value, Stop> {
        match self.outcome()? {
            Ok(value) => Ok(value),
            Err(failure) => wrong(format!("task {} must return a value, but {failure}", self.label)),
        }
    }

    /// Waits for the failure without limit; a value breaks the promise.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] if there is none.
    #[track_caller]
    pub fn failure(&self) -> Result<Failure, Stop> {
        gives(true, || match self.outcome()? {
            Err(failure) => Ok(failure),
            Ok(value) => wrong(format!("task {} must fail, but returned {value:?}", self.label)),
        })
    }

    /// Checks that it returns its own label.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] if it returns anything else.
    #[track_caller]
    pub fn returns_own_label(&self) -> CheckResult {
        waits(|| {
            let own = Value::Int(i64::from(self.label));
            equal(&format!("the value of task {}", self.label), &self.must_return()?, &own)
        })
    }

    /// `result(timeout)`.
    ///
    /// # Errors
    ///
    /// What the future says.
    pub fn try_result(&self, timeout: Option<Duration>) -> Result<Outcome<Value>, Fault> {
        self.noted(&timed("result", timeout), || self.future.result(timeout))
    }

    /// `exception(timeout)`.
    ///
    /// # Errors
    ///
    /// What the future says.
    pub fn try_exception(&self, timeout: Option<Duration>) -> Result<Option<Failure>, Fault> {
        self.noted(&timed("exception", timeout), || self.future.exception(timeout))
    }

    /// The predicates now.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the call fails.
    pub fn state(&self) -> Result<State, Stop> {
        self.noted("state", || self.future.state()).map_err(|fault| stop_of("running/done/cancelled", fault))
    }

    /// Asks for the predicates, without a note in the history, until it is done.
    ///
    /// # Errors
    ///
    /// [`Stop::Hangs`] if it never is; [`Stop`] if a call fails.
    #[track_caller]
    pub fn await_done(&self, patience: Patience) -> Result<State, Stop> {
        gives(true, || self.must_be_done(patience))
    }

    fn must_be_done(&self, patience: Patience) -> Result<State, Stop> {
        let mut vigil = Vigil::new(&self.history, patience);
        let mut slice_ends = Instant::now();
        loop {
            let state = self.future.state().map_err(|fault| stop_of("running/done/cancelled", fault))?;
            if state.done {
                return Ok(state);
            }
            if Instant::now() >= slice_ends {
                // However long the slice before really took, it counts as one.
                let Some(slice) = vigil.next_slice() else {
                    return Err(Stop::Hangs(format!("task {} must be done, and never is", self.label)));
                };
                slice_ends = Instant::now() + slice;
            }
            std::thread::yield_now();
        }
    }

    /// Cancels it.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the call fails.
    pub fn cancel(&self) -> Result<bool, Stop> {
        self.try_cancel().map_err(|fault| stop_of("cancel", fault))
    }

    /// Cancels it; the call may fail.
    ///
    /// # Errors
    ///
    /// What the future says.
    pub fn try_cancel(&self) -> Result<bool, Fault> {
        self.noted("cancel", || self.future.cancel())
    }

    /// Registers `callback`.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the call fails.
    pub fn on_done(&self, executor: &ExecutorUnderTest, callback: ProbeBuilder) -> CheckResult {
        self.try_on_done(executor, callback).map_err(|fault| stop_of("add_done_callback", fault))
    }

    /// Registers `callback`; the call may fail.
    ///
    /// # Errors
    ///
    /// What the future says.
    pub fn try_on_done(&self, executor: &ExecutorUnderTest, callback: ProbeBuilder) -> Result<(), Fault> {
        let call = format!("add_done_callback({})", callback.label());
        callback.introduce(&self.future);
        let callback = callback.on(executor);
        self.noted(&call, || self.future.on_done(callback))
    }
}

fn timed(call: &str, timeout: Option<Duration>) -> String {
    timeout.map_or_else(|| format!("{call}()"), |limit| format!("{call}(timeout={limit:?})"))
}
