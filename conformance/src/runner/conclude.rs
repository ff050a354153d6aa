//! All runs of one check on one subject, and what they come to.

use super::check::Runner;
use super::child::not_applicable;
use super::judge::{TIME_IS_UP, excuse, judge, may_be_found_late, may_be_late};
use super::machine::Calibration;
use super::protocol::{Assignment, Order, Secret};
use super::turns::Turn;
use super::watched::Watched;
use crate::requirement::Requirement;
use crate::trial::Assertions;
use poolproof_harness::record::{Evidence, FindingRecord};
use poolproof_harness::{Description, Patience, SetupError, Verdict, handover};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What the runs of one check came to.
#[derive(Clone, Debug)]
pub(super) struct Conclusion {
    pub(super) verdict: Verdict,
    pub(super) message: Option<String>,
    pub(super) evidence: Evidence,
    pub(super) elapsed: Duration,
    pub(super) runs: u32,
    /// In how many of several runs each verdict was reached.
    pub(super) tally: BTreeMap<Verdict, u32>,
    /// Whether nothing can be said of the subject because the machine did not let it run.
    pub(super) starved: bool,
}

/// How often a check is repeated because the machine, not the subject, seems to have been late.
const SECOND_CHANCES: u32 = 2;

impl Runner {
    /// All runs of one check, merged. Its turn is passed on while the check sleeps.
    pub(super) fn conclude(
        &self,
        subject: &Description,
        requirement: &'static Requirement,
        calibration: &Calibration,
        turn: &mut Turn<'_>,
    ) -> Result<Conclusion, SetupError> {
        if let Some((verdict, message)) = not_applicable(&subject.profile, requirement) {
            return Ok(Conclusion::without_a_run(verdict, message, 1));
        }
        if self.time_is_up() {
            let message = format!("it was not begun: {TIME_IS_UP}");
            return Ok(Conclusion::without_a_run(Verdict::Inconclusive, message, 0));
        }
        let start = Instant::now();
        let options = self.options();
        let wanted = |runs| match options.budget {
            Some(budget) => start.elapsed() < budget,
            None => runs < options.runs,
        };
        let again = |runs| wanted(runs) && !self.time_is_up();
        // The first run shows what happens when nothing disturbs.
        let mut merged =
            self.run_in_time(subject, requirement, calibration, (options.seed, options.disturbed), turn)?;
        while again(merged.runs) {
            let seed = options.seed.wrapping_add(u64::from(merged.runs));
            merged = merged.merge(self.run_in_time(subject, requirement, calibration, (seed, true), turn)?);
        }
        if merged.runs > 1 && merged.verdict == Verdict::Conforms {
            merged.message = Some(power(merged.runs));
        }
        Ok(Conclusion { elapsed: start.elapsed(), ..merged })
    }

    /// One run; if it is late, the machine is measured again, and a machine that became too slow
    /// for the deadline gets another with a longer one.
    fn run_in_time(
        &self,
        subject: &Description,
        requirement: &'static Requirement,
        calibration: &Calibration,
        run: (u64, bool),
        turn: &mut Turn<'_>,
    ) -> Result<Conclusion, SetupError> {
        let mut calibration = calibration.clone();
        let mut chances = SECOND_CHANCES;
        loop {
            turn.resume();
            let conclusion = self.run_once(subject, requirement, &calibration, run, turn)?;
            if !conclusion.is_late() || self.time_is_up() {
                return Ok(conclusion);
            }
            let Some(needed) = conclusion.needs(&calibration, (self.handover)()) else { return Ok(conclusion) };
            if chances == 0 || needed.is_hopeless() {
                return Ok(conclusion.excused(&needed));
            }
            calibration = needed;
            chances -= 1;
        }
    }

