//! Writes to standard output, whatever becomes of the reader.

use crate::commands::Failure;
use crate::tables::Table;
use crate::tables::render::{self, Screen};
use poolproof_harness::record::Record;
use std::io::{ErrorKind, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

/// A reader that went away, such as `head`, has seen what it wanted.
static READER_LEFT: AtomicBool = AtomicBool::new(false);

/// Writes `text`. A reader that went away is not an error; the work goes on, for its records.
///
/// # Errors
///
/// If standard output cannot be written for another reason.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    if READER_LEFT.load(Ordering::Relaxed) {
        return Ok(());
    }
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            READER_LEFT.store(true, Ordering::Relaxed);
            Ok(())
        }
        result => result.map_err(|error| Failure::usage(format!("standard output cannot be written: {error}"))),
    }
}

/// Writes tables for people, an empty line between them.
///
/// # Errors
///
/// As for [`print`].
pub(crate) fn print_tables<'a>(tables: impl IntoIterator<Item = &'a Table>) -> Result<(), Failure> {
    let screen = Screen::stdout();
    for table in tables {
        print(&format!("{}\n", render::terminal(table, screen)))?;
    }
    Ok(())
}

/// Writes a record as a line of JSON.
///
/// # Errors
///
/// As for [`print`].
pub(crate) fn print_record(record: &Record) -> Result<(), Failure> {
    let line = serde_json::to_string(record).map_err(|error| Failure::usage(error.to_string()))?;
    print(&format!("{line}\n"))
}
