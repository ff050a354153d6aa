//! Which assertion catches which lie, when nothing is wrong with the checks.

use super::baseline::{Baseline, Case, Run, in_parallel};
use super::sites::{Written, may_reach};
use crate::Area;
use crate::broken::{self, liar::Lie};
use crate::requirement::Requirement;
use crate::runner::{Calibration, Observed, Runner};
use crate::trial::{Assertions, Site};
use poolproof_harness::{Description, Kind};
use std::collections::BTreeSet;

/// A lie that one assertion of one check catches.
pub(super) struct Caught {
    pub(super) description: Description,
    pub(super) requirement: &'static Requirement,
    /// The assertion.
    pub(super) by: Site,
    /// What the check accuses the truthful executor of.
    truthful: Vec<String>,
}

/// A lie about a pool of threads has shown in this many ticks, or never will.
const PATIENCE: u32 = 40;
/// Of answers of one kind in one run, the first so many are made lies, and some of the rest.
const EACH: usize = 12;
/// The same for scripts, which are long, and are shrunk when one is caught.
const EACH_OF_SCRIPTS: usize = 2;

impl Caught {
    /// One run of the check on the liar.
    pub(super) fn run(&self, runner: &Runner, calibration: &Calibration, assertions: Assertions) -> Option<Observed> {
        observe(runner, calibration, &self.description, self.requirement, assertions)
    }

    /// Whether the check accuses the liar of what it decides. (Clean-up after it may find more.)
    pub(super) fn is_seen(&self, observed: &Observed) -> bool {
        let accuses = |accused: &[String]| accused.iter().any(|id| id == self.requirement.id);
        accuses(&observed.accused) && !accuses(&self.truthful)
    }
}

fn observe(
    runner: &Runner,
    calibration: &Calibration,
    description: &Description,
    requirement: &'static Requirement,
    assertions: Assertions,
) -> Option<Observed> {
    let mut calibration = calibration.clone();
    if description.profile.kind == Kind::Thread {
        calibration.ticks = calibration.ticks.min(PATIENCE);
    }
    runner.observe(&calibration, description, requirement, assertions).ok()
}

/// Tells every check every lie that it listens to, on the sound executors that lead it to each of its
/// assertions.
pub(super) fn caught(
    runner: &Runner,
    calibration: &Calibration,
    jobs: usize,
    baseline: &Baseline,
    sites: &[Written],
    on_step: &(dyn Fn(&str) + Sync),
) -> Vec<Caught> {
    let chosen: BTreeSet<&Site> = sites.iter().map(|written| &written.site).collect();
    let mut audiences = Vec::new();
    for requirement in crate::requirements() {
        let mut covered: BTreeSet<&Site> = BTreeSet::new();
        let run_of = |case: &Case| case.runs.iter().position(|run| run.requirement.id == requirement.id);
        let before = audiences.len();
        for case in baseline.cases.iter().filter(|case| case.broken.is_none()) {
            let Some(run) = run_of(case).map(|place| &case.runs[place]) else { continue };
            let sites = run.observed.assertions.iter().map(|judged| &judged.site);
            let chosen = sites.filter(|site| chosen.contains(site));
            let more = chosen.filter(|site| covered.insert(site)).count();
            if more > 0 {
                audiences.push((case, run));
            }
        }
        // Where assertions can only fail, the truth leads to none of them.
        let first = baseline.cases.iter().find_map(|case| Some((case, &case.runs[run_of(case)?])));
        if audiences.len() == before && may_reach(requirement.id, sites) {
            audiences.extend(first.filter(|(case, _)| case.broken.is_none()));
        }
    }
    let lies = in_parallel(audiences, jobs, |(case, run)| {
        on_step(&format!("lies to {}", run.requirement.id));
        told(runner, calibration, case, run)
    });
    lies.into_iter().flatten().collect()
}

/// The lies of one executor to one check that an assertion catches.
fn told(runner: &Runner, calibration: &Calibration, case: &Case, run: &Run) -> Vec<Caught> {
    let sound = case.description.address.rsplit('/').next().unwrap_or_default();
    let liar = |lie: Lie, number| Description {
        address: broken::liar::address(sound, lie, number),
        ..case.description.clone()
    };
    let truth = liar(Lie::OpenRejects, 0);
    let Some(truth) = observe(runner, calibration, &truth, run.requirement, Assertions::Reported) else {
        return Vec::new();
    };
    let each = if run.requirement.area == Area::Program { EACH_OF_SCRIPTS } else { EACH };
    let mut caught = Vec::new();
    for lie in Lie::ALL {
        // Shrinking a script that hangs takes the whole patience each time.
        if run.requirement.area == Area::Program && [Lie::SubmitLoses, Lie::AsideHangs].contains(&lie) {
            continue;
        }
        // What was answered before the check began counts, and was not reported.
        let answers = truth.assertions.iter().filter(|judged| judged.site.file == lie.name());
        let given = answers.map(|judged| judged.site.line as usize).max().unwrap_or(0);
        for number in (1..=given).filter(|&number| number <= each || number == given || number.is_power_of_two()) {
            let description = liar(lie, number);
            let observed = observe(runner, calibration, &description, run.requirement, Assertions::Reported);
            let failed = observed.as_ref().and_then(|observed| {
                let last = observed.assertions.iter().rfind(|judged| !judged.passed)?;
                Some(last.site.clone())
            });
            if let (Some(observed), Some(by)) = (observed, failed) {
                let lie = Caught { description, requirement: run.requirement, by, truthful: truth.accused.clone() };
                if lie.is_seen(&observed) {
                    caught.push(lie);
                }
            }
        }
    }
    caught
}
