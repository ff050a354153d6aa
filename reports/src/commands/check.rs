//! `check`: conformance.

use super::addresses::ask;
use super::{Failure, bound, selection};
use crate::cli::{self, Format, LedgerOptions, Output, at_least_one, duration, partition};
use crate::console;
use crate::progress::Progress;
use crate::resolve;
use crate::run::{Exit, Partition, Run, Tally, exit_of};
use crate::session::Session;
use crate::tables::{self, Standings, Table};
use poolproof_conformance::{self as conformance, Day, Ledger, Requirement, Runner};
use poolproof_harness::Description;
use poolproof_harness::record::{Record, VerdictRecord};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Options of `check`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  poolproof check thread
  poolproof check python:thread python:process --no-ledger
  poolproof check rayon --only CANC --only SHUT-003 --runs 20
  poolproof check process --for 30s --seed 7 --format json
  poolproof check python:slow:Executor --within 60s
  poolproof check thread process --partition 2/8 --out shard-2
  poolproof check --resume target/poolproof/latest")]
pub struct Options {
    /// The subjects' addresses; `poolproof subjects` lists them.
    #[arg(required_unless_present = "resume", value_name = "SUBJECT")]
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
    /// Spend at most this long on the checks of each subject, such as 60s: what is not decided by then is inconclusive.
    ///
    /// Without this, a single run of all checks may take 55s where the subject says that it takes more than a minute.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    within: Option<Duration>,
    /// The seed of every random choice.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Disturb the schedule in the first run too; with --runs and --for later runs always are.
    #[arg(long)]
    disturb: bool,
    /// How many checks run at once; two for each core without this.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    jobs: Option<usize>,
    /// Only this shard of the checks, such as 2/8: `merge` joins the shards.
    #[arg(long, value_name = "K/N", value_parser = partition)]
    partition: Option<Partition>,
    /// Go on with the interrupted run in this directory, as it was started.
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["subjects", "only", "workers", "runs", "budget", "within", "seed", "jobs", "partition", "ledger", "no_ledger", "out"]
    )]
    resume: Option<PathBuf>,
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
    match &options.resume {
        Some(directory) => resume(directory, options.output.format),
        None => go(options, Session::open(&options.output, options.seed)),
    }
}

/// Goes on with the run in `directory`, with the options that it was started with.
fn resume(directory: &Path, format: Format) -> Result<Exit, Failure> {
    let run = Run::read(directory)?;
    let command = run.record.map(|record| record.command).unwrap_or_default();
    let Some(options) = cli::recorded_check(&command).filter(|options| options.resume.is_none()) else {
        let place = directory.display();
        return Err(Failure::usage(format!("{place}: is not a run of `check`; only those can be resumed")));
    };
    go(&Options { output: Output { format, ..options.output.clone() }, ..options }, Session::reopen(directory, format))
}

/// Does what is not done yet of the run of `session`, which is only begun if the options are right.
fn go(options: &Options, session: Result<Session, Failure>) -> Result<Exit, Failure> {
    let selection = selection::select(&options.only)?;
    let ledger = ledger(&options.ledger)?;
    let asked = ask(&options.subjects)?;
    let mut session = session?;
    let jobs = options.jobs.unwrap_or_else(two_for_each_core);
    let runner = conformance::Options {
        workers: options.workers,
        runs: u32::try_from(options.runs).unwrap_or(u32::MAX),
        budget: options.budget,
        within: options.within,
        seed: options.seed,
        disturbed: options.disturb,
        jobs,
        ledger,
        ..conformance::Options::default()
    };
    let lacking = asked.lacks_some();
    let start = Instant::now();
    asked.records.into_iter().map(Record::Subject).for_each(|record| session.add_once(record));
    let failed = check(&mut session, &runner, &asked.here, &selection, options.partition)?;
    let exit = exit_of(&Tally::of(&session.run().verdicts), lacking || failed);
    let (took, computed) = (start.elapsed(), computing_of_children());
    let exit = session.close(exit, shown, tables::verdicts)?;
    if options.output.format == Format::Human {
        console::print(&format!(
            "The checks took {:.1} s, {:.1} s of computing, {jobs} at a time.\n",
            took.as_secs_f64(),
            computed.as_secs_f64()
        ))?;
    }
    Ok(exit)
}

/// How many checks run at once unless it is said: those of subjects that hang, and of executors in another
/// process, mostly wait, so a core can do with two of them.
pub(super) fn two_for_each_core() -> usize {
    2 * std::thread::available_parallelism().map_or(1, usize::from)
}

/// The processor time of the processes that ended below this one.
fn computing_of_children() -> Duration {
    /// How many ticks of that clock Linux counts in a second, on every architecture.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold anything; the times of children are the 14th and 15th field behind it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(13).take(2);
    let ticks: f64 = fields.filter_map(|field| field.parse::<f64>().ok()).sum();
    Duration::from_secs_f64(ticks / TICKS)
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
    partition: Option<Partition>,
) -> Result<bool, Failure> {
    selection.iter().for_each(|requirement| session.add_once(Record::Requirement(requirement.record())));
    let done = session.verdicts();
    let progress = Progress::new("checks", subjects.len() * selection.len());
    let runner = Runner::new(options.clone());
    let mut failed = false;
    for (place, subject) in subjects.iter().enumerate() {
        let pieces = selection.iter().enumerate();
        let mine = pieces.filter(|(at, _)| partition.is_none_or(|shard| shard.takes(place * selection.len() + at)));
        let mine: Vec<_> = mine.map(|(_, requirement)| *requirement).collect();
        if mine.is_empty() {
            continue;
        }
        let mut verdicts: Vec<VerdictRecord> =
            done.iter().filter(|done| done.subject == subject.address).cloned().collect();
        progress.say(&subject.address);
        let bounded = bound::of(subject, options);
        if let Some(bound) = &bounded {
            progress.suspend(|| eprintln!("poolproof: {}", crate::escape::line(&bound.told(subject))));
        }
        let within = options.within.or(bounded.map(|bound| bound.within));
        let runner = runner.with(conformance::Options { within, ..options.clone() });
        let outcome = runner.check_rest(subject, &mine, &done, &mut |verdict| {
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
        for entry in options.ledger.expired(subject, Day::today()) {
            let day = entry.expires.map(|day| day.to_string()).unwrap_or_default();
            let message = format!(
                "the ledger says that {} fails {} ({}), which expired on {day}: look again ({}), and set another day or remove the entry",
                subject.address, entry.requirement, entry.reason, entry.link
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
    let mut shown = vec![tables::matrix(&standings), tables::counts(&standings), tables::failures(run)];
    let absent: Vec<_> = run.subjects.iter().filter(|record| record.description.is_none()).cloned().collect();
    shown.push(tables::subjects(&absent));
    shown.retain(|table| !table.is_empty());
    shown
}
