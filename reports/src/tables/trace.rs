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
    /// A comparison of two subjects.
    Comparison {
        /// The first subject.
        a: String,
        /// The second.
        b: String,
        /// What each task did.
        workload: String,
        /// What was compared.
        metric: String,
    },
    /// An experiment on one subject.
    Experiment {
        /// The subject's address.
        subject: String,
        /// The experiment's name.
        experiment: String,
    },
    /// A claim of the notes.
    Claim(String),
    /// A policy of a subject.
    Policy {
        /// The subject's address.
        subject: String,
        /// The policy's name.
        policy: String,
    },
    /// A measurement that has no figure.
    Hole {
        /// The subject's address.
        subject: String,
        /// The sweep.
        sweep: String,
        /// Where on it.
        point: String,
    },
    /// A requirement, by its id.
    Requirement(String),
    /// A subject, by its address.
    Subject(String),
    /// A broken executor, by its name.
    Kill(String),
    /// All measurements.
    Measurements,
    /// What `run.json` says under this key.
    Invocation(String),
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
    /// Those on some requirements.
    Requirements(Vec<String>),
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
            (Self::Comparison { a, b, workload, metric }, Record::Comparison(record)) => {
                (a, b, workload, metric) == (&record.a, &record.b, &record.workload, &record.metric)
            }
            (Self::Experiment { subject, experiment }, Record::Experiment(record)) => {
                (subject, experiment) == (&record.subject, &record.experiment)
            }
            (Self::Claim(claim), Record::Claim(record)) => *claim == record.claim,
            (Self::Policy { subject, policy }, Record::Policy(record)) => {
                (subject, policy) == (&record.subject, &record.policy)
            }
            (Self::Hole { subject, sweep, point }, Record::Hole(record)) => {
                (subject, sweep, point) == (&record.subject, &record.sweep, &record.point)
            }
            (Self::Requirement(id), Record::Requirement(record)) => *id == record.id,
            (Self::Subject(subject), Record::Subject(record)) => *subject == record.subject,
            (Self::Kill(broken), Record::Kill(record)) => *broken == record.broken,
            (Self::Measurements, Record::Cell(_)) => true,
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
            Self::Requirements(ids) => ids.contains(&record.requirement),
            Self::Word(word) => *word == if record.known { KNOWN } else { record.verdict.word() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Trace;
    use crate::documents;
    use crate::run::Run;
    use crate::samples::{invocation, kill, records};
    use crate::tables::{self, Content, Standings};
    use poolproof_harness::record::Record;

    /// Every cell of every table of the report leads to at least one record, but for names, for what is not there, and
    /// for the facts that there is no record of.
    #[test]
    fn every_figure_can_be_traced() {
        let mut all = records();
        all.push(Record::Kill(kill()));
        let run = Run { record: Some(invocation()), ..Run::of(all.clone()) };
        let standings = Standings::of(&run);
        let sections = documents::sections(&run, &standings);
        let mut shown: Vec<_> = sections.into_iter().flat_map(|section| section.tables).collect();
        shown.push(tables::by_requirement_traced(&standings));
        let mut traced = 0;
        for table in &shown {
            for (row, cell) in table.rows.iter().flat_map(|row| row.cells.iter().skip(1).map(move |cell| (row, cell))) {
                match (cell.trace.as_ref().or(row.trace.as_ref()).map(|trace| &**trace), &cell.content) {
                    (Some(Trace::Invocation(_)), _) => traced += 1,
                    (Some(trace), Content::Count(0)) => assert!(!all.iter().any(|record| trace.matches(record))),
                    (Some(trace), _) => {
                        assert!(all.iter().any(|record| trace.matches(record)), "{}: {trace:?}", table.id);
                        traced += 1;
                    }
                    (None, Content::Nothing) => {}
                    // A rank is made of the figures beside it; a plateau of those of its row.
                    (None, Content::Count(_) | Content::Text(_)) if table.columns.iter().any(|c| c.title == "rank") => {
                    }
                    (None, Content::Text(_)) if table.id.starts_with("regret") => {}
                    (None, content) => panic!("{}: {content:?} leads nowhere", table.id),
                }
            }
        }
        assert!(traced > 150, "{traced}");
    }
}
