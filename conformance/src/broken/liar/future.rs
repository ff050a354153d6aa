//! The futures, maps and iterators of a liar.

use super::lie::Lie;
use poolproof_harness::{AnyCompleted, AnyFuture, AnyMap, Callback, Failure, Fault, Outcome, Raised, State, Value};
use std::any::Any;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

fn a_lie() -> Raised {
    Raised::new("Lie", "a lie")
}

/// Where a lying future takes its truths from.
pub(super) enum Truth {
    /// From a truthful future.
    Told(Arc<dyn AnyFuture>),
    /// It never becomes done.
    Lost,
    /// It is done, and nothing ran.
    Made,
}

pub(super) struct LyingFuture {
    pub(super) truth: Truth,
    /// What its task returns.
    pub(super) own: Value,
}

impl LyingFuture {
    fn truthful_result(&self, timeout: Option<Duration>) -> Result<Outcome<Value>, Fault> {
        match (&self.truth, timeout) {
            (Truth::Told(future), _) => future.result(timeout),
            (Truth::Made, _) => Ok(Ok(self.own.clone())),
            (Truth::Lost, Some(limit)) => {
                thread::sleep(limit);
                Err(Fault::TimedOut)
            }
            (Truth::Lost, None) => loop {
                thread::park();
            },
        }
    }
}

impl AnyFuture for LyingFuture {
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<Value>, Fault> {
        Lie::may_hang();
        if Lie::ResultIsEarly.is_told() {
            return Ok(Ok(self.own.clone()));
        }
        if Lie::ResultTimesOut.is_told() {
            return Err(Fault::TimedOut);
        }
        let timeout = if timeout.is_some() && Lie::ResultIgnoresItsLimit.is_told() { None } else { timeout };
        let truth = self.truthful_result(timeout);
        if Lie::ResultIsAnother.is_told() {
            return Ok(Ok(Value::Text("a lie".into())));
        }
        if Lie::ResultFails.is_told() {
            return Ok(Err(Failure::Raised(a_lie())));
        }
        if Lie::ResultIsCancelled.is_told() {
            return Ok(Err(Failure::Cancelled));
        }
        if Lie::ResultIsBroken.is_told() {
            return Ok(Err(Failure::Broken("a lie".into())));
        }
        if Lie::ResultRaises.is_told() { Err(Fault::Raised(a_lie())) } else { truth }
    }

    fn exception(&self, timeout: Option<Duration>) -> Result<Option<Failure>, Fault> {
        Lie::may_hang();
        let truth = match &self.truth {
            Truth::Told(future) => future.exception(timeout),
            _ => self.truthful_result(timeout).map(Result::err),
        };
        if Lie::ExceptionIsAnother.is_told() {
            return truth.map(|failure| if failure.is_some() { None } else { Some(Failure::Raised(a_lie())) });
        }
        if Lie::ExceptionTimesOut.is_told() {
            return Err(Fault::TimedOut);
        }
        if Lie::ExceptionRaises.is_told() { Err(Fault::Raised(a_lie())) } else { truth }
    }

    fn state(&self) -> Result<State, Fault> {
        Lie::may_hang();
        let lies = [
            (Lie::StateIsPending, State::PENDING),
            (Lie::StateIsRunning, State::RUNNING),
            (Lie::StateIsCancelled, State::CANCELLED),
            (Lie::StateIsFinished, State::FINISHED),
        ];
        if let Some((_, state)) = lies.into_iter().find(|(lie, _)| lie.is_told()) {
            return Ok(state);
        }
        match &self.truth {
            Truth::Told(future) => future.state(),
            Truth::Lost => Ok(State::PENDING),
            Truth::Made => Ok(State::FINISHED),
        }
    }

    fn cancel(&self) -> Result<bool, Fault> {
        Lie::may_hang();
        if Lie::CancelDoesNothing.is_told() {
            return Ok(true);
        }
        if Lie::CancelRaises.is_told() {
            return Err(Fault::Raised(a_lie()));
        }
        let truth = match &self.truth {
            Truth::Told(future) => future.cancel()?,
            Truth::Lost | Truth::Made => false,
        };
        Ok(if Lie::CancelTurnsRound.is_told() { !truth } else { truth })
    }