    fn run_once(
        &self,
        subject: &Description,
        requirement: &'static Requirement,
        calibration: &Calibration,
        (seed, disturbed): (u64, bool),
        turn: &mut Turn<'_>,
    ) -> Result<Conclusion, SetupError> {
        let start = Instant::now();
        let mut assignment = self.assignment(subject, requirement.id, calibration, seed);
        assignment.disturbed = disturbed;
        assignment.profile = Some(subject.profile.clone());
        let mut watched = self.watch(assignment, &mut || turn.pass())?;
        if let Some(reason) = &watched.setup_failed {
            return Err(SetupError::failed(reason.clone()));
        }
        let (verdict, message) = judge(&mut watched);
        let undecided = |verdict| verdict == Verdict::Inconclusive;
        let undecided = undecided(verdict) || watched.findings.iter().any(|finding| undecided(finding.1));
        let starved = undecided && watched.starved.is_some();
        let mut evidence = Evidence {
            replay: Some(format!(
                "poolproof check '{}' --only {} --workers {} --seed {seed}{}",
                subject.address,
                requirement.id,
                self.options().workers,
                if disturbed { " --disturb" } else { "" }
            )),
            ..Evidence::default()
        };
        if verdict > Verdict::Unsupported || !watched.findings.is_empty() {
            evidence.history = watched.history.into();
            evidence.deadline = match &watched.hang {
                Some(hang) => Some(calibration.evidence(hang.elapsed)),
                None => {
                    // Somebody waited for what never happened, or for what never went away.
                    let waited = |verdict| matches!(verdict, Verdict::Hangs | Verdict::Leaks);
                    let in_vain = waited(verdict) || watched.findings.iter().any(|finding| waited(finding.1));
                    in_vain.then(|| calibration.evidence(Patience::ticks(calibration.ticks).nominal()))
                }
            };
            evidence.stacks = watched.hang.map(|hang| hang.stacks);
            let output = String::from_utf8_lossy(&watched.output).trim().to_owned();
            evidence.output = (!output.is_empty()).then_some(output);
        }
        let finding = |(requirement, verdict, message)| FindingRecord { requirement, verdict, message };
        evidence.findings = watched.findings.into_iter().map(finding).collect();
        let (elapsed, tally) = (start.elapsed(), BTreeMap::new());
        Ok(Conclusion { verdict, message, evidence, elapsed, runs: 1, tally, starved })
    }

    pub(super) fn assignment(
        &self,
        subject: &Description,
        requirement: &str,
        calibration: &Calibration,
        seed: u64,
    ) -> Assignment {
        Assignment {
            subject: subject.address.clone(),
            requirement: requirement.to_owned(),
            workers: self.options().workers,
            seed,
            ticks: calibration.ticks,
            opening: calibration.opening,
            audit: calibration.well,
            disturbed: false,
            assertions: Assertions::Judged,
            profile: None,
            secret: Secret::default(),
        }
    }

    /// Has a child run one check; `asleep` is called when everything in it sleeps, once at most.
    pub(super) fn watch(&self, assignment: Assignment, asleep: &mut dyn FnMut()) -> Result<Watched, SetupError> {
        let (known, facts) = handover();
        let (limits, until_ns) = (self.options().limits, self.until_ns());
        let order = Order { assignment, facts: (known.to_owned(), facts), limits, until_ns };
        let failed = |reason: String| SetupError::failed(format!("the child of a check cannot be started: {reason}"));
        let watched = self.lanes().run(&self.reentry()?, &order, asleep);
        let watched = watched.map_err(|error| failed(error.to_string()))?;
        match &watched.not_started {
            Some(reason) => Err(failed(reason.clone())),
            None => Ok(watched),
        }
    }
}

/// What several runs without a failure say: a defect that shows with probability `p` in each run is
/// found in `n` runs with probability `1 - (1 - p)^n`.
fn power(runs: u32) -> String {
    let runs = f64::from(runs);
    let found = |p: f64| 100.0 * (1.0 - (1.0 - p).powf(runs));
    format!(
        "{runs} runs: a defect that shows with probability 1 % per run is found with probability {:.0} %, one of 10 % \
         with {:.0} %; what shows in {:.1} % of the runs or more is found with 95 %",
        found(0.01),
        found(0.1),
        100.0 * (1.0 - 0.05_f64.powf(1.0 / runs))
    )
}

impl Conclusion {
    /// What is known without running the check.
    fn without_a_run(verdict: Verdict, message: String, runs: u32) -> Self {
        Self {
            verdict,
            message: Some(message),
            evidence: Evidence::default(),
            elapsed: Duration::ZERO,
            runs,
            tally: BTreeMap::new(),
            starved: false,
        }
    }

    /// The tally, if the verdict depends on the schedule; and the message, which then says how often.
    pub(super) fn flips(&self) -> (BTreeMap<Verdict, u32>, Option<String>) {
        if self.tally.len() < 2 {
            return (BTreeMap::new(), self.message.clone());
        }
        let times = self.tally.get(&self.verdict).copied().unwrap_or_default();
        let message = self.message.as_deref().unwrap_or("no more was said");
        let said = format!("depends on the schedule, {} in {times} of {} runs: {message}", self.verdict, self.runs);
        (self.tally.clone(), Some(said))
    }

    /// Whether something did not happen in time.
    fn is_late(&self) -> bool {
        let undecided = |verdict| verdict == Verdict::Inconclusive;
        may_be_late(self.verdict)
            || undecided(self.verdict)
            || self.evidence.findings.iter().any(|found| may_be_found_late(found.verdict) || undecided(found.verdict))
    }

