//! `bench`: sweeps.

use super::Failure;
use super::addresses::ask;
use crate::cli::{Format, Output, at_least_one, partition, sweep};
use crate::progress::Progress;
use crate::run::{Exit, Partition, Run};
use crate::session::Session;
use crate::tables::{self, Standings, Table};
use poolproof_benches::self_check::{run_sweeps_checked, self_check};
use poolproof_benches::{BenchError, Holes, Sweep, SweepOptions, run_sweep};
use poolproof_harness::record::{HoleRecord, Record, SCHEMA};

/// Options of `bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  poolproof bench thread rayon tokio-blocking
  poolproof bench process python:process --sweep chunksize
  poolproof bench thread --sweep workers --workers 1,2,4 --quick
  poolproof bench thread rayon --partition 2/4 --out shard-2")]
pub struct Options {
    /// The subjects' addresses; `poolproof subjects` lists them.
    #[arg(required = true, value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// Only this sweep; may be repeated [default: all that are available].
    #[arg(long = "sweep", value_name = "NAME", value_parser = sweep)]
    sweeps: Vec<Sweep>,
    /// The numbers of workers to measure, such as 1,2,4.
    #[arg(long, value_name = "N,N,...", value_delimiter = ',', value_parser = at_least_one)]
    workers: Vec<usize>,
    /// Fewer points and shorter rounds: seconds instead of minutes.
    #[arg(long)]
    quick: bool,
    /// Only this shard of the sweeps, such as 2/4; subjects that are compared stay together.
    #[arg(long, value_name = "K/N", value_parser = partition)]
    partition: Option<Partition>,
    /// The seed of orders and bootstraps.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    output: Output,
}

/// Runs the command.
///
/// # Errors
///
/// [`Failure`] if an option is wrong, the run cannot be kept, or nothing could be measured.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    let known = [Format::Human, Format::Json, Format::Markdown, Format::Csv];
    super::formats::require("bench", options.output.format, &known)?;
    let asked = ask(&options.subjects)?;
    let mut session = Session::open(&options.output, options.seed)?;
    let lacking = asked.lacks_some();
    asked.records.into_iter().map(Record::Subject).for_each(|record| session.add(record));
    let sweeps = if options.sweeps.is_empty() { Sweep::ALL.to_vec() } else { options.sweeps.clone() };
    let mine = |place: &usize| options.partition.is_none_or(|shard| shard.takes(*place));
    let sweeps: Vec<_> =
        sweeps.into_iter().enumerate().filter(|(place, _)| mine(place)).map(|(_, sweep)| sweep).collect();
    let addresses: Vec<_> = asked.here.into_iter().map(|description| description.address).collect();
    let settings = settings(options.quick, options.seed, &options.workers);
    if addresses.is_empty() {
        // Everything that was asked for is lacking, and told.
    } else if options.quick {
        measure_together(&mut session, &sweeps, &addresses, &settings)?;
    } else {
        measure(&mut session, &sweeps, &addresses, &settings)?;
        check_the_instrument(&mut session, &settings)?;
    }
    let run = session.run();
    let exit = match (run.cells.is_empty(), lacking || !run.holes.is_empty()) {
        (_, true) => Exit::Usage,
        (true, false) => Exit::NothingRan,
        (false, false) => Exit::Conforms,
    };
    session.close(exit, shown, |run| tables::cells(&run.cells))
}

/// The engine's options that those of the command line mean.
pub(super) fn settings(quick: bool, seed: u64, workers: &[usize]) -> SweepOptions {
    let mut settings = if quick { SweepOptions::quick() } else { SweepOptions::default() };
    settings.seed = seed;
    if !workers.is_empty() {
        settings.workers = workers.to_vec();
    }
    settings
}

/// Runs sweeps over the subjects, each kept whatever happens to the next; what cannot be measured becomes a hole, and
/// the rest goes on.
pub(super) fn measure(
    session: &mut Session,
    sweeps: &[Sweep],
    addresses: &[String],
    options: &SweepOptions,
) -> Result<(), Failure> {
    let progress = Progress::new("sweeps", sweeps.len());
    for &sweep in sweeps {
        progress.say(sweep.name());
        let answer = run_sweep(sweep, addresses, options, &mut |record| progress.suspend(|| session.add(record)));
        keep(session, &progress, (sweep, answer), addresses)?;
        session.check()?;
    }
    Ok(())
}

/// Runs sweeps and the self-check of the instrument in turns: each sweep of quick mode alone would see the machine for a
/// few seconds only.
fn measure_together(
    session: &mut Session,
    sweeps: &[Sweep],
    addresses: &[String],
    options: &SweepOptions,
) -> Result<(), Failure> {
    let progress = Progress::new("sweeps", sweeps.len());
    progress.say(&sweeps.iter().map(|sweep| sweep.name()).collect::<Vec<_>>().join(", "));
    let mut sink = |record| progress.suspend(|| session.add(record));
    let answers = run_sweeps_checked(sweeps, addresses, options, &mut sink);
    for answer in sweeps.iter().copied().zip(answers.map_err(|error| Failure::usage(error.to_string()))?) {
        keep(session, &progress, answer, addresses)?;
    }
    session.check()
}

/// Keeps the holes of a sweep that has been run.
fn keep(
    session: &mut Session,
    progress: &Progress,
    (sweep, answer): (Sweep, Result<Holes, BenchError>),
    addresses: &[String],
) -> Result<(), Failure> {
    let holes: Vec<_> = match answer {
        Ok(holes) => holes.into_iter().collect(),
        Err(error @ BenchError::Options(_)) => return Err(Failure::usage(error.to_string())),
        Err(error) => vec![nothing_of(sweep, addresses, &error)],
    };
    holes.into_iter().for_each(|hole| progress.suspend(|| session.add(Record::Hole(hole))));
    progress.step(sweep.name());
    Ok(())
}

/// The hole that a sweep leaves of which nothing was measured.
fn nothing_of(sweep: Sweep, addresses: &[String], error: &BenchError) -> HoleRecord {
    HoleRecord {
        schema: SCHEMA,
        subject: addresses.join(", "),
        sweep: sweep.name().to_owned(),
        point: "all".to_owned(),
        reason: error.to_string(),
    }
}

/// Measures costs that are known, so that the report can say what the figures beside them are worth.
pub(super) fn check_the_instrument(session: &mut Session, options: &SweepOptions) -> Result<(), Failure> {
    let progress = Progress::new("self-check of the instrument", 1);
    self_check(options, &mut |record| progress.suspend(|| session.add(record)));
    session.check()
}

/// What people see of sweeps.
pub(super) fn shown(run: &Run) -> Vec<Table> {
    let standings = Standings::of(run);
    let mut shown = tables::sweeps(run, &standings, None);
    let absent: Vec<_> = run.subjects.iter().filter(|record| record.description.is_none()).cloned().collect();
    shown.extend([tables::calibration(run), tables::floors(run)]);
    shown.extend([tables::holes(&run.holes), tables::subjects(&absent)]);
    shown.retain(|table| !table.is_empty());
    shown
}
