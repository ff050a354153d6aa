//! `check`: conformance.

use super::addresses::ask;
use super::{Failure, selection};
use crate::cli::{LedgerOptions, Output, at_least_one, duration};
use crate::progress::Progress;
use crate::resolve;
use crate::run::{Exit, Run, Tally, exit_of};
use crate::session::Session;
use crate::tables::{self, Standings, Table};
use poolproof_conformance::{self as conformance, Ledger, Requirement, Runner};
use poolproof_harness::Description;
use poolproof_harness::record::{Record, VerdictRecord};
use std::time::Duration;

/// Options of `check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  poolproof check thread
  poolproof check python:thread python:process --no-ledger
  poolproof check rayon --only CANC --only SHUT-003 --runs 20
  poolproof check process --for 30s --seed 7 --format json")]
pub struct Options {
    /// The subjects' addresses; `poolproof subjects` lists them.
    #[arg(required = true, value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// Only the requirement with this id, or those of this area; may be repeated.
    #[arg(long, value_name = "ID or AREA")]
    only: Vec<String>,
    /// How many workers each executor has.
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one)]
    workers: usize,
    /// How often each check runs; the worst verdict counts.
    #[arg(long, value_name = "N", default_value = "1", value_parser = at_least_one)]
    runs: usize,
    /// Repeat each check for this long instead, such as 30s.
    #[arg(long = "for", value_name = "TIME", conflicts_with = "runs", value_parser = duration)]
    budget: Option<Duration>,
    /// The seed of every random choice.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How many checks run at once.
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one)]
    jobs: usize,
    #[command(flatten)]
    ledger: LedgerOptions,
    #[command(flatten)]
    output: Output,
}

/// Runs the command.
///
/// # Errors
///
/// [`Failure`] if an option is wrong or the run cannot be kept.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    let selection = selection::select(&options.only)?;
    let ledger = ledger(&options.ledger)?;
    let asked = ask(&options.subjects)?;
    let mut session = Session::open(&options.output, options.seed)?;
    let runner = conformance::Options {
        workers: options.workers,
        runs: u32::try_from(options.runs).unwrap_or(u32::MAX),
        budget: options.budget,
        seed: options.seed,
        jobs: options.jobs,
        ledger,
        ..conformance::Options::default()
    };
    let lacking = asked.lacks_some();
    asked.records.into_iter().map(Record::Subject).for_each(|record| session.add(record));
    let failed = check(&mut session, &runner, &asked.here, &selection)?;
    let exit = exit_of(&Tally::of(&session.run().verdicts), lacking || failed);
    session.close(exit, shown, tables::verdicts)
}

/// The ledger that the options mean.
pub(super) fn ledger(options: &LedgerOptions) -> Result<Ledger, Failure> {
    let builtin = if options.no_ledger { Ledger::none() } else { Ledger::builtin() };
    match &options.ledger {
        Some(path) => {
            let further = Ledger::read(path).map_err(|error| Failure::usage(error.to_string()))?;
            Ok(builtin.and(further))
        }
        None => Ok(builtin),
    }
}

/// Checks all subjects; whether one of them turned out not to be set up after all.
pub(super) fn check(
    session: &mut Session,
    options: &conformance::Options,
    subjects: &[Description],
    selection: &[&'static Requirement],
) -> Result<bool, Failure> {
    selection.iter().for_each(|requirement| session.add(Record::Requirement(requirement.record())));
    let progress = Progress::new("checks", subjects.len() * selection.len());
    let runner = Runner::new(options.clone());
    let mut failed = false;
    for subject in subjects {
        let mut verdicts: Vec<VerdictRecord> = Vec::new();
        progress.say(&subject.address);
        let outcome = runner.check(subject, selection, &mut |verdict| {
            progress.step(&format!("{} {}", subject.address, verdict.requirement));
            progress.suspend(|| session.add(Record::Verdict(verdict.clone())));
            verdicts.push(verdict);
        });
        if let Err(error) = outcome {
            failed = true;
            let record = resolve::absent(&subject.address, &error);
            progress.suspend(|| session.add(Record::Subject(record)));
        }
        for entry in options.ledger.stale(subject, &verdicts) {
            let message = format!(
                "the ledger says that {} fails {} ({}), and it does not: the entry is stale",
                subject.address, entry.requirement, entry.reason
            );
            progress.suspend(|| eprintln!("poolproof: {}", crate::escape::line(&message)));
        }
        session.check()?;
    }
    Ok(failed)
}

/// What people see of checks.
pub(super) fn shown(run: &Run) -> Vec<Table> {
    let standings = Standings::of(run);
    let mut shown = vec![tables::matrix(run, &standings), tables::counts(run, &standings), tables::failures(run)];
    let absent: Vec<_> = run.subjects.iter().filter(|record| record.description.is_none()).cloned().collect();
    shown.push(tables::subjects(&absent));
    shown.retain(|table| !table.is_empty());
    shown
}
