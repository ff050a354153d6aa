//! `report --against DIR`: what changed since another run.

use crate::cli::Format;
use crate::commands::{Failure, formats};
use crate::console;
use crate::diff::diff;
use crate::escape;
use crate::run::{Exit, Run};
use crate::tables::render;
use std::path::Path;

pub(super) fn run(run: &Run, against: &Path, format: Format) -> Result<Exit, Failure> {
    formats::require("report --against", format, &[Format::Human, Format::Json, Format::Markdown, Format::Csv])?;
    let before = Run::read(against)?;
    for damaged in &before.damage {
        eprintln!("poolproof: {}", escape::line(&damaged.to_string()));
    }
    let difference = diff(&before, run).map_err(Failure::usage)?;
    let tables = difference.tables();
    let changed = || tables.iter().filter(|table| !table.is_empty());
    match format {
        Format::Human | Format::Junit => {
            console::print_tables(changed())?;
            console::print(&format!("{}\n", difference.headline()))?;
        }
        Format::Markdown => {
            let mut text = format!("**Poolproof:** {}\n", difference.headline());
            changed().for_each(|table| text.push_str(&format!("\n{}", render::markdown(table, 3))));
            console::print(&text)?;
        }
        // One table a file is what spreadsheets read: behaviour comes first, if it changed.
        Format::Csv => console::print(&render::csv(changed().next().unwrap_or(&tables[1])))?,
        Format::Json => {
            for line in difference.lines() {
                console::print(&format!("{line}\n"))?;
            }
        }
    }
    Ok(difference.exit())
}
