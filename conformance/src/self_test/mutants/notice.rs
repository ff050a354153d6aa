//! Makes an assertion wrong, and looks whether somebody notices.

use super::baseline::{Baseline, Case, Run, TRIES, catches, in_parallel};
use super::lies::Caught;
use super::sites::Written;
use super::{Mutant, Mutation};
use crate::runner::{Calibration, Observed, Runner};
use crate::self_test::depends_on_luck;
use crate::trial::{Assertions, Site};

/// How many sound executors get the chance to be accused by a mutant.
const SOUND: usize = 24;
/// How many lies that it catches are told to a mutant.
const LIES: usize = 16;
/// How many broken ones whose run only passes by the assertion, and may need what it waits for.
const PASSING: usize = 24;

/// The mutants of all of `sites`.
pub(super) fn all(
    runner: &Runner,
    calibration: &Calibration,
    jobs: usize,
    (baseline, lies): (&Baseline, &[Caught]),
    sites: &[Written],
    on_step: &(dyn Fn(&str) + Sync),
) -> Vec<Mutant> {
    let judge = Judge { runner, calibration, baseline, lies };
    let mutants = in_parallel(sites.iter().collect(), jobs, |written| {
        on_step(&written.site.to_string());
        judge.mutants(written)
    });
    mutants.into_iter().flatten().collect()
}

/// A run, and whose it is.
type Place<'a> = (&'a Case, &'a Run);

/// How a mutant is told that lets this broken executor pass.
fn gets_away(&(case, run): &Place<'_>) -> Option<String> {
    case.broken.map(|broken| format!("broken:{} gets away with it in {}", broken.name, run.requirement.id))
}

struct Judge<'j> {
    runner: &'j Runner,
    calibration: &'j Calibration,
    baseline: &'j Baseline,
    lies: &'j [Caught],
}

impl Judge<'_> {
    fn mutants(&self, written: &Written) -> Vec<Mutant> {
        let lied_to = self.lies.iter().any(|lie| lie.by == written.site);
        let reached = lied_to || self.runs().any(|(_, run)| run.reaches(&written.site));
        let mutant = |mutation, noticed| Mutant {
            file: written.site.file.clone(),
            line: written.site.line,
            column: written.site.column,
            mutation,
            code: written.code.to_owned(),
            noticed,
            reached,
        };
        let mut mutants = vec![mutant(Mutation::Dropped, self.dropped(&written.site))];
        // What can only fail is never reached where it could be turned round.
        if !written.only_fails() {
            mutants.push(mutant(Mutation::Inverted, self.inverted(&written.site)));
        }
        mutants
    }

    fn runs(&self) -> impl Iterator<Item = (&Case, &Run)> {
        self.baseline.cases.iter().flat_map(|case| case.runs.iter().map(move |run| (case, run)))
    }

    /// Who notices that the assertion is inverted.
    fn inverted(&self, site: &Site) -> Option<String> {
        let mutant = Assertions::Inverted(site.clone());
        let noticed = self.accused(site, &mutant).or_else(|| self.believed(site, &mutant));
        // What no sound executor reaches lets the broken one pass that it should catch.
        noticed.or_else(|| {
            let (failing, _) = self.catching(site);
            failing.iter().find(|&&(case, run)| self.escapes(case, run, &mutant)).and_then(gets_away)
        })
    }

    /// The runs that catch a defect and come to the assertion: those that fail there, and those that pass it.
    fn catching(&self, site: &Site) -> (Vec<Place<'_>>, Vec<Place<'_>>) {
        let catching = self.baseline.cases.iter().flat_map(|case| case.catching().map(move |run| (case, run)));
        catching.filter(|(_, run)| run.reaches(site)).partition(|(_, run)| run.ends(site, false))
    }

    /// Who notices that the assertion is not there.
    fn dropped(&self, site: &Site) -> Option<String> {
        let mutant = Assertions::Dropped(site.clone());
        let waits = self.runs().flat_map(|(_, run)| &run.observed.assertions).any(|one| one.site == *site && one.waits);
        let (failing, passing) = self.catching(site);
        let escaping = |&&(case, run): &&Place<'_>| self.escapes(case, run, &mutant);
        if let Some(found) = failing.iter().find(escaping) {
            return gets_away(found);
        }
        let believed = self.believed(site, &mutant);
        if let Some(lie) = believed.or_else(|| self.believed(site, &Assertions::Ignored(site.clone()))) {
            return Some(lie);
        }
        if !waits {
            return None;
        }
        let accused = self.accused(site, &mutant);
        accused.or_else(|| passing.iter().take(PASSING).find(escaping).and_then(gets_away))
    }

    /// The first lie that the assertion catches and its mutant lets pass.
    fn believed(&self, site: &Site, mutant: &Assertions) -> Option<String> {
        self.lies.iter().filter(|lie| lie.by == *site).take(LIES).find_map(|lie| {
            let observed = lie.run(self.runner, self.calibration, mutant.clone())?;
            let name = &lie.description.address;
            (!lie.is_seen(&observed)).then(|| format!("{name} gets away with it in {}", lie.requirement.id))
        })
    }

    /// The first sound executor that the mutant accuses of something new.
    fn accused(&self, site: &Site, mutant: &Assertions) -> Option<String> {
        let reaching = self.runs().filter(|(case, run)| case.broken.is_none() && run.ends(site, true));
        reaching.take(SOUND).find_map(|(case, run)| {
            let observed = self.observe(case, run, mutant)?;
            let address = &case.description.address;
            if observed.inconclusive && !run.observed.inconclusive {
                return Some(format!("{} cannot be judged by {}", address, run.requirement.id));
            }
            let new = observed.accused.iter().find(|id| !run.observed.accused.contains(id))?;
            Some(format!("{address} is accused of {new}"))
        })
    }

    /// Whether the mutant of a check lets a broken executor get away that the check itself catches: twice,
    /// and the check catches it again meanwhile.
    fn escapes(&self, case: &Case, run: &Run, mutant: &Assertions) -> bool {
        let Some(broken) = case.broken else { return false };
        let tries = if depends_on_luck(broken) { TRIES } else { 1 };
        let caught_by = |assertions: &Assertions| {
            (0..tries)
                .any(|_| self.observe(case, run, assertions).is_none_or(|observed| catches(run.requirement, &observed)))
        };
        !caught_by(mutant) && caught_by(&Assertions::Reported) && !caught_by(mutant)
    }

    fn observe(&self, case: &Case, run: &Run, mutant: &Assertions) -> Option<Observed> {
        self.runner.observe(self.calibration, &case.description, run.requirement, mutant.clone()).ok()
    }
}
