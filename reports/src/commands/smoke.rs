//! `smoke`: is the adapter or driver itself right?

use super::{Failure, formats};
use crate::cli::Format;
use crate::console;
use crate::run::Exit;
use crate::tables::{Cell, Column, Row, Table, Tone, render};
use poolproof_executors::smoke::{Found, Smoke, smoke};
use poolproof_harness::Patience;
use std::time::Duration;

/// Options of `smoke`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  poolproof smoke rayon
  poolproof smoke python:loky:ProcessPoolExecutor
  poolproof smoke \"driver:./my-driver --pool\" --patience 5s

What an adapter or driver does wrong would be blamed on the executor by `check`. `smoke` makes each
call once, in the plainest situation, and names the method or message that is wrong. It ends with 0
if all is right, 1 if something is wrong, 3 if the subject cannot be set up.")]
pub struct Options {
    /// The subjects' addresses.
    #[arg(required = true, value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// How long an answer is waited for.
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = crate::cli::duration)]
    patience: Duration,
    /// How results are written to standard output.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
///
/// [`Failure`] if an address is wrong or not installed, or standard output cannot be written.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    formats::require("smoke", options.format, &[Format::Human, Format::Json, Format::Markdown, Format::Csv])?;
    let mut exit = Exit::Conforms;
    for address in &options.subjects {
        let found =
            smoke(address, Patience::at_least(options.patience)).map_err(|error| Failure::usage(error.to_string()))?;
        if !found.is_right() {
            exit = Exit::Fails;
        }
        match options.format {
            Format::Json => lines(&found)?,
            Format::Markdown => console::print(&render::markdown(&table(&found), 1))?,
            Format::Csv => console::print(&render::csv(&table(&found)))?,
            _ => console::print_tables([&table(&found)])?,
        }
    }
    Ok(exit)
}

fn lines(smoke: &Smoke) -> Result<(), Failure> {
    for finding in &smoke.findings {
        let message = if let Found::Wrong(reason) = &finding.found { Some(reason) } else { None };
        let line = serde_json::json!({
            "kind": "smoke", "schema": poolproof_harness::record::SCHEMA, "subject": smoke.address,
            "method": finding.method, "must": finding.must, "found": finding.found.word(), "message": message,
        });
        console::print(&format!("{line}\n"))?;
    }
    Ok(())
}

fn table(smoke: &Smoke) -> Table {
    let title = format!("Smoke of {}", smoke.address);
    let mut table =
        Table::new("smoke", title, ["method or message", "what it must do", "found"].map(Column::left).to_vec());
    for finding in &smoke.findings {
        let tone = match finding.found {
            Found::Right => Tone::Good,
            Found::Wrong(_) => Tone::Bad,
            Found::NotReached => Tone::Warn,
            Found::NotDeclared => Tone::Muted,
        };
        let word = finding.found.word();
        table.push(Row::new(vec![
            Cell::text(finding.method),
            Cell::text(finding.must),
            Cell::text(match &finding.found {
                Found::Wrong(reason) => format!("{word}: {reason}"),
                _ => word.to_owned(),
            })
            .tone(tone),
        ]));
    }
    let wrong: Vec<_> = smoke.wrong().map(|finding| format!("`{}`", finding.method)).collect();
    if smoke.is_right() {
        table.note("Everything that the subject declares is answered rightly: what `check` finds, the executor did.");
    } else if !wrong.is_empty() {
        table
            .note(format!("Wrong: {}. Look there, at the adapter or driver first and then at the executor, before you believe a check.", wrong.join(", ")));
    }
    table
}
