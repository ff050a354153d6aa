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
use poolproof_harness::record::{HoleRecord, Record, SCHEMA};

/// Options of `compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  poolproof compare thread rayon
  poolproof compare thread python:thread --workload sleep-1000us
  poolproof compare thread rayon --workload empty,cpu-100us,sleep-1000us")]
pub struct Options {
    /// The first subject's address.
    a: String,
    /// The second subject's address, to which the first is compared.
    b: String,
    /// What each task does: empty, cpu-100us, sleep-1000us, socket-1, file-64KiB ... Several are one table, whose
    /// verdicts are corrected for their number.
    #[arg(long = "workload", value_name = "W,W,...", value_delimiter = ',', default_value = "cpu-100us", value_parser = workload)]
    workloads: Vec<Workload>,
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
    let exit = measure(&mut session, options)?;
    session.close(
        exit,
        |run| {
            let tables = [tables::comparisons(&run.comparisons, &Standings::of(run)), tables::holes(&run.holes)];
            tables.into_iter().filter(|table| !table.is_empty()).collect()
        },
        |run| tables::comparisons(&run.comparisons, &Standings::of(run)),
    )
}

/// Compares on one workload after the other; one that cannot be measured is a hole, and the others go on.
fn measure(session: &mut Session, options: &Options) -> Result<Exit, Failure> {
    let mut workloads: Vec<Workload> = Vec::new();
    for &workload in &options.workloads {
        if !workloads.contains(&workload) {
            workloads.push(workload);
        }
    }
    let settings = super::bench::settings(options.quick, options.seed, &options.workers);
    let progress = Progress::new("comparisons", workloads.len());
    let mut exit = Exit::Conforms;
    for &workload in &workloads {
        let name = workload.to_string();
        progress.say(&name);
        let mut sink = |record| progress.suspend(|| session.add(record));
        match compare(&options.a, &options.b, workload, &settings, &mut sink) {
            Ok(_) => {}
            Err(error) if workloads.len() == 1 => return Err(Failure::usage(error.to_string())),
            Err(error) => {
                exit = Exit::Usage;
                sink(Record::Hole(HoleRecord {
                    schema: SCHEMA,
                    subject: format!("{} / {}", options.a, options.b),
                    sweep: "compare".to_owned(),
                    point: name.clone(),
                    reason: error.to_string(),
                }));
            }
        }
        progress.step(&name);
        session.check()?;
    }
    Ok(exit)
}
