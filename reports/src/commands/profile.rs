//! `profile`: the policies as observed, beside those declared.

use super::addresses::ask;
use super::{Failure, formats};
use crate::cli::{Format, at_least_one};
use crate::console;
use crate::documents::write_reports;
use crate::progress::Progress;
use crate::run::{Exit, Recorder, Run};
use crate::tables::{self, render};
use poolproof_conformance::{self as conformance, Ledger, Observation, Policy, Runner, Standing, policies};
use poolproof_harness::Description;
use poolproof_harness::record::{PolicyRecord, Record, SCHEMA, SubjectRecord, SummaryRecord};
use std::path::PathBuf;

/// Options of `profile`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  poolproof profile thread
  poolproof profile rayon --only queue --only drop-executor
  poolproof profile thread process python:thread --format markdown
  poolproof profile thread rayon --out target/profiles      records and a report as well

Nothing that is declared is believed: each policy is found out by an experiment in a process of its
own, in which a call that never returns is an answer, too. It ends with 0 if every declared policy is
what was observed, 1 if one is not (it overclaims), 2 if an experiment came to no answer, 3 if a
subject cannot be set up.")]
pub struct Options {
    /// The subjects' addresses; `poolproof subjects` lists them.
    #[arg(required = true, value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// Only the policy of this name; may be repeated.
    #[arg(long, value_name = "POLICY")]
    only: Vec<String>,
    /// How many workers each executor has, where an experiment needs more than one.
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one)]
    workers: usize,
    /// How many experiments run at once.
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one)]
    jobs: usize,
    /// How results are written to standard output.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Keep what was observed as a run, with its reports, in this directory.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
///
/// [`Failure`] if an address or a policy is unknown, or standard output cannot be written.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    formats::require("profile", options.format, &[Format::Human, Format::Json, Format::Markdown, Format::Csv])?;
    let selection = select(&options.only)?;
    let asked = ask(&options.subjects)?;
    let runner = Runner::new(conformance::Options {
        workers: options.workers,
        jobs: options.jobs,
        ledger: Ledger::none(),
        ..conformance::Options::default()
    });
    let recorder = options.out.as_deref().map(|directory| Recorder::open(Some(directory), 1)).transpose()?;
    let mut lacking = asked.lacks_some();
    for record in asked.records.iter().filter(|record| record.description.is_none()) {
        say(record.message.as_deref().unwrap_or("a subject cannot be set up"));
    }
    let mut records = Vec::new();
    lacking |= observe(&runner, &asked.here, &selection, &mut |record| records.push(record));
    let exit = exit_of(&records, lacking);
    if let Some(recorder) = recorder {
        keep(recorder, asked.records.clone(), &records, exit)?;
    }
    show(options.format, &asked.records, &records, exit)?;
    Ok(exit)
}

/// Finds out the policies of `subjects`; whether one of them turned out not to be set up after all.
pub(super) fn observe(
    runner: &Runner,
    subjects: &[Description],
    selection: &[&'static Policy],
    keep: &mut dyn FnMut(PolicyRecord),
) -> bool {
    let progress = Progress::new("profiles", subjects.len());
    let mut failed = false;
    for subject in subjects {
        progress.say(&subject.address);
        let observed =
            runner.profile(subject, selection, &mut |observation| keep(record(&subject.address, observation)));
        progress.step(&subject.address);
        if let Err(error) = observed {
            failed = true;
            progress.suspend(|| say(&format!("{}: {error}", subject.address)));
        }
    }
    failed
}

/// Writes a run of the profile alone, with its reports.
fn keep(
    mut recorder: Recorder,
    subjects: Vec<SubjectRecord>,
    policies: &[PolicyRecord],
    exit: Exit,
) -> Result<(), Failure> {
    let subjects = subjects.into_iter().map(Record::Subject);
    for record in subjects.chain(policies.iter().cloned().map(Record::Policy)) {
        recorder.write(&record)?;
    }
    recorder.write(&Record::Summary(summary(policies, exit)))?;
    let directory = recorder.close()?;
    write_reports(&Run::read(&directory)?, &directory)?;
    Ok(())
}

/// The last line: how many policies stand how.
fn summary(records: &[PolicyRecord], exit: Exit) -> SummaryRecord {
    let mut summary = SummaryRecord { schema: SCHEMA, exit: exit.code(), ..SummaryRecord::default() };
    summary.checks = records.iter().filter(|record| record.observed.is_some()).count() as u64;
    for record in records {
        *summary.verdicts.entry(record.standing.clone()).or_default() += 1;
    }
    summary
}

fn select(only: &[String]) -> Result<Vec<&'static Policy>, Failure> {
    let wanted: Vec<&str> = only.iter().flat_map(|names| names.split(',')).map(str::trim).collect();
    if let Some(unknown) = wanted.iter().find(|name| conformance::find_policy(name).is_none()) {
        let names: Vec<_> = policies().iter().map(|policy| policy.id).collect();
        return Err(Failure::usage(format!("unknown policy `{unknown}`: the policies are {}", names.join(", "))));
    }
    Ok(policies().iter().filter(|policy| wanted.is_empty() || wanted.contains(&policy.id)).collect())
}

