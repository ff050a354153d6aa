//! From a figure in a table back to the records that it rests on.

use super::area_of;
use crate::run::KNOWN;
use poolproof_harness::Verdict;
use poolproof_harness::record::{CellRecord, Record, VerdictRecord};
use std::collections::BTreeMap;

/// The records that a cell of a table rests on.
#[derive(Clone, Debug, PartialEq)]
pub enum Trace {
    /// The measurement of one metric at one point.
    Cell {
        /// The subject's address.
        subject: String,
        /// The sweep.
        sweep: String,
        /// What each task did.
        workload: String,
        /// What was measured.
        metric: String,
        /// Where on the sweep's axes.
        axes: BTreeMap<String, f64>,
    },
    /// Verdicts on one subject.
    Verdicts {
        /// The subject's address.
        subject: String,
        /// Which of them.
        only: Only,
    },
    /// Comparisons of two subjects.
    Comparison {
        /// The first subject.
        a: String,
        /// The second.
        b: String,
        /// What each task did.
        workload: String,
    },
    /// An experiment on one subject.
    Experiment {
        /// The subject's address.
        subject: String,
        /// The experiment's name.
        experiment: String,
    },
}

/// Which verdicts on a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Only {
    /// Those of checks that ran: all but the unsupported ones.
    Checks,
    /// Those of an area.
    Area(String),
    /// That on one requirement.
    Requirement(String),
    /// Those that are counted under a word.
    Word(&'static str),
}

impl Trace {
    /// Back to a measurement.
    #[must_use]
    pub fn cell(cell: &CellRecord) -> Self {
        Self::Cell {
            subject: cell.subject.clone(),
            sweep: cell.sweep.clone(),
            workload: cell.workload.clone(),
            metric: cell.metric.clone(),
            axes: cell.axes.clone(),
        }
    }

    /// Back to verdicts on `subject`.
    #[must_use]
    pub fn verdicts(subject: &str, only: Only) -> Self {
        Self::Verdicts { subject: subject.to_owned(), only }
    }

    /// Whether `record` is one of those that the cell rests on.
    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        match (self, record) {
            (Self::Cell { subject, sweep, workload, metric, axes }, Record::Cell(cell)) => {
                (subject, sweep, workload, metric, axes)
                    == (&cell.subject, &cell.sweep, &cell.workload, &cell.metric, &cell.axes)
            }
            (Self::Verdicts { subject, only }, Record::Verdict(record)) => {
                *subject == record.subject && only.matches(record)
            }
            (Self::Comparison { a, b, workload }, Record::Comparison(record)) => {
                (a, b, workload) == (&record.a, &record.b, &record.workload)
            }
            (Self::Experiment { subject, experiment }, Record::Experiment(record)) => {
                (subject, experiment) == (&record.subject, &record.experiment)
            }
            _ => false,
        }
    }
}

impl Only {
    fn matches(&self, record: &VerdictRecord) -> bool {
        match self {
            Self::Checks => record.verdict != Verdict::Unsupported,
            Self::Area(area) => area == area_of(&record.requirement) && record.verdict != Verdict::Unsupported,
            Self::Requirement(id) => *id == record.requirement,
            Self::Word(word) => *word == if record.known { KNOWN } else { record.verdict.word() },
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::run::Run;
    use crate::samples::records;
    use crate::tables::{self, Content, Standings};

    /// Every figure of every table of measurements and verdicts leads to at least one record.
    #[test]
    fn every_figure_can_be_traced() {
        let (run, all) = (Run::of(records()), records());
        let standings = Standings::of(&run);
        let mut shown = tables::sweeps(&run, &standings, None);
        shown.extend([
            tables::scorecard(&run, &standings),
            tables::matrix(&run, &standings),
            tables::counts(&run, &standings),
            tables::by_requirement_traced(&run, &standings),
            tables::comparisons(&run.comparisons, &standings),
            tables::experiments(&run.experiments),
        ]);
        let mut traced = 0;
        for table in &shown {
            for cell in table.rows.iter().flat_map(|row| &row.cells) {
                match (&cell.trace, &cell.content) {
                    (Some(trace), Content::Count(0)) => assert!(!all.iter().any(|record| trace.matches(record))),
                    (Some(trace), _) => {
                        assert!(all.iter().any(|record| trace.matches(record)), "{}: {trace:?}", table.id);
                        traced += 1;
                    }
                    (None, Content::Quantity(figure)) => panic!("{}: {} leads nowhere", table.id, figure.short()),
                    (None, _) => {}
                }
            }
        }
        assert!(traced > 60, "{traced}");
    }
}
