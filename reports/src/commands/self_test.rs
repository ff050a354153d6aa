//! `self-test`: the kill matrix. Do the checks catch what they should, and nobody else?

use super::{Failure, formats};
use crate::cli::{Format, at_least_one, duration};
use crate::console;
use crate::progress::Progress;
use crate::run::{Exit, Tally};
use crate::tables::{self, Cell, Column, Row, Table, Tone, render};
use poolproof_benches::stats::share;
use poolproof_conformance::{Mutation, Soaked, mutants, mutants_markdown, self_tested, soak, soakable};
use poolproof_conformance::{Options as Settings, broken, full_self_test, kill_matrix_markdown, self_test};
use poolproof_harness::record::{KillRecord, Record, SoakRecord};
use std::time::Duration;

/// Options of `self-test`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Run every check on every broken executor, not only those that must catch it.
    #[arg(long)]
    full: bool,
    /// Invert or drop each assertion of the checks in turn: does the self-test notice?
    ///
    /// Takes long, and waits for most of it: 23 minutes with `--jobs 6`, 55 with two, on two busy cores.
    #[arg(long, conflicts_with = "full")]
    mutants: bool,
    /// Provoke each defect that depends on luck again and again for this long, such as 60s: how often is it caught?
    ///
    /// Without this option rare defects are left out.
    #[arg(long, value_name = "TIME", conflicts_with_all = ["full", "mutants"], value_parser = duration)]
    soak: Option<Duration>,
    /// With --mutants: only assertions whose file and line contain one of these, such as `wait.rs,exit.rs:17:`. With
    /// --soak: only defects whose name contains one of these, such as `rare-,shared-slot`.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// How many checks run at once.
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one)]
    jobs: usize,
    /// The seed of every random choice.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How results are written to standard output.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command. The exit code is 1 if a broken executor was not caught, or a sound one was
/// accused.
///
/// # Errors
///
/// [`Failure`] if standard output cannot be written.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    formats::require("self-test", options.format, &[Format::Human, Format::Json, Format::Markdown, Format::Csv])?;
    let settings = Settings { jobs: options.jobs, seed: options.seed, ..Settings::default() };
    if options.mutants {
        return run_mutants(options, &settings);
    }
    if let Some(budget) = options.soak {
        return run_soak(options, &settings, budget);
    }
    if options.only.is_some() {
        return Err(Failure::usage("--only goes with --mutants or --soak"));
    }
    let progress = Progress::new("broken executors", self_tested().count());
    let mut printed = Ok(());
    let mut on_kill = |kill: KillRecord| {
        progress.step(&kill.broken);
        if options.format == Format::Json && printed.is_ok() {
            printed = progress.suspend(|| console::print_record(&Record::Kill(kill)));
        }
    };
    let test = if options.full { full_self_test } else { self_test };
    let result = test(&settings, &mut on_kill);
    drop(progress);
    printed?;
    let exit = if result.passed() { Exit::Conforms } else { Exit::Fails };
    let table = tables::kill_matrix(&result.kills);
    match options.format {
        Format::Json => console::print_record(&Record::Summary(Tally::of(&result.false_alarms).summary(exit)))?,
        Format::Markdown => console::print(&kill_matrix_markdown(&result.kills))?,
        Format::Csv => console::print(&render::csv(&table))?,
        _ => {
            let trouble = trouble(&result);
            console::print_tables([&table].into_iter().chain((!trouble.is_empty()).then_some(&trouble)))?;
            let caught = result.kills.iter().filter(|kill| kill.caught).count();
            console::print(&format!(
                "{caught} of {} broken executors are caught; {} false alarms on {} sound ones; {:.1} s.\n",
                result.kills.len(),
                result.false_alarms.len(),
                broken::sound().len(),
                result.elapsed.as_secs_f64()
            ))?;
        }
    }
    if exit == Exit::Fails {
        let missed = result.missed.iter().map(|name| format!("not caught: broken:{name}"));
        let alarms = result.false_alarms.iter().map(|alarm| {
            let why = alarm.message.as_deref().unwrap_or_default();
            format!("false alarm: {} {} {}: {why}", alarm.subject, alarm.requirement, alarm.verdict)
        });
        for text in missed.chain(alarms).chain(result.errors.clone()) {
            eprintln!("poolproof: {}", crate::escape::line(&text));
        }
    }
    Ok(exit)
}

