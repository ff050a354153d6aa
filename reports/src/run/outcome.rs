//! What a run came to: counts and the exit code.

use poolproof_harness::record::{SummaryRecord, VerdictRecord};
use poolproof_harness::{Level, Verdict};
use std::collections::BTreeMap;

/// The documented exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for conforms.
    Conforms = 0,
    /// At least one MUST is violated, hangs, crashes or leaks.
    Fails = 1,
    /// Nothing is violated, but something is inconclusive.
    Inconclusive = 2,
    /// Wrong usage, or something that cannot be set up.
    Usage = 3,
    /// Nothing ran.
    NothingRan = 4,
}

impl Exit {
    /// The number given to the operating system.
    #[must_use]
    pub fn code(self) -> i32 {
        self as i32
    }
}

/// Counts of verdicts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: BTreeMap<&'static str, u64>,
    /// Failures of a MUST, known ones included.
    pub broken_musts: u64,
    /// Failures of a MUST that the ledger does not name.
    pub unknown_broken_musts: u64,
    /// MUSTs that are *inconclusive*.
    pub undecided_musts: u64,
    /// Checks that apply: every verdict except *unsupported*.
    pub checks: u64,
}

/// The word under which failures are counted that the ledger names.
pub(crate) const KNOWN: &str = "known";

impl Tally {
    /// Counts `verdicts`.
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a VerdictRecord>) -> Self {
        let mut tally = Self::default();
        for verdict in verdicts {
            tally.add(verdict);
        }
        tally
    }

    /// Counts one more verdict.
    pub fn add(&mut self, record: &VerdictRecord) {
        let word = if record.known { KNOWN } else { record.verdict.word() };
        *self.counts.entry(word).or_default() += 1;
        self.checks += u64::from(record.verdict != Verdict::Unsupported);
        self.undecided_musts += u64::from(record.level == Level::Must && record.verdict == Verdict::Inconclusive);
        if is_broken_must(record) {
            self.broken_musts += 1;
            self.unknown_broken_musts += u64::from(!record.known);
        }
    }

    /// How many verdicts are counted under `word`; known failures are counted under `known`.
    #[must_use]
    pub fn count(&self, word: &str) -> u64 {
        self.counts.get(word).copied().unwrap_or(0)
    }

    /// The last line of a run.
    #[must_use]
    pub fn summary(&self, exit: Exit) -> SummaryRecord {
        SummaryRecord {
            schema: poolproof_harness::record::SCHEMA,
            verdicts: self.counts.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect(),
            checks: self.checks,
            exit: exit.code(),
        }
    }
}

/// Whether `record` says that a MUST is not kept, known or not.
pub(crate) fn is_broken_must(record: &VerdictRecord) -> bool {
    record.level == Level::Must && record.verdict.is_failure()
}

/// The exit code of a run whose verdicts are counted in `tally`, and in which `not_set_up` says
/// whether something that was asked for could not be set up.
///
/// A broken promise is certain whatever else went wrong, so it decides first.
#[must_use]
pub fn exit_of(tally: &Tally, not_set_up: bool) -> Exit {
    if tally.unknown_broken_musts > 0 {
        Exit::Fails
    } else if not_set_up {
        Exit::Usage
    } else if tally.checks == 0 {
        Exit::NothingRan
    } else if tally.count(Verdict::Inconclusive.word()) > 0 {
        Exit::Inconclusive
    } else {
        Exit::Conforms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::verdict;

    fn exit(verdicts: &[VerdictRecord]) -> Exit {
        exit_of(&Tally::of(verdicts), false)
    }

    #[test]
    fn the_exit_codes_are_the_documented_ones() {
        let kept = verdict("thread", "MAP-001", Verdict::Conforms);
        let broken = verdict("thread", "MAP-002", Verdict::Hangs);
        let unclear = verdict("thread", "MAP-003", Verdict::Inconclusive);
        let absent = verdict("thread", "MAP-004", Verdict::Unsupported);
        let known = VerdictRecord { known: true, ..broken.clone() };
        let should = VerdictRecord { level: Level::Should, ..broken.clone() };
        assert_eq!(exit(&[kept.clone(), absent.clone(), known, should]), Exit::Conforms);
        assert_eq!(exit(&[kept.clone(), unclear.clone(), broken.clone()]), Exit::Fails);
        assert_eq!(exit(&[kept.clone(), unclear]), Exit::Inconclusive);
        assert_eq!(exit(&[absent]), Exit::NothingRan);
        assert_eq!(exit(&[]), Exit::NothingRan);
        assert_eq!(exit_of(&Tally::of(&[kept]), true), Exit::Usage);
        assert_eq!(exit_of(&Tally::of(&[broken]), true), Exit::Fails);
    }

    #[test]
    fn known_failures_are_counted_as_known_only() {
        let known = VerdictRecord { known: true, ..verdict("thread", "MAP-002", Verdict::Hangs) };
        let summary = Tally::of(&[known]).summary(Exit::Conforms);
        assert_eq!(summary.verdicts, BTreeMap::from([("known".to_owned(), 1)]));
        assert_eq!(summary.checks, 1);
    }
}
