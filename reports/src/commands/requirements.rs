//! `requirements`: the contract.

use super::{Failure, formats, selection};
use crate::cli::Format;
use crate::run::Exit;
use crate::tables::render;
use crate::{console, documents, tables};
use poolproof_harness::record::Record;

/// Options of `requirements`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only the requirement with this id, or those of this area; may be repeated.
    #[arg(long, value_name = "ID or AREA")]
    only: Vec<String>,
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
    let selection = selection::select(&options.only)?;
    let records: Vec<_> = selection.iter().map(|requirement| requirement.record()).collect();
    match options.format {
        Format::Json => records.into_iter().try_for_each(|r| console::print_record(&Record::Requirement(r)))?,
        Format::Markdown => console::print(&documents::contract(&selection))?,
        Format::Csv => console::print(&render::csv(&tables::requirements(&records)))?,
        _ => console::print_tables([&tables::requirements(&records)])?,
    }
    Ok(Exit::Conforms)
}
