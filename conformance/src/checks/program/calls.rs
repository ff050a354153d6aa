//! The calls of a script that name the executor or several futures.

use super::judge;
use super::run::{Mapping, Play, labels};
use super::script::{Ending, MapOp};
use crate::trial::{CheckResult, FutureUnderTest, violated};
use poolproof_harness::{AnyWaited, Capability, DropPolicy, Failing, Fault, MapOptions, Refused, ReturnWhen, Shutdown};
use std::collections::BTreeSet;
use std::time::Duration;

impl Play<'_, '_> {
    /// The positions of the tasks that a script's numbers name, with repetitions, and their futures.
    fn chosen(&self, which: &[u8]) -> (Vec<usize>, Vec<FutureUnderTest>) {
        let positions: Vec<_> = which.iter().filter_map(|&which| self.named(which)).collect();
        let futures = positions.iter().filter_map(|&position| self.tasks[position].future.clone()).collect();
        (positions, futures)
    }

    pub(super) fn wait(&mut self, which: &[u8], when: ReturnWhen) -> CheckResult {
        let (chosen, futures) = self.chosen(which);
        let waited = self.executor.wait(&futures, when, Some(Duration::ZERO))?;
        self.judge_wait(&chosen, &waited)
    }

    pub(super) fn wait_to_the_end(&mut self, which: &[u8], when: ReturnWhen) -> CheckResult {
        let acknowledged = self.awaits_acknowledgement();
        if acknowledged && self.fate.takes_back() {
            // No worker may be left to acknowledge; what a wait does then is a question of its own.
            return Ok(());
        }
        self.open_all();
        let (chosen, futures) = self.chosen(which);
        let executor = self.executor.clone();
        let wait = self.trial.aside("wait", move || executor.wait(&futures, when, None));
        let waited = wait.returns()??;
        self.judge_wait(&chosen, &waited)?;
        let enough = match when {
            ReturnWhen::AllCompleted => waited.not_done.is_empty(),
            ReturnWhen::FirstCompleted => !waited.done.is_empty() || chosen.is_empty(),
            // One of those that are done failed, or all of them are done.
            ReturnWhen::FirstException => {
                let may_fail = |position: &usize| self.tasks[chosen[*position]].expected().is_err() || self.fate.lost;
                waited.not_done.is_empty() || waited.done.iter().any(may_fail)
            }
        };
        if enough { Ok(()) } else { violated(format!("wait for {when:?} without a limit returned with {waited:?}")) }
    }

    /// Each distinct future is in one of the two sets, at its first position, and where it may be.
    fn judge_wait(&mut self, chosen: &[usize], waited: &AnyWaited) -> CheckResult {
        let mut named: Vec<_> = waited.done.iter().chain(&waited.not_done).copied().collect();
        named.sort_unstable();
        let mut seen = BTreeSet::new();
        let first: Vec<_> = (0..chosen.len()).filter(|&position| seen.insert(chosen[position])).collect();
        if named != first {
            return violated(format!("wait must put each of the futures {first:?} into one set, but: {waited:?}"));
        }
        for &position in &waited.not_done {
            judge::may_be_pending(&self.tasks[chosen[position]], "wait")?;
        }
        for &position in &waited.done {
            self.tasks[chosen[position]].seen_done = true;
        }
        Ok(())
    }

    pub(super) fn completed(&mut self, which: &[u8]) -> CheckResult {
        let (chosen, futures) = self.chosen(which);
        let distinct: BTreeSet<_> = chosen.iter().collect();
        let mut completed = self.executor.as_completed(&futures, Some(Duration::ZERO))?;
        let mut seen = BTreeSet::new();
        loop {
            match completed.try_next() {
                Ok(Some(position)) if position >= chosen.len() => {
                    return violated(format!("as_completed gave future {position} of {}", chosen.len()));
                }
                Ok(Some(position)) if seen.insert(chosen[position]) => self.tasks[chosen[position]].seen_done = true,
                Ok(Some(position)) => return violated(format!("as_completed gave future {position} twice")),
                Ok(None) if seen.len() == distinct.len() => return Ok(()),
                Ok(None) => return violated(format!("as_completed gave {} of {}", seen.len(), distinct.len())),
                // At a limit of zero, which of those that are done it still gives is not promised.
                Err(Fault::TimedOut) => return Ok(()),
                Err(fault) => return violated(format!("as_completed failed: {fault}")),
            }
        }
    }

