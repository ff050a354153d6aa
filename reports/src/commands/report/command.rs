//! The options of `report`, and what each of them leads to.

use super::{against, criterion, trace};
use crate::cli::Format;
use crate::commands::Failure;
use crate::documents::Section;
use crate::run::{Exit, Run, Tally, exit_of, latest};
use crate::tables::{self, Standings, render};
use crate::{console, documents};
use poolproof_harness::record::Record;
use std::path::PathBuf;

/// Options of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  poolproof report                                   the last run
  poolproof report target/ci --format markdown       for a pull request
  poolproof report target/ci --against target/main   what changed; refuses hosts that differ
  poolproof report --trace scorecard/thread/throughput
  poolproof report --criterion target/criterion      of any project that uses criterion

Without --format the reports are written again beside the records, and the tables are printed; with
it the report goes to standard output only. The exit code is 0 if everything could be read, and 3 if
a line of the records is damaged; everything intact is shown all the same. With --against it is 1 if a
MUST was lost or a figure is clearly worse, 2 if a promise that was kept is inconclusive, 3 if the
hosts differ.")]
pub struct Options {
    /// The directory of the run [default: target/poolproof/latest].
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// How the report is written to standard output.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Show what changed since the run in this directory, in behaviour and in speed.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["trace", "criterion"])]
    against: Option<PathBuf>,
    /// Show the lines of the records that a figure rests on.
    #[arg(long, value_name = "TABLE/ROW/COLUMN", conflicts_with_all = ["format", "criterion"])]
    trace: Option<String>,
    /// Read criterion's directory instead of a run.
    #[arg(long, value_name = "DIR", conflicts_with = "directory")]
    criterion: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
///
/// [`Failure`] if the directory holds no run, or the reports cannot be written.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    if let Some(directory) = &options.criterion {
        return criterion::run(directory, options.format.unwrap_or_default());
    }
    let directory = options.directory.clone().unwrap_or_else(latest);
    let run = Run::read(&directory)?;
    for damaged in &run.damage {
        eprintln!("poolproof: {}", crate::escape::line(&damaged.to_string()));
    }
    if let Some(before) = &options.against {
        return against::run(&run, before, options.format.unwrap_or_default());
    }
    if let Some(cell) = &options.trace {
        trace::run(&run, cell)?;
        return Ok(exit(&run));
    }
    match options.format {
        None => {
            let standings = Standings::of(&run);
            let sections = documents::sections(&run, &standings);
            documents::write_sections(&run, &standings, &sections, &directory)?;
            human(&run, &standings, &sections)?;
            let page = directory.join("report.html").display().to_string();
            console::print(&format!("Report: {}\n", crate::escape::line(&page)))?;
        }
        Some(Format::Human) => {
            let standings = Standings::of(&run);
            human(&run, &standings, &documents::sections(&run, &standings))?;
        }
        Some(Format::Markdown) => console::print(&documents::markdown(&run))?,
        Some(Format::Junit) => console::print(&documents::junit(&run))?,
        Some(Format::Json) => records(&run).iter().try_for_each(console::print_record)?,
        Some(Format::Csv) => {
            // One table a file is what spreadsheets read: the figures if there are any.
            let table = if run.cells.is_empty() { tables::verdicts(&run) } else { tables::cells(&run.cells) };
            console::print(&render::csv(&table))?;
        }
    }
    Ok(exit(&run))
}

fn exit(run: &Run) -> Exit {
    if run.damage.is_empty() { Exit::Conforms } else { Exit::Usage }
}

fn human(run: &Run, standings: &Standings<'_>, sections: &[Section]) -> Result<(), Failure> {
    for section in sections {
        console::print_tables(&section.tables)?;
    }
    console::print(&format!("{}\n", documents::headline(run, standings)))
}

/// All intact records, the summary last; a run that did not end gets the one it would have had.
fn records(run: &Run) -> Vec<Record> {
    let mut records = run.records();
    let tally = Tally::of(&run.verdicts);
    let summary = run.summary.clone().unwrap_or_else(|| tally.summary(exit_of(&tally, false)));
    records.push(Record::Summary(summary));
    records
}
