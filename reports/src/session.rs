//! A run in progress: every record is written at once, and shown in the format that was asked for.

use crate::cli::{Format, Output};
use crate::commands::Failure;
use crate::console;
use crate::documents::{self, write_reports};
use crate::run::{Exit, Recorder, Run, RunError, Tally, files};
use crate::tables::render;
use crate::tables::{self, Table};
use poolproof_harness::record::{Record, VerdictRecord, read};
use std::path::Path;

/// An open run.
#[derive(Debug)]
pub(crate) struct Session {
    recorder: Recorder,
    records: Vec<Record>,
    format: Format,
    failure: Option<Failure>,
}

impl Session {
    pub(crate) fn open(output: &Output, seed: u64) -> Result<Self, Failure> {
        let recorder = Recorder::open(output.out.as_deref(), seed)?;
        Ok(Self { recorder, records: Vec::new(), format: output.format, failure: None })
    }

    /// Opens a run again that was interrupted; its records so far count as those of this session.
    pub(crate) fn reopen(directory: &Path, format: Format) -> Result<Self, Failure> {
        let recorder = Recorder::reopen(directory)?;
        let mut records = Vec::new();
        for name in files::LINES {
            let path = directory.join(name);
            let reading = read(&path).map_err(|error| RunError::io(&path, "cannot be read", &error))?;
            records.extend(reading.records.into_iter().filter(|record| !matches!(record, Record::Summary(_))));
        }
        if format == Format::Json {
            records.iter().try_for_each(console::print_record)?;
        }
        Ok(Self { recorder, records, format, failure: None })
    }

    /// The verdicts so far, as they were reached.
    pub(crate) fn verdicts(&self) -> Vec<VerdictRecord> {
        let verdict = |record: &Record| match record {
            Record::Verdict(verdict) => Some(verdict.clone()),
            _ => None,
        };
        self.records.iter().filter_map(verdict).collect()
    }

    /// Keeps a record that is not there yet.
    pub(crate) fn add_once(&mut self, record: Record) {
        if !self.records.contains(&record) {
            self.add(record);
        }
    }

    /// Keeps a record. What goes wrong with that is said by [`Session::close`], so that callers
    /// that only pass records on need not know how.
    pub(crate) fn add(&mut self, record: Record) {
        let written = self.recorder.write(&record).map_err(Failure::from);
        let shown = if self.format == Format::Json { console::print_record(&record) } else { Ok(()) };
        if let Err(failure) = written.and(shown) {
            self.failure.get_or_insert(failure);
        }
        self.records.push(record);
    }

    /// Whether records can still be kept; if not, the work may as well stop.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// What was recorded so far.
    pub(crate) fn run(&self) -> Run {
        Run::of(self.records.clone())
    }

    /// Ends the run: summary, reports, and the results in the format that was asked for. `show`
    /// chooses the tables that people see, `spreadsheet` the one that spreadsheets do.
    pub(crate) fn close(
        mut self,
        exit: Exit,
        show: impl FnOnce(&Run) -> Vec<Table>,
        spreadsheet: impl FnOnce(&Run) -> Table,
    ) -> Result<Exit, Failure> {
        let tally = Tally::of(&self.run().verdicts);
        self.add(Record::Summary(tally.summary(exit)));
        self.check()?;
        let (format, records) = (self.format, self.records);
        let directory = self.recorder.close()?;
        let mut run = Run::read(&directory)?;
        if run.verdicts.len() + run.cells.len() == 0 {
            run = Run { record: run.record, directory: run.directory, ..Run::of(records) };
        }
        write_reports(&run, &directory)?;
        match format {
            Format::Json => {}
            Format::Markdown => console::print(&documents::markdown(&run))?,
            Format::Junit => console::print(&documents::junit(&run))?,
            Format::Csv => console::print(&render::csv(&spreadsheet(&run)))?,
            Format::Human => {
                console::print_tables(&show(&run))?;
                console::print(&documents::failures_in_full(&run))?;
                if !run.verdicts.is_empty() || !run.holes.is_empty() {
                    console::print(&format!("{}\n", documents::headline(&run, &tables::Standings::of(&run))))?;
                }
                let page = directory.join("report.html").display().to_string();
                console::print(&format!("Report: {}\n", crate::escape::line(&page)))?;
            }
        }
        Ok(exit)
    }
}
