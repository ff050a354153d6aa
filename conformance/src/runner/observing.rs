//! Runs experiments on a subject, each in a child process of its own, like checks.

use super::check::Runner;
use super::child::Reporter;
use super::machine::Calibration;
use super::protocol::{Assignment, Phase, Report};
use super::watched::Watched;
use crate::observe::{Observation, Policy, Seen, Standing, complete, decisive};
use crate::trial::{Stop, Trial};
use poolproof_harness::{Description, Patience, Profile, SetupError, Subject, Verdict};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

/// What assignments of experiments start with, before the name of the policy.
pub(super) const EXPERIMENT: &str = "experiment:";

/// An answer that contradicts the profile is believed if it stands up to this many times as much
/// patience.
const SECOND_LOOK: u32 = 3;

impl Runner {
    /// Finds out what a subject does where executors legitimately differ, `jobs` experiments at a
    /// time, and passes on each observation, in the order of `selection`.
    ///
    /// # Errors
    ///
    /// [`SetupError`] if the subject cannot be set up or this program cannot be started again;
    /// nothing is passed on then.
    pub fn profile(
        &self,
        subject: &Description,
        selection: &[&'static Policy],
        on_observation: &mut dyn FnMut(Observation),
    ) -> Result<(), SetupError> {
        let calibration = &self.calibrate(subject)?;
        let next = Mutex::new(0);
        let found = Mutex::new(HashMap::new());
        thread::scope(|scope| {
            for _ in 0..self.options().jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let index = {
                            let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                            *next += 1;
                            *next - 1
                        };
                        let Some(policy) = selection.get(index) else { return };
                        let observation = self.look_twice(subject, policy, calibration);
                        found.lock().unwrap_or_else(PoisonError::into_inner).insert(index, observation);
                    }
                });
            }
        });
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let observations: Result<Vec<_>, _> = (0..selection.len()).filter_map(|index| found.remove(&index)).collect();
        observations?.into_iter().for_each(on_observation);
        Ok(())
    }

    /// An experiment, and once more with more patience if it contradicts the profile or says
    /// nothing: a starved machine must not speak for the subject.
    fn look_twice(
        &self,
        subject: &Description,
        policy: &'static Policy,
        calibration: &Calibration,
    ) -> Result<Observation, SetupError> {
        let first = self.look(subject, policy, calibration)?;
        match first.standing {
            Standing::Overclaims | Standing::Undecided => {
                let ticks = calibration.ticks.saturating_mul(SECOND_LOOK);
                self.look(subject, policy, &Calibration { ticks, ..calibration.clone() })
            }
            _ => Ok(first),
        }
    }

    fn look(
        &self,
        subject: &Description,
        policy: &'static Policy,
        calibration: &Calibration,
    ) -> Result<Observation, SetupError> {
        if let Some(missing) = policy.needs.iter().find(|&&needed| !subject.profile.has(needed)) {
            let stop = Stop::Unsupported(format!("needs {missing}, which the profile does not declare"));
            return Ok(Observation::of(policy, &subject.profile, Err(stop)));
        }
        let name = format!("{EXPERIMENT}{}", policy.id);
        let watched = self.watch(self.assignment(subject, &name, calibration, self.options().seed), &mut || {})?;
        if let Some(reason) = &watched.setup_failed {
            return Err(SetupError::failed(reason.clone()));
        }
        Ok(Observation::of(policy, &subject.profile, outcome(policy, watched)))
    }

    /// The subject with what nobody declared and checks must know, found out by experiment; once
    /// for each subject of this process.
    pub(super) fn completed(
        &self,
        subject: &Description,
        calibration: &Calibration,
    ) -> Result<Description, SetupError> {
        type Known = HashMap<(String, usize), Vec<(&'static Policy, Seen)>>;
        static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
        let mut subject = subject.clone();
        let policies = decisive(&subject.profile);
        if policies.is_empty() {
            return Ok(subject);
        }
        // Held meanwhile: whoever asks for the same subject at the same time waits for the answer.
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (subject.address.clone(), self.options().workers);
        if !known.contains_key(&key) {
            let mut seen = Vec::new();
            for policy in policies {
                let found = self.look_twice(&subject, policy, calibration)?;
                seen.extend(found.observed.map(|observed| (policy, observed)));
            }
            known.insert(key.clone(), seen);
        }
        for (policy, seen) in known.get(&key).into_iter().flatten() {
            complete(&mut subject.profile, policy, seen);
        }
        Ok(subject)
    }
}

