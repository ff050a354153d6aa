//! `subjects`: what can be tested here, what is not installed and how to install it.

use super::{Failure, formats};
use crate::cli::Format;
use crate::console;
use crate::resolve;
use crate::run::Exit;
use crate::tables::{Cell, Column, Row, Table, Tone, render};
use poolproof_executors::registry::{Entry, catalogue};
use poolproof_harness::record::{Record, SubjectRecord};

/// Options of `subjects`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How results are written to standard output.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
///
/// [`Failure`] if standard output cannot be written.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    formats::require("subjects", options.format, &[Format::Human, Format::Json, Format::Markdown, Format::Csv])?;
    let found: Vec<_> = catalogue().into_iter().map(|entry| (record(&entry), entry)).collect();
    match options.format {
        Format::Json => {
            found.into_iter().try_for_each(|(record, _)| console::print_record(&Record::Subject(record)))?
        }
        Format::Markdown => console::print(&render::markdown(&table(&found), 1))?,
        Format::Csv => console::print(&render::csv(&table(&found)))?,
        _ => console::print_tables([&table(&found)])?,
    }
    Ok(Exit::Conforms)
}

/// What an entry of the catalogue turns out to be.
pub(super) fn record(entry: &Entry) -> SubjectRecord {
    resolve::find(&entry.address).unwrap_or_else(|error| {
        resolve::absent(&entry.address, &poolproof_harness::SetupError::failed(error.to_string()))
    })
}

fn table(found: &[(SubjectRecord, Entry)]) -> Table {
    let columns = ["subject", "family", "status", "what it is", "version, or what to do"].map(Column::left);
    let mut table = Table::new("subjects", "Subjects", columns.to_vec());
    for (record, entry) in found {
        let versions = record.description.as_ref().map(|description| description.versions.as_str());
        let tone = if record.description.is_some() { Tone::Good } else { Tone::Warn };
        table.push(Row::new(vec![
            Cell::code(&entry.address),
            Cell::text(entry.family),
            Cell::text(&record.status).tone(tone),
            Cell::text(&entry.summary),
            Cell::text(record.message.as_deref().or(versions).unwrap_or("")),
        ]));
        for (key, meaning) in &entry.options {
            table.note(format!("{}?{key}=...: {meaning}", entry.address));
        }
    }
    table.note(
        "python:MODULE:FACTORY, python@INTERPRETER:..., java:FACTORY and driver:COMMAND reach any other executor.",
    );
    table.note("broken:NAME is one of the suite's own broken executors; `poolproof self-test` lists them.");
    table
}
