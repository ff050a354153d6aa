//! `report --criterion DIR`: comparison tables of any project's criterion benchmarks.

use crate::cli::Format;
use crate::commands::{Failure, formats};
use crate::criterion::{read, tables};
use crate::run::Exit;
use crate::tables::render;
use crate::{console, escape};
use poolproof_harness::record::Record;
use std::path::Path;

pub(super) fn run(directory: &Path, format: Format) -> Result<Exit, Failure> {
    formats::require("report --criterion", format, &[Format::Human, Format::Json, Format::Markdown, Format::Csv])?;
    let found = read(directory)?;
    for damaged in &found.damage {
        eprintln!("poolproof: {}", escape::line(damaged));
    }
    match format {
        Format::Human | Format::Junit => console::print_tables(&tables(&found))?,
        Format::Markdown => {
            for table in tables(&found) {
                console::print(&format!("{}\n", render::markdown(&table, 3)))?;
            }
        }
        Format::Csv => console::print(&render::csv(&crate::tables::cells(&found.cells())))?,
        Format::Json => {
            found.cells().into_iter().map(Record::Cell).try_for_each(|record| console::print_record(&record))?
        }
    }
    Ok(if found.damage.is_empty() { Exit::Conforms } else { Exit::Usage })
}