    /// With what it should be tried again, if the machine, and not the subject, seems to have been late; a handover
    /// takes `handover` by now.
    fn needs(&self, calibration: &Calibration, handover: Duration) -> Option<Calibration> {
        // A machine may hand over quickly and yet not let those run who have much to do.
        calibration.stretched(handover).or_else(|| self.starved.then(|| calibration.doubled()))
    }

    /// What was late on a machine that is too slow to tell says nothing about the subject.
    fn excused(mut self, needed: &Calibration) -> Self {
        let why = format!("the machine is too slow to judge: a deadline would have to be {}", needed.because);
        let findings = self.evidence.findings.iter_mut().map(|found| (&mut found.verdict, &mut found.message));
        (self.verdict, self.message) = excuse((self.verdict, self.message), findings, &why);
        self
    }

    /// The worse of two counts; what both found elsewhere counts.
    fn merge(self, other: Self) -> Self {
        let runs = self.runs + other.runs;
        let mut tally = BTreeMap::new();
        for part in [&self, &other] {
            if part.tally.is_empty() {
                *tally.entry(part.verdict).or_default() += part.runs;
            }
            for (verdict, runs) in &part.tally {
                *tally.entry(*verdict).or_default() += runs;
            }
        }
        let (mut worse, better) = if other.verdict > self.verdict { (other, self) } else { (self, other) };
        worse.evidence.findings.extend(better.evidence.findings);
        Self { runs, tally, ..worse }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(verdict: Verdict) -> Conclusion {
        let message = verdict.is_failure().then(|| "it did not end".to_owned());
        let (evidence, elapsed) = (Evidence::default(), Duration::ZERO);
        Conclusion { verdict, message, evidence, elapsed, runs: 1, tally: BTreeMap::new(), starved: false }
    }

    fn of(verdicts: &[Verdict]) -> Conclusion {
        verdicts.iter().map(|&verdict| run(verdict)).reduce(Conclusion::merge).expect("some runs")
    }

    #[test]
    fn a_verdict_that_flips_is_said_with_its_rate() {
        use Verdict::{Conforms, Hangs};
        let conclusion = of(&[Conforms, Hangs, Conforms, Conforms]);
        let (tally, message) = conclusion.flips();
        assert_eq!((conclusion.verdict, conclusion.runs), (Hangs, 4));
        assert_eq!(tally, BTreeMap::from([(Conforms, 3), (Hangs, 1)]));
        assert_eq!(message.unwrap(), "depends on the schedule, hangs in 1 of 4 runs: it did not end");
    }

    #[test]
    fn what_was_late_on_a_slow_machine_accuses_nobody() {
        let slow = Calibration { ticks: 900, opening: 900, because: "9 s".to_owned(), well: true, declared: None };
        let mut hangs = run(Verdict::Hangs);
        let late =
            |verdict| FindingRecord { requirement: "WORK-002".to_owned(), verdict, message: "only 1 did".to_owned() };
        hangs.evidence.findings = vec![late(Verdict::Violates), late(Verdict::Hangs)];
        assert!(hangs.is_late());
        let excused = hangs.excused(&slow);
        assert_eq!(excused.verdict, Verdict::Inconclusive);
        let why = "it did not end; but the machine is too slow to judge: a deadline would have to be 9 s";
        assert_eq!(excused.message.as_deref(), Some(why));
        assert!(excused.evidence.findings.iter().all(|finding| finding.verdict == Verdict::Inconclusive));
        // What is wrong without being late stays wrong.
        let violates = run(Verdict::Violates);
        assert!(!violates.is_late() && violates.excused(&slow).verdict == Verdict::Violates);
    }

    #[test]
    fn whoever_was_not_let_run_gets_twice_the_time() {
        let calibration =
            Calibration { ticks: 100, opening: 100, because: "the least".to_owned(), well: true, declared: None };
        let quick = Duration::from_micros(20);
        let mut conclusion = run(Verdict::Inconclusive);
        assert_eq!(conclusion.needs(&calibration, quick), None);
        conclusion.starved = true;
        let needed = conclusion.needs(&calibration, quick).expect("it was starved");
        assert_eq!(needed.ticks, 200);
        // What the machine itself is measured to need is more to the point.
        let slow = conclusion.needs(&calibration, Duration::from_millis(3)).expect("3 s are more than 1 s");
        assert_eq!(slow.ticks, 300);
    }

    #[test]
    fn a_verdict_that_is_always_the_same_has_no_tally() {
        let (tally, message) = of(&[Verdict::Hangs; 3]).flips();
        assert!(tally.is_empty());
        assert_eq!(message.as_deref(), Some("it did not end"));
    }
}
