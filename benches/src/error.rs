//! Why a sweep has no figures, or lacks some.

use crate::Sweep;
use poolproof_harness::record::{HoleRecord, SCHEMA};
use std::fmt;

/// Why nothing could be measured: one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BenchError {
    /// There is no sweep of that name.
    UnknownSweep(String),
    /// The options contradict each other or ask for nothing.
    Options(String),
    /// Not one subject gave a figure.
    NothingMeasured {
        /// The sweep or comparison.
        what: String,
        /// Why, of the first subject that failed.
        reason: String,
    },
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSweep(name) => {
                write!(f, "unknown sweep `{name}`: use one of ")?;
                for (position, sweep) in Sweep::ALL.iter().enumerate() {
                    write!(f, "{}{sweep}", if position == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::Options(message) => f.write_str(message),
            Self::NothingMeasured { what, reason } => write!(f, "{what} measured nothing: {reason}"),
        }
    }
}

impl std::error::Error for BenchError {}

/// What was asked for and has no figure, each with its reason. Everything else was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holes {
    records: Vec<HoleRecord>,
}

impl Holes {
    /// Whether everything was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The holes, in the order in which they appeared.
    #[must_use]
    pub fn records(&self) -> &[HoleRecord] {
        &self.records
    }

    pub(crate) fn add(&mut self, sweep: &str, subject: &str, point: &str, reason: impl fmt::Display) {
        self.records.push(HoleRecord {
            schema: SCHEMA,
            subject: subject.to_owned(),
            sweep: sweep.to_owned(),
            point: point.to_owned(),
            reason: reason.to_string(),
        });
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.records.append(&mut other.records);
    }

    pub(crate) fn first_reason(&self) -> String {
        self.records.first().map_or_else(
            || "it compares others with `serial`: name that and one more, as in `bench serial thread`".to_owned(),
            |hole| format!("{}: {}", hole.subject, hole.reason),
        )
    }
}

impl IntoIterator for Holes {
    type Item = HoleRecord;
    type IntoIter = std::vec::IntoIter<HoleRecord>;

    fn into_iter(self) -> Self::IntoIter {
        self.records.into_iter()
    }
}
