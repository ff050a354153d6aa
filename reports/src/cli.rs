//! The command line: its options, and which command does what.

use crate::commands::{self, Failure};
use crate::run::{Exit, Partition};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use poolproof_benches::{BenchError, Sweep};
use poolproof_harness::Workload;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Checks, measures and compares executors.
///
/// Without a command it does the main job: it checks every subject that is installed, runs the
/// quick sweeps and the notes' experiments, prints the comparison tables and writes a report.
#[derive(Debug, Parser)]
#[command(name = "poolproof", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    main: commands::main_job::Options,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  poolproof                                   the main job
  poolproof check thread process              do they keep their promises?
  poolproof check python:thread --only MAP    CPython's thread pool, the promises about map
  poolproof bench thread rayon --sweep workers --workers 1,2,4
  poolproof compare thread rayon --workload empty
  poolproof profile rayon                     what it does where executors may differ
  poolproof explain MAP-001
  poolproof report target/poolproof/latest --format markdown

Exit codes:
  0  everything asked for conforms
  1  at least one MUST is violated, hangs, crashes or leaks
  2  nothing violated, but something is inconclusive
  3  wrong usage, or something that cannot be set up
  4  nothing ran";

#[derive(Debug, Subcommand)]
enum Command {
    /// What can be tested here, what is not installed and how to install it.
    Subjects(commands::subjects::Options),
    /// Checks the promises of subjects.
    Check(commands::check::Options),
    /// The policies as observed, beside those declared.
    Profile(commands::profile::Options),
    /// Is the adapter or driver itself right? Names the method or message that is wrong.
    Smoke(commands::smoke::Options),
    /// The contract: every requirement.
    Requirements(commands::requirements::Options),
    /// One requirement: why it is there, what breaks it, what to look at.
    Explain(commands::explain::Options),
    /// Measures subjects in sweeps.
    Bench(commands::bench::Options),
    /// Compares two subjects, paired and interleaved: ratio, interval, verdict.
    Compare(commands::compare::Options),
    /// The experiments of the notes, with timelines.
    Demo(commands::demo::Options),
    /// The kill matrix: every broken executor against the checks.
    SelfTest(commands::self_test::Options),
    /// Renders a run again.
    Report(commands::report::Options),
    /// Joins runs that were made in shards (`--partition 2/8`).
    Merge(commands::merge::Options),
    /// Completions for a shell.
    Completions(commands::completions::Completions),
    /// The manual page.
    Man(commands::completions::Man),
}

/// How results are written to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables at the terminal's width.
    #[default]
    Human,
    /// JSON Lines, one record a line, the summary last.
    Json,
    /// Tables in Markdown.
    Markdown,
    /// Figures unscaled, with interval and unit in columns of their own.
    Csv,
    /// JUnit XML.
    Junit,
}

/// Options about the run's directory and the output.
#[derive(Clone, Debug, Args)]
pub struct Output {
    /// How results are written to standard output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The directory of the run.
    #[arg(
        long,
        value_name = "DIR",
        help = "The directory of the run [default: target/poolproof/<run>, with `latest` beside it]"
    )]
    pub out: Option<PathBuf>,
}

/// Options about known failures.
#[derive(Clone, Debug, Default, Args)]
pub struct LedgerOptions {
    /// A further ledger of known failures.
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Ignore the ledger of known failures that comes with the suite.
    #[arg(long)]
    pub no_ledger: bool,
}

/// The options of a `check` that was run with `arguments`; `None` if they are not those of one.
pub(crate) fn recorded_check(arguments: &[String]) -> Option<commands::check::Options> {
    match Cli::try_parse_from(arguments).ok()?.command {
        Some(Command::Check(options)) => Some(options),
        _ => None,
    }
}

/// Runs the command named by `arguments` and gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let outcome = match Cli::try_parse_from(arguments) {
        Ok(cli) => dispatch(cli),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let _ = error.print();
            return exit_code(Exit::Usage);
        }
    };
    match outcome {
        Ok(exit) => exit_code(exit),
        Err(failure) => {
            eprintln!("poolproof: {failure}");
            exit_code(failure.exit())
        }
    }
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        None => commands::main_job::run(&cli.main),
        Some(Command::Subjects(options)) => commands::subjects::run(&options),
        Some(Command::Check(options)) => commands::check::run(&options),
        Some(Command::Profile(options)) => commands::profile::run(&options),
        Some(Command::Smoke(options)) => commands::smoke::run(&options),
        Some(Command::Requirements(options)) => commands::requirements::run(&options),
        Some(Command::Explain(options)) => commands::explain::run(&options),
        Some(Command::Bench(options)) => commands::bench::run(&options),
        Some(Command::Compare(options)) => commands::compare::run(&options),
        Some(Command::Demo(options)) => commands::demo::run(&options),
        Some(Command::SelfTest(options)) => commands::self_test::run(&options),
        Some(Command::Report(options)) => commands::report::run(&options),
        Some(Command::Merge(options)) => commands::merge::run(&options),
        Some(Command::Completions(options)) => commands::completions::completions(&options, Cli::command()),
        Some(Command::Man(options)) => commands::completions::man(&options, Cli::command()),
    }
}

fn exit_code(exit: Exit) -> ExitCode {
    ExitCode::from(u8::try_from(exit.code()).unwrap_or(u8::MAX))
}

/// Reads a number of workers, runs or jobs.
pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".to_owned()),
        Ok(count) if count <= 4096 => Ok(count),
        Ok(_) => Err("more than 4096 are not allowed".to_owned()),
        Err(_) => Err("write a whole number from 1 to 4096".to_owned()),
    }
}

/// Reads `2/8`.
pub(crate) fn partition(text: &str) -> Result<Partition, String> {
    text.parse()
}

/// Reads `30s`, `500ms`, `2m` or `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => f64::NAN,
    };
    let length = digits.parse::<f64>().map_or(f64::NAN, |number| number * seconds);
    match Duration::try_from_secs_f64(length) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("write a length of time such as 30s, 500ms or 2m".to_owned()),
    }
}

/// Reads the name of a sweep.
pub(crate) fn sweep(text: &str) -> Result<Sweep, String> {
    text.parse().map_err(|error: BenchError| error.to_string())
}

/// Reads a workload.
pub(crate) fn workload(text: &str) -> Result<Workload, String> {
    text.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn lengths_of_time_have_a_unit() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["", "30", "s", "nonsense", "-3s", "0s", "1e999h", "NaNs", "3 weeks", "1\u{b5}s", "∞s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_has_zero_workers() {
        assert_eq!(at_least_one("7"), Ok(7));
        for wrong in ["0", "-1", "4097", "many", "", "99999999999999999999"] {
            assert!(at_least_one(wrong).is_err(), "{wrong}");
        }
    }
}
