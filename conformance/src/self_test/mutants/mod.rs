//! Mutants of the checks: one assertion inverted or dropped, and the self-test must notice.
//!
//! An inverted assertion must accuse a sound executor, or let one go that is broken; without a dropped one, a check
//! must no longer catch a broken executor that it catches with it, or accuse a sound one because it no longer waits.
//! An assertion whose absence nobody notices checks nothing that another one does not: it needs a defect that it alone
//! catches, or should not be there.
//!
//! Where the broken executors of the catalogue do not tell one assertion from another, liars do: they
//! are right in everything but one answer.
//!
//! A mutant can only change the runs that reach its assertion, and those are known from one run of
//! every check on the executors that matter to it: so each mutant costs a few runs, not all of them.

mod baseline;
mod document;
mod lies;
mod notice;
mod sites;

pub use document::mutants_markdown;

use crate::Ledger;
use crate::runner::{Options, Runner};
use baseline::Baseline;
pub(super) use baseline::in_parallel;
use std::fmt;
use std::time::{Duration, Instant};

/// What is done to an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mutation {
    /// It fails where it should pass, and passes where it should fail.
    Inverted,
    /// It is not there.
    Dropped,
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Inverted => "inverted",
            Self::Dropped => "dropped",
        })
    }
}

/// One assertion made wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mutant {
    /// The file of the assertion, below `src`.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// Its column.
    pub column: u32,
    /// What was done to it.
    pub mutation: Mutation,
    /// The line as it stands there.
    pub code: String,
    /// Who noticed: a broken executor that got away, or a sound one that was accused, and of what.
    pub noticed: Option<String>,
    /// Whether any executor of the self-test reaches the assertion.
    pub reached: bool,
}

/// What became of the mutants.
#[derive(Clone, Debug, Default)]
pub struct MutantsResult {
    /// Every mutant, in the order of the sources.
    pub mutants: Vec<Mutant>,
    /// Why some could not be judged.
    pub errors: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl MutantsResult {
    /// How many mutants of this kind were noticed, and how many there are.
    #[must_use]
    pub fn noticed(&self, mutation: Mutation) -> (usize, usize) {
        let of_kind = || self.mutants.iter().filter(|mutant| mutant.mutation == mutation);
        (of_kind().filter(|mutant| mutant.noticed.is_some()).count(), of_kind().count())
    }

    /// The share of the mutants that were noticed.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let noticed = self.mutants.iter().filter(|mutant| mutant.noticed.is_some()).count();
        noticed as f64 / self.mutants.len().max(1) as f64
    }
}

/// Makes every assertion wrong in turn, or those whose file and line (`checks/wait.rs:106:`) contain one of
/// the texts in `only`, which have commas between them.
///
/// `on_step` is told what is being done.
pub fn mutants(options: &Options, only: Option<&str>, on_step: &(dyn Fn(&str) + Sync)) -> MutantsResult {
    let start = Instant::now();
    let runner = Runner::new(Options { jobs: 1, ledger: Ledger::none(), ..options.clone() });
    let mut result = MutantsResult::default();
    match super::calibrate(&runner) {
        Ok(calibration) => {
            let chosen = sites::chosen(only);
            let baseline = Baseline::run(&runner, &calibration, options.jobs, &chosen, on_step);
            result.errors.extend(baseline.errors.iter().cloned());
            result.errors.extend(baseline.unlisted());
            let lies = lies::caught(&runner, &calibration, options.jobs, &baseline, &chosen, on_step);
            result.mutants = notice::all(&runner, &calibration, options.jobs, (&baseline, &lies), &chosen, on_step);
        }
        Err(error) => result.errors.push(error.to_string()),
    }
    result.mutants.sort();
    result.elapsed = start.elapsed();
    result
}
