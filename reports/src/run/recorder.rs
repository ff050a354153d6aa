//! Writes a run's records as they come.

use super::{RunError, default_directory, directory, host};
use poolproof_harness::record::{Record, RunRecord, SCHEMA, Writer, write_json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

/// The names of the files in a run's directory.
pub mod files {
    /// The invocation and the machine.
    pub const RUN: &str = "run.json";
    /// Subjects, requirements, verdicts and the summary.
    pub const VERDICTS: &str = "verdicts.jsonl";
    /// Measurements, what could not be measured, experiments and claims.
    pub const CELLS: &str = "cells.jsonl";
    /// Paired comparisons.
    pub const COMPARISONS: &str = "comparisons.jsonl";
    /// The files that hold one record a line.
    pub const LINES: [&str; 3] = [VERDICTS, CELLS, COMPARISONS];
}

/// An open run: every record is in its file when [`Recorder::write`] returns.
#[derive(Debug)]
pub struct Recorder {
    directory: PathBuf,
    run: RunRecord,
    started: Instant,
    verdicts: Writer,
    cells: Writer,
    comparisons: Writer,
}

impl Recorder {
    /// Opens a run in `out`, or in a fresh directory of the default place. A run that `out` held
    /// before is replaced.
    ///
    /// # Errors
    ///
    /// If the directory cannot be made or written.
    pub fn open(out: Option<&Path>, seed: u64) -> Result<Self, RunError> {
        let started_unix = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        let path = out.map_or_else(|| default_directory(started_unix), Path::to_owned);
        directory::make(&path)?;
        for name in files::LINES {
            let file = path.join(name);
            fs::write(&file, "").map_err(|error| RunError::io(&file, "cannot be written", &error))?;
        }
        let writer = |name: &str| {
            Writer::append(&path.join(name)).map_err(|error| RunError::io(&path, "cannot be written", &error))
        };
        let run = RunRecord {
            schema: SCHEMA,
            poolproof: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("POOLPROOF_COMMIT").unwrap_or("unknown").to_owned(),
            command: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
            started_unix,
            elapsed_s: None,
            seed,
            host: host::facts(),
            subjects: Default::default(),
        };
        let (verdicts, cells, comparisons) =
            (writer(files::VERDICTS)?, writer(files::CELLS)?, writer(files::COMPARISONS)?);
        let recorder = Self { directory: path, run, started: Instant::now(), verdicts, cells, comparisons };
        recorder.write_run()?;
        Ok(recorder)
    }

    /// Opens the run in `path` again, to go on with it.
    ///
    /// # Errors
    ///
    /// If it holds no run, or cannot be written.
    pub fn reopen(path: &Path) -> Result<Self, RunError> {
        let run = path.join(files::RUN);
        let text = fs::read(&run).map_err(|error| RunError::io(&run, "cannot be read", &error))?;
        let record: RunRecord = serde_json::from_slice(&text)
            .map_err(|error| RunError::new(&run, format!("is not the record of a run: {error}")))?;
        for name in files::LINES {
            drop_cut_line(&path.join(name))?;
        }
        let writer = |name: &str| {
            Writer::append(&path.join(name)).map_err(|error| RunError::io(path, "cannot be written", &error))
        };
        let (verdicts, cells, comparisons) =
            (writer(files::VERDICTS)?, writer(files::CELLS)?, writer(files::COMPARISONS)?);
        let run = RunRecord { elapsed_s: None, ..record };
        Ok(Self { directory: path.to_owned(), run, started: Instant::now(), verdicts, cells, comparisons })
    }

    /// Where the run is kept.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Appends a record to the file of its kind.
    ///
    /// # Errors
    ///
    /// If it cannot be written; the message names the file.
    pub fn write(&mut self, record: &Record) -> Result<(), RunError> {
        let writer = match record {
            Record::Policy(_)
            | Record::Verdict(_)
            | Record::Kill(_)
            | Record::Requirement(_)
            | Record::Subject(_)
            | Record::Summary(_) => &mut self.verdicts,
            Record::Cell(_) | Record::Experiment(_) | Record::Claim(_) | Record::Hole(_) => &mut self.cells,
            Record::Comparison(_) => &mut self.comparisons,
        };
        writer.write(record).map_err(|error| RunError::new(&self.directory, error.to_string()))?;
        if let Record::Subject(subject) = record
            && let Some(description) = &subject.description
        {
            self.run.subjects.insert(subject.subject.clone(), description.versions.clone());
            self.write_run()?;
        }
        Ok(())
    }

    /// Closes the run: from now on its record says how long it took.
    ///
    /// # Errors
    ///
    /// If that cannot be written.
    pub fn close(mut self) -> Result<PathBuf, RunError> {
        self.run.elapsed_s = Some(self.started.elapsed().as_secs_f64());
        self.write_run()?;
        Ok(self.directory)
    }

    fn write_run(&self) -> Result<(), RunError> {
        let path = self.directory.join(files::RUN);
        write_json(&path, &self.run).map_err(|error| RunError::io(&path, "cannot be written", &error))
    }
}

/// Cuts off what follows the last whole line: whoever wrote it was killed in the middle of it, and
/// what is appended must begin a line of its own.
fn drop_cut_line(path: &Path) -> Result<(), RunError> {
    let failed = |error: &std::io::Error| RunError::io(path, "cannot be written", error);
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(&error)),
    };
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |place| place + 1);
    if whole < bytes.len() {
        let file = fs::OpenOptions::new().write(true).open(path).map_err(|error| failed(&error))?;
        file.set_len(whole as u64).map_err(|error| failed(&error))?;
    }
    Ok(())
}
