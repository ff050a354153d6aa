//! `demo`: the experiments of the notes, with timelines, on any subject.

use super::Failure;
use super::addresses::ask;
use crate::cli::{Format, Output};
use crate::plots;
use crate::progress::Progress;
use crate::resolve;
use crate::run::Exit;
use crate::session::Session;
use crate::{console, tables};
use poolproof_benches::experiments::{Experiment, completion_order, map_order, submit_result};
use poolproof_harness::record::{HoleRecord, Record, SCHEMA};
use poolproof_harness::{SetupError, Subject};

/// Options of `demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  poolproof demo
  poolproof demo thread process python:thread
  poolproof demo thread --scale 0.1")]
pub struct Options {
    /// The subjects' addresses [default: thread].
    #[arg(value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// How long the notes' seconds last here, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = scale)]
    scale: f64,
    #[command(flatten)]
    output: Output,
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if (0.001..=60.0).contains(&scale) => Ok(scale),
        _ => Err("write a number from 0.001 to 60".to_owned()),
    }
}

type Run = fn(&dyn Subject, f64) -> Result<Experiment, SetupError>;

const EXPERIMENTS: [(&str, Run); 3] =
    [("map", map_order), ("submit", submit_result), ("as_completed", completion_order)];

/// Runs the command.
///
/// # Errors
///
/// [`Failure`] if an address is wrong or the run cannot be kept.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    let known = [Format::Human, Format::Json, Format::Markdown, Format::Csv];
    super::formats::require("demo", options.output.format, &known)?;
    let default = ["thread".to_owned()];
    let asked = ask(if options.subjects.is_empty() { &default } else { &options.subjects })?;
    let mut session = Session::open(&options.output, 1)?;
    let mut lacking = asked.lacks_some();
    let progress = Progress::new("experiments", asked.here.len() * EXPERIMENTS.len());
    asked.records.into_iter().map(Record::Subject).for_each(|record| session.add(record));
    for description in &asked.here {
        for (name, experiment) in EXPERIMENTS {
            progress.say(&format!("{name} on {}", description.address));
            let outcome = resolve::subject(&description.address)
                .map_err(|error| error.to_string())
                .and_then(|subject| experiment(&*subject, options.scale).map_err(|error| error.to_string()));
            let record = match outcome {
                Ok(experiment) => Record::Experiment(experiment.record()),
                Err(reason) => {
                    lacking = true;
                    Record::Hole(HoleRecord {
                        schema: SCHEMA,
                        subject: description.address.clone(),
                        sweep: "experiments".to_owned(),
                        point: name.to_owned(),
                        reason,
                    })
                }
            };
            if let (Record::Experiment(experiment), Format::Human) = (&record, options.output.format) {
                progress.suspend(|| console::print(&plots::timeline_text(experiment)))?;
            }
            progress.suspend(|| session.add(record));
            progress.step(name);
        }
        session.check()?;
    }
    drop(progress);
    let ran = !session.run().experiments.is_empty();
    let kept = session.run().experiments.iter().all(|experiment| experiment.in_promised_order);
    let exit = match (ran, kept, lacking) {
        (_, false, _) => Exit::Fails,
        (_, true, true) => Exit::Usage,
        (false, true, false) => Exit::NothingRan,
        (true, true, false) => Exit::Conforms,
    };
    session.close(
        exit,
        |run| {
            vec![tables::experiments(&run.experiments), tables::holes(&run.holes)]
                .into_iter()
                .filter(|t| !t.is_empty())
                .collect()
        },
        |run| tables::experiments(&run.experiments),
    )
}
