//! A claim and what became of it.

use poolproof_harness::record::{CellRecord, ClaimRecord, SCHEMA};
use std::fmt;

/// What the measurements say of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimVerdict {
    /// They agree with it.
    Holds,
    /// They contradict it.
    DoesNotHold,
    /// Their intervals are too wide to tell.
    Unclear,
    /// There are none.
    NotMeasured,
}

impl fmt::Display for ClaimVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does not hold",
            Self::Unclear => "unclear",
            Self::NotMeasured => "not measured",
        })
    }
}

impl ClaimVerdict {
    /// The verdict of several subjects on one claim: one that contradicts it refutes it, one that
    /// is unclear leaves it open.
    pub(super) fn of_all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let rank = |verdict: &Self| match verdict {
            Self::NotMeasured => 0,
            Self::Holds => 1,
            Self::Unclear => 2,
            Self::DoesNotHold => 3,
        };
        verdicts.into_iter().max_by_key(rank).unwrap_or(Self::NotMeasured)
    }
}

/// A claim of the notes with what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What the notes say.
    pub text: &'static str,
    /// How it was measured.
    pub experiment: &'static str,
    /// The figures that the verdict rests on.
    pub cells: Vec<CellRecord>,
    /// What was measured, in words, with intervals.
    pub statement: String,
    /// What that says of the claim.
    pub verdict: ClaimVerdict,
}

impl Claim {
    /// The claim as a record.
    #[must_use]
    pub fn record(&self) -> ClaimRecord {
        ClaimRecord {
            schema: SCHEMA,
            claim: self.text.to_owned(),
            experiment: self.experiment.to_owned(),
            statement: self.statement.clone(),
            verdict: self.verdict.to_string(),
        }
    }
}
