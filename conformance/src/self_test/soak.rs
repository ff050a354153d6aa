//! The soak: how often defects that depend on luck are caught, measured.

use super::{depends_on_luck, expected_of, kill, ready, round};
use crate::broken::{self, Broken, Difficulty};
use crate::requirements;
use crate::runner::{Calibration, Options, Runner};
use crate::self_test::mutants::in_parallel;
use poolproof_harness::record::{KillRecord, VerdictRecord};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How often one broken executor was caught when it was provoked again and again.
#[derive(Clone, Debug)]
pub struct Soaked {
    /// Which one, and who caught it.
    pub kill: KillRecord,
    /// How often the requirements that it breaks were checked, each time under another schedule.
    pub runs: u64,
    /// In how many of these runs one of them caught it.
    pub catches: u64,
    /// How long it took until the first did.
    pub first: Option<Duration>,
    /// How long it took altogether.
    pub elapsed: Duration,
}

/// What a soak found.
#[derive(Clone, Debug, Default)]
pub struct SoakResult {
    /// The broken executors, in the order of the catalogue.
    pub soaked: Vec<Soaked>,
    /// Executors that could not be checked at all, and why.
    pub errors: Vec<String>,
}

impl SoakResult {
    /// How many of those that depend on the schedule, and are not rare, were caught at all; and how many
    /// there are.
    #[must_use]
    pub fn scheduled(&self) -> (usize, usize) {
        let of_schedule = |soaked: &&Soaked| soaked.kill.difficulty == Difficulty::Schedule.letter();
        let all = self.soaked.iter().filter(of_schedule);
        (all.clone().filter(|soaked| soaked.catches > 0).count(), all.count())
    }

    /// Whether enough of them were caught: 80 %. What is rare may stay uncaught.
    #[must_use]
    pub fn passed(&self) -> bool {
        let (caught, all) = self.scheduled();
        self.errors.is_empty() && caught * 5 >= all * 4
    }
}

/// The broken executors that a soak is about: those whose defect depends on luck, and whose name contains
/// one of the comma-separated parts of `only`.
pub fn soakable(only: Option<&str>) -> impl Iterator<Item = &'static Broken> {
    let parts: Option<Vec<String>> = only.map(|only| only.split(',').map(str::to_owned).collect());
    broken::all().iter().filter(|broken| depends_on_luck(broken)).filter(move |broken| {
        parts.as_ref().is_none_or(|parts| parts.iter().any(|part| broken.name.contains(part.as_str())))
    })
}

/// Provokes each of [`soakable`] for `budget`, and at least once, `jobs` at a time; passes on each that is
/// finished.
pub fn soak(
    options: &Options,
    budget: Duration,
    only: Option<&str>,
    on_soaked: &(dyn Fn(&Soaked) + Sync),
) -> SoakResult {
    let (runner, calibration) = match ready(options) {
        Ok(ready) => ready,
        Err(error) => return SoakResult { errors: vec![error.to_string()], ..SoakResult::default() },
    };
    let mut result = SoakResult::default();
    for soaked in in_parallel(soakable(only).collect(), options.jobs, |broken| {
        let soaked = provoke(&runner, &calibration, broken, budget);
        soaked.as_ref().into_iter().for_each(on_soaked);
        soaked
    }) {
        match soaked {
            Ok(soaked) => result.soaked.push(soaked),
            Err(reason) => result.errors.push(reason),
        }
    }
    result
}

/// Provokes one broken executor for `budget`, and at least once.
fn provoke(runner: &Runner, calibration: &Calibration, broken: &Broken, budget: Duration) -> Result<Soaked, String> {
    let address = broken.address();
    let subject = broken::subject(&address).ok_or_else(|| format!("{address} has no subject"))?;
    let description = subject.describe().map_err(|error| format!("{address} cannot be opened: {error}"))?;
    let selection = expected_of(broken);
    let mut count = Count::default();
    let start = Instant::now();
    while count.runs == 0 || start.elapsed() < budget {
        let records = round(runner, calibration, &description, &selection, count.runs)
            .map_err(|error| format!("{address} cannot be checked: {error}"))?;
        count.run(broken, &records, start.elapsed());
    }
    let Count { runs, catches, first, by } = count;
    let in_order = requirements().iter().map(|requirement| requirement.id.to_owned()).filter(|id| by.contains(id));
    let kill = KillRecord { caught_by: in_order.collect(), caught: catches > 0, ..kill(broken, &[]) };
    Ok(Soaked { kill, runs, catches, first, elapsed: start.elapsed() })
}

