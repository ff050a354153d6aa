//! Which assertions the executors of the self-test reach, and how these end, when nothing is wrong
//! with the checks.

use super::sites::{Written, may_reach, sites};
use crate::broken::{self, Broken};
use crate::requirement::Requirement;
use crate::requirements;
use crate::runner::{Calibration, Observed, Runner};
use crate::self_test::{depends_on_luck, expected_of, self_tested};
use crate::trial::{Assertions, Site};
use poolproof_harness::Description;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// One run of one check on one executor.
pub(super) struct Run {
    pub(super) requirement: &'static Requirement,
    pub(super) observed: Observed,
}

impl Run {
    pub(super) fn reaches(&self, site: &Site) -> bool {
        self.observed.assertions.iter().any(|judged| judged.site == *site)
    }

    pub(super) fn ends(&self, site: &Site, passed: bool) -> bool {
        self.observed.assertions.iter().any(|judged| judged.site == *site && judged.passed == passed)
    }
}

/// An executor of the self-test, and the runs of the checks that matter to it.
pub(super) struct Case {
    pub(super) description: Description,
    /// The defect; a sound executor has none.
    pub(super) broken: Option<&'static Broken>,
    pub(super) runs: Vec<Run>,
}

impl Case {
    /// The runs that catch the defect. There may be none when it depends on luck.
    pub(super) fn catching(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| self.broken.is_some() && catches(run.requirement, &run.observed))
    }
}

/// Whether a check accuses an executor of what it decides. (Clean-up after it may find more.)
pub(super) fn catches(requirement: &Requirement, observed: &Observed) -> bool {
    observed.accused.iter().any(|id| id == requirement.id)
}

/// The runs of every executor of the self-test.
pub(super) struct Baseline {
    pub(super) cases: Vec<Case>,
    pub(super) errors: Vec<String>,
}

/// How often a defect that depends on luck is given the chance to show.
pub(super) const TRIES: usize = 20;

impl Baseline {
    pub(super) fn run(
        runner: &Runner,
        calibration: &Calibration,
        jobs: usize,
        chosen: &[Written],
        on_step: &(dyn Fn(&str) + Sync),
    ) -> Self {
        let sound = broken::sound().iter().map(|sound| (sound.address(), None));
        let matters = |broken: &&Broken| broken.expected.iter().any(|id| may_reach(id, chosen));
        let broken = self_tested().filter(matters).map(|broken| (broken.address(), Some(broken)));
        let all: Vec<_> = sound.chain(broken).enumerate().collect();
        let results = in_parallel(all, jobs, |(index, (address, broken))| {
            on_step(address);
            (*index, case(runner, calibration, (address, *broken), chosen))
        });
        let mut baseline = Self { cases: Vec::new(), errors: Vec::new() };
        for (_, result) in results {
            match result {
                Ok(case) => baseline.cases.push(case),
                Err(error) => baseline.errors.push(error),
            }
        }
        baseline
    }

    /// Assertions that were reached and that the list of them does not have.
    pub(super) fn unlisted(&self) -> Vec<String> {
        let listed: BTreeSet<Site> = sites().map(|written| written.site).collect();
        let runs = self.cases.iter().flat_map(|case| &case.runs);
        let reached: BTreeSet<&Site> =
            runs.flat_map(|run| &run.observed.assertions).map(|judged| &judged.site).collect();
        let unlisted = reached.into_iter().filter(|site| site.file.starts_with("checks/") && !listed.contains(site));
        unlisted
            .map(|site| format!("the assertion at {site} has no mutants: build.rs does not know its name"))
            .collect()
    }
}

fn case(
    runner: &Runner,
    calibration: &Calibration,
    (address, broken): (&str, Option<&'static Broken>),
    chosen: &[Written],
) -> Result<Case, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{address} cannot be checked: {error}");
    let subject = broken::subject(address).ok_or_else(|| failed(&"it has no subject"))?;
    let description = subject.describe().map_err(|error| failed(&error))?;
    let selection = broken.map_or_else(|| requirements().to_vec(), expected_of);
    let mut runs = Vec::new();
    for requirement in selection.into_iter().filter(|requirement| may_reach(requirement.id, chosen)) {
        let run = || runner.observe(calibration, &description, requirement, Assertions::Reported);
        let mut observed = run().map_err(|error| failed(&error))?;
        if broken.is_some_and(depends_on_luck) {
            for _ in 1..TRIES {
                if !catches(requirement, &observed) {
                    observed = run().map_err(|error| failed(&error))?;
                }
            }
        }
        runs.push(Run { requirement, observed });
    }
    Ok(Case { description, broken, runs })
}

/// Applies `work` to every item, `jobs` at a time; the results come in the order of the items.
pub(in crate::self_test) fn in_parallel<T: Send, R: Send>(
    items: Vec<T>,
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let queue: Mutex<VecDeque<_>> = Mutex::new(items.into_iter().enumerate().collect());
    let results = Mutex::new(Vec::new());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while let Some((index, item)) = next() {
                    let result = work(&item);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
