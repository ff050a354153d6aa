//! Runs a selection of checks on a subject.

use super::child::{CAPACITY, TEARDOWN, not_applicable};
use super::launch::{Reentry, Watched, watch};
use super::options::Options;
use super::protocol::{Assignment, Phase};
use crate::requirement::Requirement;
use crate::trial::Assertions;
use poolproof_harness::record::{Evidence, SCHEMA, VerdictRecord};
use poolproof_harness::{Description, Event, Moment, Patience, SetupError, Verdict};
use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Decides requirements for subjects.
#[derive(Clone, Debug)]
pub struct Runner {
    options: Options,
    reentry: Option<Reentry>,
}

/// What one run of one check came to.
#[derive(Clone)]
struct Conclusion {
    verdict: Verdict,
    message: Option<String>,
    evidence: Evidence,
    findings: Vec<(String, Verdict, String)>,
    elapsed: Duration,
}

impl Runner {
    /// A runner with these options; this program must call
    /// [`serve_if_child`](crate::serve_if_child) at the top of its `main`.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, reentry: None }
    }

    /// The same, for a program that becomes the child of a check by other arguments.
    pub(crate) fn reentering(options: Options, reentry: Reentry) -> Self {
        Self { options, reentry: Some(reentry) }
    }

    /// The seed of the first run of each check.
    pub(super) fn seed(&self) -> u64 {
        self.options.seed
    }

    /// Runs the selected checks on a subject, `jobs` at a time, and passes on each verdict as it
    /// is reached.
    ///
    /// # Errors
    ///
    /// [`SetupError`] if the subject cannot be set up or this program cannot be started again;
    /// verdicts reached before that were passed on.
    pub fn check(
        &self,
        subject: &Description,
        selection: &[&'static Requirement],
        on_verdict: &mut dyn FnMut(VerdictRecord),
    ) -> Result<(), SetupError> {
        self.check_within(self.patience(subject)?, subject, selection, on_verdict)
    }

    /// How many ticks something that must happen is waited for, calibrated with this subject.
    pub(crate) fn patience(&self, subject: &Description) -> Result<u32, SetupError> {
        self.calibrate(subject, &self.reentry()?)
    }

    /// How this program becomes the child of a check.
    pub(super) fn reentry(&self) -> Result<Reentry, SetupError> {
        match &self.reentry {
            Some(reentry) => Ok(reentry.clone()),
            None => Ok(Reentry {
                program: std::env::current_exe()
                    .map_err(|error| SetupError::failed(format!("this program cannot be found again: {error}")))?,
                arguments: poolproof_harness::worker_arguments(),
            }),
        }
    }

    /// [`check`](Self::check) with a patience that was calibrated before.
    pub(crate) fn check_within(
        &self,
        ticks: u32,
        subject: &Description,
        selection: &[&'static Requirement],
        on_verdict: &mut dyn FnMut(VerdictRecord),
    ) -> Result<(), SetupError> {
        let reentry = self.reentry()?;
        let queue: Mutex<VecDeque<_>> = Mutex::new(selection.iter().copied().collect());
        let (sender, receiver) = channel();
        thread::scope(|scope| {
            for _ in 0..self.options.jobs.max(1) {
                let (sender, queue, reentry) = (sender.clone(), &queue, &reentry);
                scope.spawn(move || {
                    loop {
                        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                        let Some(requirement) = next else { return };
                        let conclusion = self.conclude(subject, requirement, reentry, ticks);
                        if sender.send((requirement, conclusion)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            // Clean-up after any check may find that one of these is broken: they are said last.
            let mut held: BTreeMap<&'static str, VerdictRecord> = BTreeMap::new();
            for (requirement, (conclusion, runs)) in receiver {
                let conclusion = match conclusion {
                    Ok(conclusion) => conclusion,
                    Err(error) => {
                        queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
                        return Err(error);
                    }
                };
                for (id, verdict, message) in &conclusion.findings {
                    let Some(broken) = crate::contract::find(id) else { continue };
                    let message = format!("after {}: {message}", requirement.id);
                    let found = Conclusion { verdict: *verdict, message: Some(message), ..conclusion.clone() };
                    hold(&mut held, broken.id, self.record(subject, broken, &found, runs));
                }
                let record = self.record(subject, requirement, &conclusion, runs);
                if [CAPACITY, TEARDOWN].contains(&requirement.id) {
                    hold(&mut held, requirement.id, record);
                } else {
                    on_verdict(record);
                }
            }
            held.into_values().for_each(on_verdict);
            Ok(())
        })
    }

    /// How many ticks something that must happen is waited for: twenty times what opening the
    /// subject, one task and its shutdown take on this machine now, and at least a second.
    fn calibrate(&self, subject: &Description, reentry: &Reentry) -> Result<u32, SetupError> {
        let start = Instant::now();
        let assignment = self.assignment(subject, CALIBRATION, LEAST_TICKS * 5, self.options.seed);
        let watched = watch(reentry, assignment)
            .map_err(|error| SetupError::failed(format!("the child of a check cannot be started: {error}")))?;
        if let Some(reason) = watched.setup_failed {
            return Err(SetupError::failed(reason));
        }
        if watched.phase.is_none() {
            let how = watched.death.unwrap_or_else(|| "it gave no sign of life".to_owned());
            return Err(SetupError::failed(format!(
                "the child of a check did not report ({how}): call serve_if_child at the top of main; it printed: {}",
                String::from_utf8_lossy(&watched.output).trim()
            )));
        }
        let conforms = matches!(watched.verdict, Some((Verdict::Conforms | Verdict::Supplied, _)));
        if !conforms || watched.hang.is_some() || !watched.findings.is_empty() {
            // It does not do the simplest thing: how fast it would be cannot be known.
            return Ok(LEAST_TICKS * 2);
        }
        let ticks = Patience::at_least(start.elapsed() * 20);
        let ticks = u32::try_from(ticks.nominal().as_millis() / Patience::TICK.as_millis()).unwrap_or(u32::MAX);
        Ok(ticks.clamp(LEAST_TICKS, LEAST_TICKS * 30))
    }

    pub(super) fn assignment(&self, subject: &Description, requirement: &str, ticks: u32, seed: u64) -> Assignment {
        Assignment {
            descriptor: -1,
            subject: subject.address.clone(),
            requirement: requirement.to_owned(),
            workers: self.options.workers,
            seed,
            ticks,
            assertions: Assertions::Judged,
        }
    }

    /// All runs of one check, merged; and how many there were.
    fn conclude(
        &self,
        subject: &Description,
        requirement: &'static Requirement,
        reentry: &Reentry,
        ticks: u32,
    ) -> (Result<Conclusion, SetupError>, u32) {
        if let Some((verdict, message)) = not_applicable(&subject.profile, requirement) {
            let conclusion = Conclusion {
                verdict,
                message: Some(message),
                evidence: Evidence::default(),
                findings: Vec::new(),
                elapsed: Duration::ZERO,
            };
            return (Ok(conclusion), 1);
        }
        let start = Instant::now();
        let mut runs = 0;
        let run = |runs: &mut u32| {
            let seed = self.options.seed.wrapping_add(u64::from(*runs));
            *runs += 1;
            self.run_once(subject, requirement, reentry, ticks, seed)
        };
        let mut merged = match run(&mut runs) {
            Ok(conclusion) => conclusion,
            Err(error) => return (Err(error), runs),
        };
        let again = |runs| match self.options.budget {
            Some(budget) => start.elapsed() < budget,
            None => runs < self.options.runs,
        };
        while again(runs) {
            merged = match run(&mut runs) {
                Ok(conclusion) => merged.merge(conclusion),
                Err(error) => return (Err(error), runs),
            };
        }
        (Ok(Conclusion { elapsed: start.elapsed(), ..merged }), runs)
    }

    fn run_once(
        &self,
        subject: &Description,
        requirement: &'static Requirement,
        reentry: &Reentry,
        ticks: u32,
        seed: u64,
    ) -> Result<Conclusion, SetupError> {
        let start = Instant::now();
        let watched = watch(reentry, self.assignment(subject, requirement.id, ticks, seed))
            .map_err(|error| SetupError::failed(format!("the child of a check cannot be started: {error}")))?;
        if let Some(reason) = &watched.setup_failed {
            return Err(SetupError::failed(reason.clone()));
        }
        let mut findings = watched.findings.clone();
        let (verdict, message) = judge(&watched, &mut findings);
        let mut evidence = Evidence {
            replay: Some(format!(
                "poolproof check '{}' --only {} --workers {} --seed {seed}",
                subject.address, requirement.id, self.options.workers
            )),
            ..Evidence::default()
        };
        if verdict > Verdict::Unsupported || !findings.is_empty() {
            evidence.history = watched.history.into();
            evidence.stacks = watched.hang.map(|(_, _, stacks)| stacks);
            let output = String::from_utf8_lossy(&watched.output).trim().to_owned();
            evidence.output = (!output.is_empty()).then_some(output);
        }
        Ok(Conclusion { verdict, message, evidence, findings, elapsed: start.elapsed() })
    }

    fn record(
        &self,
        subject: &Description,
        requirement: &Requirement,
        conclusion: &Conclusion,
        runs: u32,
    ) -> VerdictRecord {
        let mut record = VerdictRecord {
            schema: SCHEMA,
            subject: subject.address.clone(),
            requirement: requirement.id.to_owned(),
            level: requirement.level,
            verdict: conclusion.verdict,
            known: false,
            runs,
            elapsed_ms: conclusion.elapsed.as_secs_f64() * 1e3,
            seed: self.options.seed,
            message: conclusion.message.clone(),
            evidence: conclusion.evidence.clone(),
        };
        self.apply_ledger(subject, &mut record);
        record
    }

    fn apply_ledger(&self, subject: &Description, record: &mut VerdictRecord) {
        if !(record.verdict.is_failure() || record.verdict == Verdict::Overclaims) {
            return;
        }
        if let Some(entry) = self.options.ledger.find(subject, &record.requirement) {
            record.known = true;
            record.evidence.ledger = Some(entry.reason.clone());
        }
    }
}

impl Conclusion {
    fn merge(self, other: Self) -> Self {
        let mut findings = self.findings;
        findings.extend(other.findings);
        let worse = if other.verdict > self.verdict {
            (other.verdict, other.message, other.evidence)
        } else {
            (self.verdict, self.message, self.evidence)
        };
        Self { verdict: worse.0, message: worse.1, evidence: worse.2, findings, elapsed: other.elapsed }
    }
}

/// Keeps the worse of the records about one requirement.
fn hold(held: &mut BTreeMap<&'static str, VerdictRecord>, id: &'static str, record: VerdictRecord) {
    match held.get(id) {
        // A failure that the ledger does not know outweighs one that it does.
        Some(before)
            if (before.verdict.is_failure() && !before.known, before.verdict)
                >= (record.verdict.is_failure() && !record.known, record.verdict) => {}
        _ => drop(held.insert(id, record)),
    }
}

/// The pseudo-requirement with which the runner measures the subject.
const CALIBRATION: &str = crate::contract::CALIBRATION.id;
/// The least patience, in ticks: a second.
const LEAST_TICKS: u32 = 100;

/// What a watched child amounts to.
pub(super) fn judge(watched: &Watched, findings: &mut Vec<(String, Verdict, String)>) -> (Verdict, Option<String>) {
    let trouble = trouble(watched);
    match (&watched.verdict, trouble) {
        // The check was decided; trouble afterwards is said of the clean-up it happened in.
        (Some((verdict, message)), trouble) => {
            if let Some((trouble, text)) = trouble {
                let requirement = if watched.phase == Some(Phase::Capacity) { CAPACITY } else { TEARDOWN };
                findings.push((requirement.to_owned(), trouble, text));
            }
            (*verdict, message.clone())
        }
        (None, Some((verdict, text))) => (verdict, Some(text)),
        (None, None) => (Verdict::Inconclusive, Some("the child of the check ended without a verdict".to_owned())),
    }
}

fn trouble(watched: &Watched) -> Option<(Verdict, String)> {
    let during = pending_call(&watched.history).map_or_else(String::new, |call| format!(" during {call}"));
    if let Some((nominal, elapsed, _)) = &watched.hang {
        if *elapsed > *nominal * STARVED {
            let text = format!("the machine delivered {nominal:?} of waiting in {elapsed:?}; it is too busy to judge");
            return Some((Verdict::Inconclusive, text));
        }
        return Some((Verdict::Hangs, format!("no sign of life for {elapsed:.1?}{during}")));
    }
    watched.death.as_ref().map(|death| (Verdict::Crashes, format!("{death}{during}")))
}

/// A wait that lasted more than this many times its nominal length says nothing.
const STARVED: u32 = 4;

/// The last call of the check that has not returned.
fn pending_call(history: &VecDeque<Event>) -> Option<String> {
    let mut open = Vec::new();
    for event in history {
        match &event.moment {
            Moment::Called(call) => open.push((event.tid, call)),
            Moment::Returned(_) => {
                if let Some(last) = open.iter().rposition(|(tid, _)| *tid == event.tid) {
                    open.remove(last);
                }
            }
            _ => {}
        }
    }
    open.last().map(|(_, call)| (*call).clone())
}