fn record(subject: &str, observation: Observation) -> PolicyRecord {
    PolicyRecord {
        schema: SCHEMA,
        subject: subject.to_owned(),
        policy: observation.policy.to_owned(),
        declared: observation.declared.map(|seen| seen.to_string()),
        observed: observation.observed.map(|seen| seen.to_string()),
        standing: observation.standing.word().to_owned(),
        message: observation.message,
    }
}

fn exit_of(records: &[PolicyRecord], lacking: bool) -> Exit {
    let any = |standing: Standing| records.iter().any(|record| record.standing == standing.word());
    if any(Standing::Overclaims) {
        Exit::Fails
    } else if lacking {
        Exit::Usage
    } else if records.is_empty() {
        Exit::NothingRan
    } else if any(Standing::Undecided) {
        Exit::Inconclusive
    } else {
        Exit::Conforms
    }
}

fn show(format: Format, subjects: &[SubjectRecord], records: &[PolicyRecord], exit: Exit) -> Result<(), Failure> {
    match format {
        Format::Json => {
            records.iter().try_for_each(|record| console::print_record(&Record::Policy(record.clone())))?;
            console::print_record(&Record::Summary(summary(records, exit)))
        }
        Format::Markdown => console::print(&render::markdown(&tables::profiles(subjects, records), 1)),
        Format::Csv => console::print(&render::csv(&tables::profile(records))),
        _ => {
            let of_subjects: Vec<_> = records.chunk_by(|a, b| a.subject == b.subject).map(tables::profile).collect();
            console::print_tables(&of_subjects)
        }
    }
}

fn say(message: &str) {
    eprintln!("poolproof: {}", crate::escape::line(message));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(standing: Standing) -> PolicyRecord {
        let observation = Observation { policy: "queue", declared: None, observed: None, standing, message: None };
        record("thread", observation)
    }

    #[test]
    fn the_exit_code_names_the_worst() {
        assert_eq!(exit_of(&[of(Standing::Agrees), of(Standing::Undeclared)], false), Exit::Conforms);
        assert_eq!(exit_of(&[of(Standing::Undecided), of(Standing::Agrees)], false), Exit::Inconclusive);
        assert_eq!(exit_of(&[of(Standing::Undecided), of(Standing::Overclaims)], true), Exit::Fails);
        assert_eq!(exit_of(&[of(Standing::Agrees)], true), Exit::Usage);
        assert_eq!(exit_of(&[], false), Exit::NothingRan);
    }

    #[test]
    fn an_unknown_policy_is_answered_with_those_there_are() {
        let refusal = select(&["colour".to_owned()]).expect_err("it is unknown").to_string();
        assert!(refusal.contains("drop-executor"), "{refusal}");
        assert_eq!(select(&["queue,cancel".to_owned()]).expect("both are known").len(), 2);
    }
}
