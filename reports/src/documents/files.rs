//! Writes everything that is rendered from a run beside its records.

use super::markdown::markdown_of;
use super::{Section, badge::badge_of, junit::junit_of, sections, summary::summary_of};
use crate::html;
use crate::run::{Run, RunError};
use crate::tables::{Standings, render};
use std::fs;
use std::path::Path;
use std::thread::{self, ScopedJoinHandle};

/// Writes `report.html`, `report.md`, `summary.md` (for a pull request), `badge.svg`, `junit.xml`,
/// `tables.json` and `plots/` into `directory`.
///
/// # Errors
///
/// If one of them cannot be written; the message names it.
pub fn write_reports(run: &Run, directory: &Path) -> Result<(), RunError> {
    let standings = Standings::of(run);
    write_sections(run, &standings, &sections(run, &standings), directory)
}

/// The same of sections that are there already.
pub(crate) fn write_sections(
    run: &Run,
    standings: &Standings<'_>,
    sections: &[Section],
    directory: &Path,
) -> Result<(), RunError> {
    // None needs another, and each takes about as long as the page.
    thread::scope(|scope| {
        let tables = scope.spawn(|| write_tables(run, standings, sections, directory));
        let verdicts = scope.spawn(|| {
            write(directory, "junit.xml", &junit_of(run, standings))?;
            write(directory, "summary.md", &summary_of(run, standings))?;
            write(directory, "badge.svg", &badge_of(run, standings))
        });
        write(directory, "report.html", &html::page_of(run, standings, sections))?;
        joined(tables)?;
        joined(verdicts)
    })
}

fn write_tables(run: &Run, standings: &Standings<'_>, sections: &[Section], directory: &Path) -> Result<(), RunError> {
    write(directory, "report.md", &markdown_of(run, standings, sections))?;
    let tables: Vec<_> = sections.iter().flat_map(|section| &section.tables).map(render::json).collect();
    write(directory, "tables.json", &format!("{:#}\n", serde_json::Value::Array(tables)))?;
    let plots = directory.join("plots");
    for figure in sections.iter().flat_map(|section| &section.figures) {
        fs::create_dir_all(&plots).map_err(|error| RunError::io(&plots, "cannot be made", &error))?;
        write(&plots, &format!("{}.svg", figure.id), &figure.file())?;
    }
    Ok(())
}

fn joined(thread: ScopedJoinHandle<'_, Result<(), RunError>>) -> Result<(), RunError> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn write(directory: &Path, name: &str, text: &str) -> Result<(), RunError> {
    let path = directory.join(name);
    fs::write(&path, text).map_err(|error| RunError::io(&path, "cannot be written", &error))
}
