//! `explain`: one requirement with everything that is known about it.

use super::{Failure, formats, selection};
use crate::cli::Format;
use crate::run::Exit;
use crate::tables::render;
use crate::tables::{Cell, Column, Row, Table};
use crate::{console, documents};
use poolproof_conformance::{Requirement, broken, find};
use poolproof_harness::Level;
use serde_json::json;

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The requirement's id, such as MAP-001.
    id: String,
    /// How results are written to standard output.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
///
/// [`Failure`] if the requirement is unknown.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    formats::require("explain", options.format, &[Format::Human, Format::Json, Format::Markdown, Format::Csv])?;
    let requirement = find(&options.id).ok_or_else(|| selection::unknown(&options.id))?;
    match options.format {
        Format::Json => console::print(&format!("{}\n", json_line(requirement)))?,
        Format::Markdown => console::print(&documents::contract(&[requirement]))?,
        Format::Csv => console::print(&render::csv(&table(requirement)))?,
        _ => console::print_tables([&table(requirement)])?,
    }
    Ok(Exit::Conforms)
}

/// The requirement's record, with further keys.
fn json_line(requirement: &Requirement) -> serde_json::Value {
    let mut line = json!(poolproof_harness::record::Record::Requirement(requirement.record()));
    line["rationale"] = json!(requirement.rationale);
    line["provoked"] = json!(requirement.provoked);
    line["look_at"] = json!(requirement.look_at);
    line["broken"] = json!(caught(requirement).iter().map(|broken| broken.name).collect::<Vec<_>>());
    line
}

fn caught(requirement: &Requirement) -> Vec<&'static broken::Broken> {
    broken::all().iter().filter(|broken| broken.expected.contains(&requirement.id)).collect()
}

fn table(requirement: &Requirement) -> Table {
    let columns = vec![Column::left(requirement.id), Column::left(requirement.level.to_string())];
    let mut table = Table::new("requirement", "Requirement", columns);
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            table.push(Row::new(vec![Cell::text(name), Cell::text(value)]));
        }
    };
    fact("promise", requirement.text);
    fact("what it binds", binds(requirement.level));
    fact("area", &format!("{}: {}", requirement.area.code(), requirement.area.title()));
    let capabilities: Vec<_> = requirement.capabilities().map(|capability| capability.to_string()).collect();
    fact("applies to", &format!("executors that declare {}; for others it is unsupported", capabilities.join(", ")));
    fact("why it matters", requirement.rationale);
    fact("how it is provoked", requirement.provoked);
    fact("if it fails, look at", requirement.look_at);
    fact("sources", &requirement.sources.join("; "));
    fact("CPython's tests", &requirement.cpython_tests.join("; "));
    let caught = caught(requirement);
    for broken in &caught {
        fact("what breaks it", &format!("broken:{}: {} (seen in: {})", broken.name, broken.defect, broken.source));
    }
    fact("check it", &format!("poolproof check thread --only {}", requirement.id));
    if let Some(broken) = caught.first() {
        fact("see it fail", &format!("poolproof check broken:{} --only {}", broken.name, requirement.id));
    }
    table
}

fn binds(level: Level) -> &'static str {
    match level {
        Level::Must => "MUST: an executor that breaks it fails, and its figures are not ranked",
        Level::Should => "SHOULD: users expect it; who breaks it is told, and does not fail",
        Level::May => "MAY: executors may differ; what this one does is reported, and nobody fails",
    }
}