/// Provokes what depends on luck for a while. The exit code is 1 if too many that only depend on the schedule
/// were never caught.
fn run_soak(options: &Options, settings: &Settings, budget: Duration) -> Result<Exit, Failure> {
    let only = options.only.as_deref();
    let chosen = soakable(only).count();
    if chosen == 0 {
        let known = soakable(None).map(|broken| broken.name).collect::<Vec<_>>().join(", ");
        return Err(Failure::usage(format!("no defect that depends on luck has such a name; there are {known}")));
    }
    let progress = Progress::new("broken executors", chosen);
    let result = soak(settings, budget, only, &|soaked| progress.step(&soaked.kill.broken));
    drop(progress);
    let kills: Vec<_> = result.soaked.iter().map(soak_record).collect();
    let exit = if result.passed() { Exit::Conforms } else { Exit::Fails };
    let table = tables::soak(&kills);
    match options.format {
        Format::Json => {
            kills.into_iter().try_for_each(|kill| console::print_record(&Record::Kill(kill)))?;
            console::print_record(&Record::Summary(Tally::of(&[]).summary(exit)))?;
        }
        Format::Markdown => console::print(&render::markdown(&table, 2))?,
        Format::Csv => console::print(&render::csv(&table))?,
        _ => {
            console::print_tables([&table])?;
            let (caught, scheduled) = result.scheduled();
            console::print(&format!(
                "{caught} of {scheduled} that depend on the schedule are caught within {:.0} s each.\n",
                budget.as_secs_f64()
            ))?;
        }
    }
    for error in &result.errors {
        eprintln!("poolproof: {}", crate::escape::line(error));
    }
    Ok(exit)
}

/// What was counted, with the interval of the rate.
fn soak_record(soaked: &Soaked) -> KillRecord {
    const CONFIDENCE: f64 = 0.95;
    let (runs, catches) = (soaked.runs, soaked.catches);
    let rate = share(catches, runs, CONFIDENCE).ok();
    let soak = rate.map(|rate| SoakRecord {
        runs,
        catches,
        rate: rate.value(),
        low: rate.low(),
        high: rate.high(),
        confidence: CONFIDENCE,
        first_s: soaked.first.map(|first| first.as_secs_f64()),
        elapsed_s: soaked.elapsed.as_secs_f64(),
    });
    KillRecord { soak, ..soaked.kill.clone() }
}

/// The share of the mutants that must be noticed.
const ENOUGH: f64 = 0.95;

/// Makes every assertion wrong in turn. The exit code is 1 if too many mutants survive.
fn run_mutants(options: &Options, settings: &Settings) -> Result<Exit, Failure> {
    formats::require("self-test --mutants", options.format, &[Format::Human, Format::Markdown, Format::Csv])?;
    let progress = Progress::new("mutants", 0);
    let result = mutants(settings, options.only.as_deref(), &|step| progress.say(step));
    drop(progress);
    let table = tables::mutants(&result.mutants);
    match options.format {
        Format::Markdown => console::print(&mutants_markdown(&result))?,
        Format::Csv => console::print(&render::csv(&table))?,
        _ => {
            let survivors: Vec<_> = result.mutants.iter().filter(|mutant| mutant.noticed.is_none()).cloned().collect();
            let table = tables::mutants(&survivors);
            console::print_tables((!table.is_empty()).then_some(&table))?;
            let (inverted, of_inverted) = result.noticed(Mutation::Inverted);
            let (dropped, of_dropped) = result.noticed(Mutation::Dropped);
            console::print(&format!(
                "{:.1} % of {} mutants are noticed: {inverted} of {of_inverted} inverted, {dropped} of {of_dropped} dropped; {:.0} s.\n",
                result.rate() * 100.0,
                result.mutants.len(),
                result.elapsed.as_secs_f64()
            ))?;
        }
    }
    for error in &result.errors {
        eprintln!("poolproof: {}", crate::escape::line(error));
    }
    Ok(if result.errors.is_empty() && result.rate() >= ENOUGH { Exit::Conforms } else { Exit::Fails })
}

/// What went wrong, or deserves a look.
fn trouble(result: &poolproof_conformance::SelfTestResult) -> Table {
    let mut table = Table::new("trouble", "To look at", ["what", "which", "why"].map(Column::left).to_vec());
    let mut add = |what: &str, which: &str, why: &str, tone: Tone| {
        table.push(Row::new(vec![Cell::text(what).tone(tone), Cell::code(which), Cell::text(why)]));
    };
    for name in &result.missed {
        add("not caught", &format!("broken:{name}"), "no requirement that it breaks saw it", Tone::Bad);
    }
    for alarm in &result.false_alarms {
        let why = format!("{} {}: {}", alarm.requirement, alarm.verdict, alarm.message.as_deref().unwrap_or(""));
        add("false alarm", &alarm.subject, &why, Tone::Bad);
    }
    for error in &result.errors {
        add("not checked", "", error, Tone::Bad);
    }
    for name in &result.undecided {
        add(
            "undecided",
            &format!("broken:{name}"),
            "some of the checks that must catch it do not exist yet",
            Tone::Warn,
        );
    }
    for id in &result.idle {
        add("idle", id, "it caught no broken executor", Tone::Warn);
    }
    table
}
