//! Writes records line by line, so that nothing measured is lost when a run is killed.

use super::Record;
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Appends records to one file; each is on disk's way when [`Writer::write`] returns.
#[derive(Debug)]
pub struct Writer {
    file: File,
    path: PathBuf,
}

impl Writer {
    /// Opens `path` for appending, making it if it is not there.
    ///
    /// # Errors
    ///
    /// If that is not possible; the message names the file.
    pub fn append(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(|error| named(path, &error))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Appends one record as one line, in one write.
    ///
    /// # Errors
    ///
    /// If the record cannot be written; the message names the file.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|error| named(&self.path, &error))
    }
}

/// Writes one value as a JSON file of its own, replacing the old one at once or not at all.
///
/// # Errors
///
/// If that is not possible; the message names the file.
pub fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let draft = path.with_extension("json.draft");
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, path)).map_err(|error| named(path, &error))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
