//! One run of one check, told what to do with its assertions: for the mutants of the self-test.

use super::check::{Runner, judge};
use super::child::not_applicable;
use super::launch::watch;
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
        ticks: u32,
        subject: &Description,
        requirement: &'static Requirement,
        assertions: Assertions,
    ) -> Result<Observed, SetupError> {
        if not_applicable(&subject.profile, requirement).is_some() {
            return Ok(Observed::default());
        }
        let mut assignment = self.assignment(subject, requirement.id, ticks, self.seed());
        assignment.assertions = assertions;
        let mut watched = watch(&self.reentry()?, assignment)
            .map_err(|error| SetupError::failed(format!("the child of a check cannot be started: {error}")))?;
        let mut findings = std::mem::take(&mut watched.findings);
        let (verdict, _) = judge(&watched, &mut findings);
        findings.push((requirement.id.to_owned(), verdict, String::new()));
        let accuses = |verdict: Verdict| verdict.is_failure() || verdict == Verdict::Overclaims;
        let accused = findings.into_iter().filter(|(_, verdict, _)| accuses(*verdict)).map(|(id, ..)| id).collect();
        Ok(Observed { accused, inconclusive: verdict == Verdict::Inconclusive, assertions: watched.assertions })
    }
}