    pub(super) fn map(&mut self, map: MapOp) -> CheckResult {
        let items = usize::from(map.items);
        let failing = map.failing.and_then(|which| usize::from(which).checked_rem(items));
        let probes: Vec<_> = (0..items)
            .map(|item| {
                let probe = self.trial.probe();
                if failing == Some(item) { probe.fail(Failing::Error) } else { probe }
            })
            .collect();
        let labels = labels(&probes);
        let options = MapOptions {
            chunksize: map.chunksize.map(usize::from),
            buffersize: map.buffersize.map(usize::from),
            timeout: map.limited.then_some(Duration::ZERO),
        };
        match (self.executor.try_map(probes, options, None), self.fate.closed) {
            (Ok(results), None) => {
                let chunksize = usize::from(map.chunksize.unwrap_or(1));
                self.maps.push(Mapping {
                    results,
                    labels,
                    failing,
                    chunksize,
                    limited: map.limited,
                    buffered: map.buffersize.is_some(),
                    bounded: self.may_be_full(),
                });
                Ok(())
            }
            // With nothing to submit there is nothing to refuse.
            (Ok(_), Some(_)) if items == 0 => Ok(()),
            (Err(Fault::Refused(Refused::Shutdown)), Some(_)) => Ok(()),
            (Err(Fault::Refused(Refused::Broken(_))), _) if self.fate.lost => Ok(()),
            (Err(Fault::Refused(Refused::Full)), None) if self.may_be_full() => Ok(()),
            (Ok(_), Some(_)) => violated("map was accepted after shutdown"),
            (Err(fault), _) => violated(format!("map must be {}, but: {fault}", self.expected_answer())),
        }
    }

    /// Several threads submit at once; the executor may be shut down meanwhile.
    pub(super) fn threads(&mut self, threads: u8, shutdown: Option<bool>) -> CheckResult {
        const EACH: usize = 2;
        let submitters: Vec<_> = (0..threads)
            .map(|_| {
                let (executor, probes) = (self.executor.clone(), self.trial.probes(EACH));
                let submit = move || {
                    let label = |probe: &crate::trial::ProbeBuilder| probe.label();
                    let one = |probe| (label(&probe), executor.try_submit(probe));
                    probes.into_iter().map(one).collect::<Vec<_>>()
                };
                self.trial.aside("a thread that submits", submit)
            })
            .collect();
        let was_closed = self.fate.closed;
        if let Some(cancel) = shutdown {
            self.shutdown(false, cancel)?;
        }
        let is_closed = std::mem::replace(&mut self.fate.closed, was_closed);
        for submitter in submitters {
            for (label, answer) in submitter.returns()? {
                match answer {
                    Ok(future) => self.accepted(future, Ending::Label, None)?,
                    // It came after the shutdown beside it.
                    Err(Fault::Refused(Refused::Shutdown)) if is_closed.is_some() => {}
                    Err(fault) => self.refused(label, fault)?,
                }
            }
        }
        self.fate.closed = is_closed;
        Ok(())
    }

    pub(super) fn shutdown(&mut self, wait: bool, cancel: bool) -> CheckResult {
        let cancel_futures = cancel && self.trial.profile().has(Capability::CancelFutures);
        if wait {
            self.open_all();
        }
        let executor = self.executor.clone();
        let how = Shutdown { wait, cancel_futures };
        self.trial.aside("shutdown", move || executor.shutdown(how)).returns()??;
        self.fate.closed = Some(self.fate.closed.unwrap_or(false) || cancel_futures);
        // What a worker has not acknowledged yet when nobody waits for it may still count as not done.
        let acknowledged = self.awaits_acknowledgement();
        if wait && !acknowledged {
            self.tasks.iter_mut().for_each(|task| task.seen_done = true);
        }
        Ok(())
    }

    pub(super) fn forget(&mut self, which: u8) -> CheckResult {
        let policy = self.trial.profile().drop_future;
        let Some(position) = self.named(which) else { return Ok(()) };
        let task = &mut self.tasks[position];
        task.future = None;
        if policy != DropPolicy::Detaches {
            task.cancelled = task.cancelled.or(Some(true));
        }
        Ok(())
    }

    pub(super) fn drop_executor(&mut self) -> CheckResult {
        self.open_all();
        let executor = self.executor.clone();
        self.trial.aside("dropping the executor", move || executor.release()).returns()??;
        self.dropped = true;
        let profile = self.trial.profile();
        let policy = profile.drop_executor;
        let cancels = matches!(policy, DropPolicy::Cancels | DropPolicy::Undeclared);
        self.fate.closed = Some(self.fate.closed.unwrap_or(false) || cancels);
        self.fate.lost |= policy == DropPolicy::Undeclared || profile.may_end_tasks_on_drop();
        self.fate.discards |= policy == DropPolicy::Cancels;
        Ok(())
    }
}
