//! One run of one check, told what to do with its assertions: for the mutants of the self-test.

use super::check::Runner;
use super::child::not_applicable;
use super::judge::judge;
use super::machine::Calibration;
use crate::requirement::Requirement;
use crate::trial::{Assertions, Judged};
use poolproof_harness::{Description, SetupError, Verdict};

/// What one run of one check came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observed {
    /// The requirements that are broken, by the verdict and by what the clean-up found.
    pub(crate) accused: Vec<String>,
    /// Whether the check could not be decided.
    pub(crate) inconclusive: bool,
    /// The assertions that were judged, in order.
    pub(crate) assertions: Vec<Judged>,
}

impl Runner {
    /// Runs the check of `requirement` once.
    pub(crate) fn observe(
        &self,
        calibration: &Calibration,
        subject: &Description,
        requirement: &'static Requirement,
        assertions: Assertions,
    ) -> Result<Observed, SetupError> {
        if not_applicable(&subject.profile, requirement).is_some() {
            return Ok(Observed::default());
        }
        let mut assignment = self.assignment(subject, requirement.id, calibration, self.options().seed);
        assignment.assertions = assertions;
        let mut watched = self.watch(assignment, &mut || {})?;
        let (verdict, _) = judge(&mut watched);
        let mut findings = watched.findings;
        findings.push((requirement.id.to_owned(), verdict, String::new()));
        let accuses = |verdict: Verdict| verdict.is_failure() || verdict == Verdict::Overclaims;
        let accused = findings.into_iter().filter(|(_, verdict, _)| accuses(*verdict)).map(|(id, ..)| id).collect();
        Ok(Observed { accused, inconclusive: verdict == Verdict::Inconclusive, assertions: watched.assertions })
    }
}
