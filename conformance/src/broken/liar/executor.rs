//! The executor of a liar.

use super::future::{LyingCompleted, LyingFuture, LyingMap, Truth};
use super::lie::Lie;
use poolproof_harness::{
    AnyCompleted, AnyExecutor, AnyFuture, AnyMap, AnyWaited, Fault, Input, MapOptions, Outcome, Probe, Raised, Refused,
    ReturnWhen, Shutdown, Value,
};
use std::sync::Arc;
use std::time::Duration;

pub(super) struct LyingExecutor {
    truthful: Arc<dyn AnyExecutor>,
}

impl LyingExecutor {
    pub(super) fn new(truthful: Arc<dyn AnyExecutor>) -> Self {
        Self { truthful }
    }

    fn future(truth: Truth, own: Value) -> Arc<dyn AnyFuture> {
        Arc::new(LyingFuture { truth, own })
    }
}

/// The truthful futures behind those that a check passes.
fn behind(futures: &[Arc<dyn AnyFuture>]) -> Result<Vec<Arc<dyn AnyFuture>>, Fault> {
    let truthful = |future: &Arc<dyn AnyFuture>| match &future.as_any().downcast_ref::<LyingFuture>()?.truth {
        Truth::Told(future) => Some(Arc::clone(future)),
        Truth::Lost | Truth::Made => None,
    };
    futures.iter().map(|future| truthful(future).ok_or(Fault::Unsupported)).collect()
}

impl AnyExecutor for LyingExecutor {
    fn submit(&self, probe: Probe) -> Result<Arc<dyn AnyFuture>, Fault> {
        Lie::may_hang();
        let own = probe.value.clone();
        if Lie::SubmitRefuses.is_told() {
            return Err(Fault::Refused(Refused::Full));
        }
        if Lie::SubmitFails.is_told() {
            return Err(Fault::Raised(Raised::new("Lie", "a lie")));
        }
        if Lie::SubmitLoses.is_told() {
            return Ok(Self::future(Truth::Lost, own));
        }
        if Lie::SubmitSkips.is_told() {
            return Ok(Self::future(Truth::Made, own));
        }
        if Lie::SubmitRunsTwice.is_told() {
            self.truthful.submit(probe.clone())?;
        }
        let probe = if Lie::SubmitSwaps.is_told() { Probe { label: probe.label + 1, ..probe } } else { probe };
        match self.truthful.submit(probe) {
            Ok(future) => Ok(Self::future(Truth::Told(future), own)),
            Err(_) if Lie::SubmitAccepts.is_told() => Ok(Self::future(Truth::Lost, own)),
            Err(fault) => Err(fault),
        }
    }

    fn map(&self, input: Input, options: MapOptions) -> Result<Box<dyn AnyMap>, Fault> {
        Lie::may_hang();
        if Lie::MapFails.is_told() {
            return Err(Fault::Raised(Raised::new("Lie", "a lie")));
        }
        if Lie::MapTimesOut.is_told() {
            return Err(Fault::TimedOut);
        }
        if Lie::MapRefuses.is_told() {
            return Err(Fault::Refused(Refused::Full));
        }
        let options =
            if Lie::MapReadsEverything.is_told() { MapOptions { buffersize: None, ..options } } else { options };
        match self.truthful.map(input, options) {
            Ok(map) => Ok(Box::new(LyingMap(map))),
            Err(_) if Lie::MapAccepts.is_told() => Ok(Box::new(Empty)),
            Err(fault) => Err(fault),
        }
    }

    fn wait(
        &self,
        futures: &[Arc<dyn AnyFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault> {
        Lie::may_hang();
        if Lie::WaitRaises.is_told() {
            return Err(Fault::Raised(Raised::new("Lie", "a lie")));
        }
        let timeout = if Lie::WaitDoesNotWait.is_told() { Some(Duration::ZERO) } else { timeout };
        let (when, timeout) =
            if Lie::WaitsForAll.is_told() { (ReturnWhen::AllCompleted, None) } else { (when, timeout) };
        let mut truth = self.truthful.wait(&behind(futures)?, when, timeout)?;
        if Lie::WaitSaysDone.is_told() {
            truth.done.append(&mut truth.not_done);
            truth.done.sort_unstable();
        }
        if Lie::WaitSaysNotDone.is_told() {
            truth.not_done.append(&mut truth.done);
            truth.not_done.sort_unstable();
        }
        if Lie::WaitInvents.is_told() {
            truth.done.push(futures.len());
        }
        if Lie::WaitLosesOne.is_told() {
            let _ = truth.done.pop().or_else(|| truth.not_done.pop());
        }
        Ok(truth)
    }

    fn as_completed(
        &self,
        futures: &[Arc<dyn AnyFuture>],
        timeout: Option<Duration>,
    ) -> Result<Box<dyn AnyCompleted>, Fault> {
        Lie::may_hang();
        let truthful = self.truthful.as_completed(&behind(futures)?, timeout)?;
        Ok(Box::new(LyingCompleted { truthful, last: None }))
    }

    fn shutdown(&self, mut how: Shutdown) -> Result<(), Fault> {
        Lie::may_hang();
        if Lie::ShutdownDoesNothing.is_told() {
            return Ok(());
        }
        if Lie::ShutdownRaises.is_told() {
            return Err(Fault::Raised(Raised::new("Lie", "a lie")));
        }
        how.wait = (how.wait || Lie::ShutdownWaits.is_told()) && !(how.wait && Lie::ShutdownDoesNotWait.is_told());
        how.cancel_futures = (how.cancel_futures || Lie::ShutdownCancels.is_told())
            && !(how.cancel_futures && Lie::ShutdownKeeps.is_told());
        self.truthful.shutdown(how)
    }

    fn release(&self) -> Result<(), Fault> {
        Lie::may_hang();
        if Lie::DropDoesNothing.is_told() {
            return Ok(());
        }
        let lies = [
            (Lie::DropWaits, Shutdown::WAIT),
            (Lie::DropCancels, Shutdown { wait: false, cancel_futures: true }),
            (Lie::DropDetaches, Shutdown::NO_WAIT),
        ];
        match lies.into_iter().find(|(lie, _)| lie.is_told()) {
            Some((_, how)) => self.truthful.shutdown(how),
            None => self.truthful.release(),
        }
    }

    fn end_program(&self) -> Result<i32, Fault> {
        Lie::may_hang();
        let truth = self.truthful.end_program()?;
        Ok(truth + i32::from(Lie::ExitCodeIsAnother.is_told()))
    }

    fn exhaust(&self, exhausted: bool) -> Result<(), Fault> {
        if Lie::ExhaustDoesNothing.is_told() { Ok(()) } else { self.truthful.exhaust(exhausted) }
    }

    fn submit_interrupted(&self, times: usize) -> Result<(), Fault> {
        Lie::may_hang();
        if Lie::InterruptedFails.is_told() {
            return Err(Fault::Raised(Raised::new("Lie", "a lie")));
        }
        self.truthful.submit_interrupted(times)
    }
}

/// The map of an input that was refused.
struct Empty;

impl AnyMap for Empty {
    fn next(&mut self) -> Result<Option<Outcome<Value>>, Fault> {
        Ok(None)
    }
}