/// What a watched child saw, or what its end says.
fn outcome(policy: &Policy, watched: Watched) -> Result<Seen, Stop> {
    // Many experiments conclude something from what did not come; so does a hang.
    let waited_in_vain =
        watched.verdict.as_ref().map_or(watched.death.is_none(), |(verdict, _)| *verdict == Verdict::Hangs);
    if let (true, Some(starved)) = (waited_in_vain, watched.starved) {
        return Err(Stop::Inconclusive(starved.told()));
    }
    if let Some(seen) = watched.seen {
        return Ok(seen);
    }
    let seen = |word: Option<&str>| word.map(Seen::word);
    match (watched.verdict, &watched.hang, &watched.death) {
        (Some((Verdict::Unsupported, message)), ..) => Err(Stop::Unsupported(message.unwrap_or_default())),
        (Some((Verdict::Overclaims, message)), ..) => Err(Stop::Overclaims(message.unwrap_or_default())),
        (Some((Verdict::Crashes, message)), ..) => {
            seen(policy.death).ok_or_else(|| Stop::Inconclusive(message.unwrap_or_default()))
        }
        (Some((Verdict::Hangs, message)), ..) => {
            seen(policy.hang).ok_or_else(|| Stop::Inconclusive(message.unwrap_or_default()))
        }
        (Some((_, message)), ..) => Err(Stop::Inconclusive(message.unwrap_or_default())),
        (None, Some(hang), _) => seen(policy.hang)
            .ok_or_else(|| Stop::Inconclusive(format!("the experiment gave no sign of life for {:.1?}", hang.elapsed))),
        (None, None, death) => seen(policy.death).ok_or_else(|| {
            Stop::Inconclusive(death.clone().unwrap_or_else(|| "the experiment ended without an answer".to_owned()))
        }),
    }
}

/// In the child: runs the experiment and reports what it saw.
pub(super) fn experiment(
    assignment: &Assignment,
    policy: &Policy,
    subject: &dyn Subject,
    profile: Profile,
    reporter: &Reporter,
) {
    let patience = Patience::ticks(assignment.ticks);
    let mut trial = Trial::new(subject, profile, assignment.workers, patience, assignment.seed);
    let events = reporter.clone();
    trial.history().stream_to(move |event| events.send(&Report::Event(event.clone())));
    reporter.send(&Report::Phase(Phase::Check));
    match super::child::guarded(|| (policy.observe)(&mut trial)) {
        Ok(seen) => reporter.send(&Report::Seen(seen)),
        Err(stop) => {
            let (verdict, message) = stop.verdict();
            reporter.send(&Report::Verdict(verdict, Some(message)));
        }
    }
    end_soon(reporter.clone());
}

/// How long the end of what an experiment opened may take: nobody asked about it.
const FAREWELL: Patience = Patience::ticks(100);

/// Ends this process after a while, whatever hangs when the trial is dropped.
fn end_soon(reporter: Reporter) {
    let wait = move || {
        let mut deadline = FAREWELL.start();
        while let Some(slice) = deadline.next_slice() {
            thread::sleep(slice);
        }
        reporter.send(&Report::End(false));
        std::process::exit(0);
    };
    // Without the thread it lasts as long as it lasts.
    let _ = thread::Builder::new().name("farewell".into()).spawn(wait);
}

#[cfg(test)]
mod tests {
    use super::super::lane::Reentry;
    use super::super::options::Options;
    use super::super::starved::Starved;
    use super::super::watched::Hang;
    use super::*;
    use crate::observe::policies;
    use crate::{broken, serve_if_child};
    use poolproof_harness::{
        AnyCompleted, AnyExecutor, AnyFuture, AnyMap, AnyWaited, Config, Fault, Gatehouse, Input, MapOptions,
        OpenError, Probe, ReturnWhen, SetupError, Shutdown,
    };
    use std::sync::Arc;
    use std::time::Duration;