#[derive(Debug, Default)]
struct Count {
    runs: u64,
    catches: u64,
    first: Option<Duration>,
    /// The requirements that accused.
    by: BTreeSet<String>,
}

impl Count {
    /// One run came to `records`, so long after the start.
    fn run(&mut self, broken: &Broken, records: &[VerdictRecord], after: Duration) {
        self.runs += 1;
        let kill = kill(broken, records);
        self.by.extend(kill.caught_by);
        if kill.caught {
            self.catches += 1;
            self.first.get_or_insert(after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poolproof_harness::record::{Evidence, SCHEMA};
    use poolproof_harness::{Level, Verdict};

    fn record(requirement: &str, verdict: Verdict) -> VerdictRecord {
        VerdictRecord {
            schema: SCHEMA,
            subject: String::new(),
            requirement: requirement.to_owned(),
            level: Level::Must,
            verdict,
            known: false,
            runs: 1,
            elapsed_ms: 0.0,
            seed: 1,
            message: None,
            tally: std::collections::BTreeMap::new(),
            evidence: Evidence::default(),
        }
    }

    #[test]
    fn a_run_catches_if_a_requirement_that_is_broken_accuses() {
        let rare = broken::all().iter().find(|broken| broken.difficulty == Difficulty::Rare).expect("there are some");
        let mut count = Count::default();
        let second = Duration::from_secs(1);
        count.run(rare, &[record(rare.expected[0], Verdict::Conforms)], second);
        // Trouble elsewhere, and what could not be decided, is no catch.
        count.run(rare, &[record("MAP-001", Verdict::Hangs)], second);
        count.run(rare, &[record(rare.expected[0], Verdict::Inconclusive)], second);
        assert_eq!((count.runs, count.catches, count.first), (3, 0, None));
        count.run(rare, &[record(rare.expected[0], Verdict::Violates)], second * 2);
        count.run(rare, &[record(rare.expected[0], Verdict::Hangs)], second * 3);
        assert_eq!((count.runs, count.catches, count.first), (5, 2, Some(second * 2)));
        assert_eq!(count.by, ["MAP-001", rare.expected[0]].map(str::to_owned).into());
    }

    #[test]
    fn four_of_five_that_depend_on_the_schedule_are_enough() {
        let soaked = |difficulty: Difficulty, catches| {
            let broken = broken::all().iter().find(|broken| broken.difficulty == difficulty).expect("there are some");
            Soaked { kill: kill(broken, &[]), runs: 9, catches, first: None, elapsed: Duration::ZERO }
        };
        let of = |catches: [u64; 5]| SoakResult {
            soaked: catches
                .map(|catches| soaked(Difficulty::Schedule, catches))
                .into_iter()
                .chain([soaked(Difficulty::Rare, 0)])
                .collect(),
            errors: Vec::new(),
        };
        assert_eq!(of([1, 0, 1, 9, 1]).scheduled(), (4, 5));
        assert!(of([1, 0, 1, 9, 1]).passed());
        assert!(!of([1, 0, 1, 0, 1]).passed());
        assert!(!SoakResult { errors: vec!["it cannot be opened".to_owned()], ..of([1; 5]) }.passed());
    }

    #[test]
    fn only_what_depends_on_luck_is_soaked() {
        assert!(soakable(None).all(depends_on_luck));
        let names: Vec<_> = soakable(Some("shared-slot,lost-in")).map(|broken| broken.name).collect();
        let wanted = ["result-shared-slot", "callback-lost-in-the-race", "rare-result-shared-slot"];
        assert!(wanted.iter().all(|name| names.contains(name)) && names.len() == 4, "{names:?}");
    }
}
