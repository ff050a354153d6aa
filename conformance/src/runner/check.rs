//! Runs a selection of checks on a subject.

use super::child::{CAPACITY, LEFTOVERS, TEARDOWN};
use super::conclude::Conclusion;
use super::lane::{Lanes, Reentry};
use super::machine::{self, Calibration, LEAST_TICKS, Life};
use super::options::Options;
use super::protocol::WARDEN;
use super::turns::Turns;
use crate::requirement::{Area, Requirement};
use poolproof_harness::record::{FindingRecord, SCHEMA, VerdictRecord};
use poolproof_harness::{Description, Kind, SetupError, Verdict, now_ns};
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Decides requirements for subjects. Clones share their child processes.
#[derive(Clone, Debug)]
pub struct Runner {
    options: Options,
    reentry: Option<Reentry>,
    lanes: Arc<Lanes>,
    /// Measures the machine; only tests have another one.
    pub(super) handover: fn() -> Duration,
    /// When the time for the subject is used up.
    until: Option<Instant>,
}

impl Runner {
    /// A runner with these options; this program must call
    /// [`serve_if_child`](crate::serve_if_child) at the top of its `main`.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, reentry: None, lanes: Arc::default(), handover: machine::handover, until: None }
    }

    /// The same, for a program that becomes the child of a check by other arguments.
    pub(crate) fn reentering(options: Options, reentry: Reentry) -> Self {
        Self { reentry: Some(reentry), ..Self::new(options) }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// The same runner with other options; the two share their child processes.
    #[must_use]
    pub fn with(&self, options: Options) -> Self {
        Self { options, ..self.clone() }
    }

    pub(super) fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    /// Runs the selected checks on a subject, `jobs` at a time, and passes on each verdict as it
    /// is reached. Checks in which everything sleeps do not count, unless it is one at a time.
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
        self.check_rest(subject, selection, &[], on_verdict)
    }

    /// [`check`](Self::check) for a run that was interrupted: `done` are its verdicts so far, none
    /// of which is reached again.
    ///
    /// # Errors
    ///
    /// As for [`check`](Self::check).
    pub fn check_rest(
        &self,
        subject: &Description,
        selection: &[&'static Requirement],
        done: &[VerdictRecord],
        on_verdict: &mut dyn FnMut(VerdictRecord),
    ) -> Result<(), SetupError> {
        let of_subject: Vec<_> = done.iter().filter(|record| record.subject == subject.address).collect();
        let is_done = |id: &str| of_subject.iter().any(|record| record.requirement == id);
        let rest: Vec<_> = selection.iter().copied().filter(|requirement| !is_done(requirement.id)).collect();
        let mut held = Held::default();
        for record in &of_subject {
            self.hold_findings(&mut held, subject, record);
        }
        // Whatever is said last was said only after every check: what was said stays said.
        let mut unsaid = |record: VerdictRecord| {
            if !is_done(&record.requirement) {
                on_verdict(record);
            }
        };
        if rest.is_empty() {
            held.0.into_values().for_each(unsaid);
            return Ok(());
        }
        let timed = self.timed();
        let calibration = timed.calibrate(subject)?;
        // A suite does not know what its subject declares before a child has said it.
        let declared = calibration.declared.clone().unwrap_or_else(|| subject.profile.clone());
        let subject = Description { profile: declared, ..subject.clone() };
        timed.check_calibrated(&calibration, &subject, &rest, held, &mut unsaid)
    }

    /// The same runner, whose time for a subject begins now.
    pub(super) fn timed(&self) -> Self {
        // A limit beyond what the clock can represent is no limit.
        let until = self.options.within.and_then(|within| Instant::now().checked_add(within));
        Self { until, ..self.clone() }
    }

    /// Whether the time for the subject is used up.
    pub(super) fn time_is_up(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// When that will be, in nanoseconds on the monotonic clock.
    pub(super) fn until_ns(&self) -> Option<u64> {
        let left = self.until?.saturating_duration_since(Instant::now());
        Some(now_ns().saturating_add(u64::try_from(left.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// How this program becomes a warden.
    pub(super) fn reentry(&self) -> Result<Reentry, SetupError> {
        if std::env::var_os(WARDEN).is_some() {
            let advice = "this program is the child of a check: call serve_if_child at the top of main";
            return Err(SetupError::failed(advice));
        }
        match &self.reentry {
            Some(reentry) => Ok(reentry.clone()),
            None => Ok(Reentry {
                program: std::env::current_exe()
                    .map_err(|error| SetupError::failed(format!("this program cannot be found again: {error}")))?,
                arguments: poolproof_harness::worker_arguments(),
            }),
        }
    }

    /// [`check`](Self::check) with a patience that was calibrated before, and with what is known
    /// already.
    pub(crate) fn check_calibrated(
        &self,
        calibration: &Calibration,
        subject: &Description,
        selection: &[&'static Requirement],
        mut held: Held,
        on_verdict: &mut dyn FnMut(VerdictRecord),
    ) -> Result<(), SetupError> {
        let subject = &self.completed(subject, calibration)?;
        let queue: Mutex<VecDeque<_>> = Mutex::new(self.in_order(subject, selection).into());
        let jobs = self.options.jobs.max(1);
        // Who wants one check at a time gets one.
        let asleep = if jobs == 1 { 0 } else { jobs * ASLEEP };
        let turns = Turns::new(jobs);
        let (sender, receiver) = channel();
        thread::scope(|scope| {
            for _ in 0..jobs + asleep {
                let (sender, queue, turns) = (sender.clone(), &queue, &turns);
                scope.spawn(move || {
                    loop {
                        let mut turn = turns.take();
                        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                        let Some(requirement) = next else { return };
                        let conclusion = self.conclude(subject, requirement, calibration, &mut turn);
                        if sender.send((requirement, conclusion)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            for (requirement, conclusion) in receiver {
                let conclusion = match conclusion {
                    Ok(conclusion) => conclusion,
                    Err(error) => {
                        queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
                        return Err(error);
                    }
                };
                let record = self.record(subject, requirement, conclusion);
                self.hold_findings(&mut held, subject, &record);
                // Clean-up after any check may find that one of these is broken: they are said last.
                if [CAPACITY, TEARDOWN, LEFTOVERS].contains(&requirement.id) {
                    held.hold(record);
                } else {
                    on_verdict(record);
                }
            }
            held.0.into_values().for_each(on_verdict);
            Ok(())
        })
    }

    /// The selection in the order in which it is begun: what takes long is not left to run alone at the end. Known
    /// failures are mostly waits in vain, programs are many calls, and what is declared is partly what never happens.
    /// Where there may not be time for all, that comes last; what binds most comes first, and of all areas in turn, so
    /// that none is passed over.
    fn in_order(&self, subject: &Description, selection: &[&'static Requirement]) -> Vec<&'static Requirement> {
        let mut order = selection.to_vec();
        let length = |requirement: &Requirement| match requirement.area {
            _ if self.options.ledger.find(subject, requirement.id).is_some() => 2,
            Area::Program | Area::Profile => 1,
            _ => 0,
        };
        match self.options.within {
            None => order.sort_by_key(|requirement| Reverse(length(requirement))),
            Some(_) => {
                let turn = |requirement: &Requirement| {
                    let before = selection.iter().take_while(|one| one.id != requirement.id);
                    before.filter(|one| one.area == requirement.area && one.level == requirement.level).count()
                };
                order.sort_by_cached_key(|requirement| (length(requirement), requirement.level, turn(requirement)));
            }
        }
        order
    }

    /// Holds what the clean-up after a check found about other requirements.
    fn hold_findings(&self, held: &mut Held, subject: &Description, record: &VerdictRecord) {
        for FindingRecord { requirement, verdict, message } in &record.evidence.findings {
            let Some(broken) = crate::contract::find(requirement) else { continue };
            let mut found = VerdictRecord {
                requirement: broken.id.to_owned(),
                level: broken.level,
                verdict: *verdict,
                known: false,
                message: Some(format!("after {}: {message}", record.requirement)),
                ..record.clone()
            };
            found.tally.clear();
            found.evidence.findings.clear();
            found.evidence.ledger = None;
            self.apply_ledger(subject, &mut found);
            held.hold(found);
        }
    }

    /// How long something that must happen is waited for with this subject on this machine now.
    pub(crate) fn calibrate(&self, subject: &Description) -> Result<Calibration, SetupError> {
        let handover = (self.handover)();
        // Drivers start an interpreter first, and those of clusters several more.
        let least = match (subject.language.as_str(), subject.profile.kind) {
            (_, Kind::Cluster) => LEAST_TICKS * 30,
            ("Rust", _) => LEAST_TICKS * 2,
            _ => LEAST_TICKS * 5,
        };
        let patience = Calibration::of(None, handover).at_least(least, "how slow the subject is was not known yet");
        let start = Instant::now();
        let watched = self.watch(self.assignment(subject, CALIBRATION, &patience, self.options.seed), &mut || {})?;
        let whole = start.elapsed();
        if let Some(reason) = watched.setup_failed {
            return Err(SetupError::failed(reason));
        }
        // One that hangs does not tell how fast it is. One that came to an end does, whatever else
        // was found: an executor that is slow to start and leaves something behind is still slow.
        let ended = watched.verdict.is_some() && watched.hang.is_none();
        // A program of another language is started, and in a cluster several more.
        let open = if subject.language == "Rust" { whole } else { watched.since_opened().unwrap_or(whole) };
        let calibration = Calibration::of(ended.then_some(Life { open, whole }), handover);
        // What starts several interpreters is not called hanging while it may only be slow.
        let (least, because) = match (subject.language.as_str(), subject.profile.kind) {
            (_, Kind::Cluster) => (LEAST_TICKS * 10, "the least for a cluster"),
            ("Rust", _) => (LEAST_TICKS, "the least"),
            _ => (LEAST_TICKS * 2, "the least for an executor of another program"),
        };
        Ok(Calibration { declared: watched.declared, ..calibration.at_least(least, because) })
    }

    fn record(&self, subject: &Description, requirement: &Requirement, conclusion: Conclusion) -> VerdictRecord {
        let (tally, message) = conclusion.flips();
        let mut record = VerdictRecord {
            schema: SCHEMA,
            subject: subject.address.clone(),
            requirement: requirement.id.to_owned(),
            level: requirement.level,
            verdict: conclusion.verdict,
            known: false,
            runs: conclusion.runs,
            elapsed_ms: conclusion.elapsed.as_secs_f64() * 1e3,
            seed: self.options.seed,
            message,
            tally,
            evidence: conclusion.evidence,
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

/// How many checks may sleep beside each that runs.
const ASLEEP: usize = 4;

/// Records that are said last, the worst about each requirement.
#[derive(Debug, Default)]
pub(crate) struct Held(BTreeMap<String, VerdictRecord>);

impl Held {
    fn hold(&mut self, record: VerdictRecord) {
        // A failure that the ledger does not know outweighs one that it does.
        let weight = |record: &VerdictRecord| (record.verdict.is_failure() && !record.known, record.verdict);
        match self.0.get(&record.requirement) {
            Some(before) if weight(before) >= weight(&record) => {}
            _ => drop(self.0.insert(record.requirement.clone(), record)),
        }
    }
}

/// The pseudo-requirement with which the runner measures the subject.
const CALIBRATION: &str = crate::contract::CALIBRATION.id;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ledger, broken};
    use std::path::Path;

    #[test]
    fn what_takes_long_is_begun_first_or_last_where_there_may_not_be_time_for_all() {
        let plain = broken::subject("sound/plain").expect("it exists").describe().expect("it describes itself");
        let known = "[[failure]]\nsubject='broken:sound/plain'\nversions='*'\nrequirement='WAIT-001'\nreason='r'\nlink='l'\n\
            rate='always'";
        let ledger = Ledger::parse(Path::new("mine.toml"), known).expect("it is valid");
        let selection = ["SUB-010", "SUB-001", "SUB-002", "PROG-001", "RES-001", "WAIT-001", "PROF-009"]
            .map(|id| crate::find(id).expect("it exists"));
        for (within, expected) in [
            (None, ["WAIT-001", "PROG-001", "PROF-009", "SUB-010", "SUB-001", "SUB-002", "RES-001"]),
            (Some(Duration::MAX), ["SUB-001", "RES-001", "SUB-002", "SUB-010", "PROG-001", "PROF-009", "WAIT-001"]),
        ] {
            let runner = Runner::new(Options { within, ledger: ledger.clone(), ..Options::default() });
            let order: Vec<_> = runner.in_order(&plain, &selection).iter().map(|requirement| requirement.id).collect();
            assert_eq!(order, expected);
        }
    }
}
