//! `compare`: two subjects, paired and interleaved.

use super::Failure;
use super::addresses::ask;
use crate::cli::{Format, Output, at_least_one, workload};
use crate::progress::Progress;
use crate::run::Exit;
use crate::session::Session;
use crate::tables::{self, Standings};
use poolproof_benches::compare;
use poolproof_harness::Workload;
use poolproof_harness::record::Record;

/// Options of `compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  poolproof compare thread rayon
  poolproof compare thread python:thread --workload sleep-1000us")]
pub struct Options {
    /// The first subject's address.
    a: String,
    /// The second subject's address, to which the first is compared.
    b: String,
    /// What each task does: empty, cpu-100us, sleep-1000us, socket-1, file-64KiB ...
    #[arg(long, value_name = "W", default_value = "cpu-100us", value_parser = workload)]
    workload: Workload,
    /// The numbers of workers; the largest that the cores allow is used.
    #[arg(long, value_name = "N,N,...", value_delimiter = ',', value_parser = at_least_one)]
    workers: Vec<usize>,
    /// Shorter rounds and fewer launches.
    #[arg(long)]
    quick: bool,
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
/// [`Failure`] if an option is wrong, or one of the two cannot be measured.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    let known = [Format::Human, Format::Json, Format::Markdown, Format::Csv];
    super::formats::require("compare", options.output.format, &known)?;
    let asked = ask(&[options.a.clone(), options.b.clone()])?;
    if let Some(reason) = asked.records.iter().find_map(|record| record.message.as_deref()) {
        return Err(Failure::usage(reason));
    }
    let mut session = Session::open(&options.output, options.seed)?;
    asked.records.into_iter().map(Record::Subject).for_each(|record| session.add(record));
    let settings = super::bench::settings(options.quick, options.seed, &options.workers);
    let progress = Progress::new("comparison", 1);
    let mut sink = |record| progress.suspend(|| session.add(record));
    compare(&options.a, &options.b, options.workload, &settings, &mut sink)
        .map_err(|error| Failure::usage(error.to_string()))?;
    drop(progress);
    session.close(
        Exit::Conforms,
        |run| vec![tables::comparisons(&run.comparisons, &Standings::of(run))],
        |run| tables::comparisons(&run.comparisons, &Standings::of(run)),
    )
}
