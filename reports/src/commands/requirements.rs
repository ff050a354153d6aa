//! `requirements`: the contract.

use super::{Failure, formats, selection};
use crate::cli::Format;
use crate::run::Exit;
use crate::tables::render;
use crate::{console, documents, tables};
use poolproof_conformance::{self as conformance, untestable};
use poolproof_harness::record::{Record, SCHEMA};
use serde_json::json;

/// Options of `requirements`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only the requirement with this id, or those of this area; may be repeated.
    #[arg(long, value_name = "ID or AREA")]
    only: Vec<String>,
    /// Instead: every method of CPython's tests of concurrent.futures, and which requirements assert the same.
    #[arg(long, conflicts_with = "only")]
    cpython_tests: bool,
    /// How results are written to standard output.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
///
/// [`Failure`] if a requirement or area is unknown.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    formats::require("requirements", options.format, &[Format::Human, Format::Json, Format::Markdown, Format::Csv])?;
    if options.cpython_tests {
        return cpython_tests(options.format);
    }
    let selection = selection::select(&options.only)?;
    let records: Vec<_> = selection.iter().map(|requirement| requirement.record()).collect();
    match options.format {
        Format::Json => records.into_iter().try_for_each(|r| console::print_record(&Record::Requirement(r)))?,
        Format::Markdown => console::print(&documents::contract(&selection))?,
        Format::Csv => console::print(&render::csv(&tables::requirements(&records)))?,
        _ => {
            let outside: Vec<_> = untestable()
                .iter()
                .filter(|promise| selection.iter().filter(|chosen| chosen.area == promise.area).count() > 1)
                .collect();
            let outside = tables::untestable(&outside);
            let shown = [tables::requirements(&records), outside];
            console::print_tables(shown.iter().filter(|table| !table.is_empty()))?;
        }
    }
    Ok(Exit::Conforms)
}

fn cpython_tests(format: Format) -> Result<Exit, Failure> {
    let table = tables::cpython_tests(conformance::cpython_tests());
    match format {
        Format::Json => conformance::cpython_tests().iter().try_for_each(|test| {
            let ids: Vec<_> = test.requirements().iter().map(|requirement| requirement.id).collect();
            let line = json!({
                "kind": "cpython-test", "schema": SCHEMA, "test": test.name, "requirements": ids, "remark": test.because,
            });
            console::print(&format!("{line}\n"))
        })?,
        Format::Markdown => console::print(&render::markdown(&table, 1))?,
        Format::Csv => console::print(&render::csv(&table))?,
        _ => console::print_tables([&table])?,
    }
    Ok(Exit::Conforms)
}