    fn on_done(&self, callback: Callback) -> Result<(), Fault> {
        Lie::may_hang();
        if Lie::CallbackIsLost.is_told() {
            return Ok(());
        }
        if Lie::CallbackIsCalledAtOnce.is_told() {
            crate::broken::pool::call_back(callback);
            return Ok(());
        }
        let Truth::Told(future) = &self.truth else { return Ok(()) };
        if Lie::CallbackIsCalledTwice.is_told() {
            future.on_done(callback.clone())?;
        }
        future.on_done(callback)
    }

    fn awaited(&self) -> Result<Outcome<Value>, Fault> {
        Lie::may_hang();
        let truth = match &self.truth {
            Truth::Told(future) => future.awaited(),
            Truth::Lost | Truth::Made => self.truthful_result(None),
        };
        if Lie::AwaitIsAnother.is_told() {
            return Ok(Ok(Value::Text("a lie".into())));
        }
        if Lie::AwaitFails.is_told() { Ok(Err(Failure::Raised(a_lie()))) } else { truth }
    }

    fn complete(&self, value: Value) -> Result<(), Fault> {
        Lie::may_hang();
        if Lie::CompleteAccepts.is_told() {
            return Ok(());
        }
        if Lie::CompleteTimesOut.is_told() {
            return Err(Fault::TimedOut);
        }
        match &self.truth {
            Truth::Told(future) => future.complete(value),
            Truth::Lost | Truth::Made => Ok(()),
        }
    }

    fn error_weight(&self) -> Result<usize, Fault> {
        let Truth::Told(future) = &self.truth else { return Ok(0) };
        let truth = future.error_weight()?;
        Ok(truth + usize::from(Lie::ErrorWeightGrows.is_told()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub(super) struct LyingMap(pub(super) Box<dyn AnyMap>);

impl AnyMap for LyingMap {
    fn next(&mut self) -> Result<Option<Outcome<Value>>, Fault> {
        Lie::may_hang();
        if Lie::NextEnds.is_told() {
            return Ok(None);
        }
        if Lie::NextTimesOut.is_told() {
            return Err(Fault::TimedOut);
        }
        if Lie::NextRaises.is_told() {
            return Err(Fault::Raised(a_lie()));
        }
        if Lie::NextSkips.is_told() {
            self.0.next()?;
        }
        let truth = self.0.next()?;
        if Lie::NextIsAnother.is_told() {
            return Ok(truth.map(|_| Ok(Value::Text("a lie".into()))));
        }
        if Lie::NextFails.is_told() {
            return Ok(Some(Err(Failure::Raised(a_lie()))));
        }
        if Lie::NextIsCancelled.is_told() {
            return Ok(Some(Err(Failure::Cancelled)));
        }
        // There may be one answer more than there are items.
        if truth.is_none() && Lie::NextNeverEnds.is_told() { Ok(Some(Ok(Value::None))) } else { Ok(truth) }
    }
}

pub(super) struct LyingCompleted {
    pub(super) truthful: Box<dyn AnyCompleted>,
    pub(super) last: Option<usize>,
}

impl AnyCompleted for LyingCompleted {
    fn next(&mut self) -> Result<Option<usize>, Fault> {
        Lie::may_hang();
        if Lie::CompletedEnds.is_told() {
            return Ok(None);
        }
        if Lie::CompletedTimesOut.is_told() {
            return Err(Fault::TimedOut);
        }
        if Lie::CompletedRaises.is_told() {
            return Err(Fault::Raised(a_lie()));
        }
        if self.last.is_some() && Lie::CompletedRepeats.is_told() {
            return Ok(self.last);
        }
        let truth = self.truthful.next();
        if let Ok(Some(position)) = truth {
            self.last = Some(position);
        }
        if Lie::CompletedIsAnother.is_told() {
            return truth.map(|position| Some(position.map_or(0, |position| position + 1)));
        }
        if !matches!(truth, Ok(Some(_))) && Lie::CompletedNeverEnds.is_told() { Ok(Some(0)) } else { truth }
    }
}