    /// A pool that is never let go of.
    #[derive(Debug)]
    struct Clinging;

    impl Drop for Clinging {
        fn drop(&mut self) {
            loop {
                thread::park();
            }
        }
    }

    impl AnyExecutor for Clinging {
        fn submit(&self, _: Probe) -> Result<Arc<dyn AnyFuture>, Fault> {
            Err(Fault::Unsupported)
        }

        fn map(&self, _: Input, _: MapOptions) -> Result<Box<dyn AnyMap>, Fault> {
            Err(Fault::Unsupported)
        }

        fn wait(&self, _: &[Arc<dyn AnyFuture>], _: ReturnWhen, _: Option<Duration>) -> Result<AnyWaited, Fault> {
            Err(Fault::Unsupported)
        }

        fn as_completed(&self, _: &[Arc<dyn AnyFuture>], _: Option<Duration>) -> Result<Box<dyn AnyCompleted>, Fault> {
            Err(Fault::Unsupported)
        }

        fn shutdown(&self, _: Shutdown) -> Result<(), Fault> {
            Ok(())
        }

        fn release(&self) -> Result<(), Fault> {
            Ok(())
        }
    }

    impl Subject for Clinging {
        fn address(&self) -> &'static str {
            "clinging"
        }

        fn describe(&self) -> Result<Description, SetupError> {
            let plain =
                broken::subject("sound/plain").ok_or_else(|| SetupError::failed("the plain pool is missing"))?;
            Ok(Description { address: self.address().to_owned(), ..plain.describe()? })
        }

        fn open(&self, _: &Config, _: &Gatehouse) -> Result<(Arc<dyn AnyExecutor>, u32), OpenError> {
            Ok((Arc::new(Self), 1))
        }
    }

    /// This program becomes the child of an experiment by running this test alone.
    #[test]
    fn an_executor_that_never_ends_does_not_hold_up_an_experiment() {
        serve_if_child(|_| Ok(Box::new(Clinging)));
        let this = "runner::observing::tests::an_executor_that_never_ends_does_not_hold_up_an_experiment";
        let runner = Runner::reentering(Options::default(), Reentry::test(this));
        let subject = std::mem::ManuallyDrop::new(Clinging).describe().expect("it describes itself");
        // A silence of twice this is a hang.
        let ticks = 5 * FAREWELL.nominal().as_millis() / Patience::TICK.as_millis();
        let ticks = u32::try_from(ticks).expect("it is short");
        let calibration = Calibration { ticks, opening: ticks, because: String::new(), well: false, declared: None };
        let assignment = runner.assignment(&subject, &format!("{EXPERIMENT}zero-workers"), &calibration, 1);
        let watched = runner.watch(assignment, &mut || {}).expect("it can be watched");
        assert!(watched.seen.is_some() || watched.verdict.is_some(), "it was observed: {watched:?}");
        assert!(watched.hang.is_none() && watched.ended == Some(false), "it was let go: {watched:?}");
    }

    #[test]
    fn a_hang_of_an_experiment_says_nothing_if_its_threads_were_not_let_run() {
        let policy = policies().iter().find(|policy| policy.hang.is_some()).expect("one is observed by hanging");
        let second = Duration::from_secs(1);
        let hanging = || Watched {
            hang: Some(Hang { nominal: second, elapsed: second, stacks: String::new(), endless: None }),
            ..Watched::default()
        };
        assert_eq!(outcome(policy, hanging()).ok(), policy.hang.map(Seen::word));
        let starved = Some(Starved { lasted: second, ran: Duration::ZERO, waited: second });
        let said = outcome(policy, Watched { starved, ..hanging() });
        assert!(matches!(&said, Err(Stop::Inconclusive(why)) if why.contains("too busy")), "{said:?}");
    }
}
