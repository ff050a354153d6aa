//! `merge`: one run out of several.

use super::{Failure, bench, check};
use crate::cli::Output;
use crate::run::{Exit, Partition, Run, Tally, exit_of};
use crate::session::Session;
use crate::tables;
use poolproof_conformance::requirements;
use std::path::PathBuf;

/// Options of `merge`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  poolproof check thread process --partition 1/2 --out shard-1
  poolproof check thread process --partition 2/2 --out shard-2
  poolproof merge shard-1 shard-2 --out whole")]
pub struct Options {
    /// The directories of the runs.
    #[arg(required = true, value_name = "DIR")]
    directories: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// Runs the command.
///
/// # Errors
///
/// [`Failure`] if a run cannot be read, was not finished, or a shard is missing: what is left out
/// would look as if it had never been asked for.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    let mut runs = Vec::new();
    let mut shards = Vec::new();
    let mut seed = 1;
    for directory in &options.directories {
        let run = Run::read(directory)?;
        let place = directory.display();
        if let Some(damage) = run.damage.first() {
            return Err(Failure::usage(format!("{damage}; a damaged run cannot be merged")));
        }
        if run.summary.is_none() {
            let advice = "finish it with `poolproof check --resume`";
            return Err(Failure::usage(format!("{place}: the run was interrupted; {advice}")));
        }
        if let Some(record) = &run.record {
            seed = record.seed;
            shards.extend(Partition::in_command(&record.command));
        }
        runs.push(run);
    }
    if !shards.is_empty() && shards.len() < runs.len() {
        return Err(Failure::usage("some of these runs are shards and some are whole; merge one kind at a time"));
    }
    let missing = Partition::missing(&shards).map_err(Failure::usage)?;
    if let Some(shard) = missing.first() {
        let count = missing.len();
        return Err(Failure::usage(format!("{count} of {} shards are missing: {shard}, for one", shard.of())));
    }
    let whole = joined(runs);
    let mut session = Session::open(&options.output, seed)?;
    let lacking = whole.subjects.iter().any(|subject| subject.description.is_none());
    let exit = match whole.verdicts.is_empty() && !whole.cells.is_empty() {
        true if lacking || !whole.holes.is_empty() => Exit::Usage,
        true => Exit::Conforms,
        false => exit_of(&Tally::of(&whole.verdicts), lacking),
    };
    whole.records().into_iter().for_each(|record| session.add(record));
    session.close(
        exit,
        |run| {
            let mut shown = if run.verdicts.is_empty() { Vec::new() } else { check::shown(run) };
            shown.extend(if run.cells.is_empty() { Vec::new() } else { bench::shown(run) });
            shown
        },
        |run| if run.verdicts.is_empty() { tables::cells(&run.cells) } else { tables::verdicts(run) },
    )
}

/// All runs as one, in the order of the subjects and of the contract.
fn joined(runs: Vec<Run>) -> Run {
    let mut whole = Run::of(runs.iter().flat_map(Run::records).collect());
    let subjects: Vec<String> = whole.addresses().into_iter().map(str::to_owned).collect();
    let subject = |address: &str| subjects.iter().position(|known| known == address);
    let requirement = |id: &str| requirements().iter().position(|known| known.id == id);
    whole.requirements.sort_by_key(|record| requirement(&record.id));
    whole.verdicts.sort_by_key(|record| (subject(&record.subject), requirement(&record.requirement)));
    whole
}
