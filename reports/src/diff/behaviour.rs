//! Which promises are kept that were not, and the other way round.

use crate::run::{KNOWN, Run};
use poolproof_harness::record::VerdictRecord;
use poolproof_harness::{Level, Verdict};
use std::collections::HashMap;

/// Which way a verdict turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// A promise that was not broken is broken now, and no ledger knows it.
    Broken,
    /// A promise that was kept is undecided now.
    Undecided,
    /// Another failure than before, or one that the ledger now knows, or no longer applicable.
    Other,
    /// A promise that was broken or undecided is kept now.
    Mended,
}

/// One verdict that is not what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The verdict now.
    pub record: VerdictRecord,
    /// What it was, in a word.
    pub before: String,
    /// What it is, in a word.
    pub after: String,
    /// Which way it turned.
    pub turn: Turn,
}

impl Change {
    /// Whether a promise that binds was lost.
    #[must_use]
    pub fn breaks_must(&self) -> bool {
        self.turn == Turn::Broken && self.record.level == Level::Must
    }
}

/// The verdicts that both runs have and that differ, the worst first. What only one of the two
/// checked says nothing about a change.
#[must_use]
pub fn changes(before: &Run, after: &Run) -> Vec<Change> {
    let key = |record: &VerdictRecord| (record.subject.clone(), record.requirement.clone());
    let old: HashMap<_, &VerdictRecord> = before.verdicts.iter().map(|record| (key(record), record)).collect();
    let mut changes: Vec<Change> = after
        .verdicts
        .iter()
        .filter_map(|new| {
            let old = old.get(&key(new))?;
            let (was, is) = (word(old), word(new));
            (was != is).then(|| Change { turn: turn(old, new), record: new.clone(), before: was, after: is })
        })
        .collect();
    changes.sort_by_key(|change| (change.turn, change.record.level != Level::Must));
    changes
}

fn word(record: &VerdictRecord) -> String {
    let word = record.verdict.word();
    if record.known { format!("{word} ({KNOWN})") } else { word.to_owned() }
}

fn turn(old: &VerdictRecord, new: &VerdictRecord) -> Turn {
    let broken = |record: &VerdictRecord| record.verdict.is_failure() || record.verdict == Verdict::Overclaims;
    let unexpected = |record: &VerdictRecord| broken(record) && !record.known;
    let kept = |record: &VerdictRecord| matches!(record.verdict, Verdict::Conforms | Verdict::Supplied);
    if unexpected(new) && !unexpected(old) {
        Turn::Broken
    } else if new.verdict == Verdict::Inconclusive && kept(old) {
        Turn::Undecided
    } else if kept(new) && !kept(old) && old.verdict != Verdict::Unsupported {
        Turn::Mended
    } else {
        Turn::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::verdict;
    use poolproof_harness::record::Record;

    fn run(verdicts: &[(&str, Verdict, bool)]) -> Run {
        let of = |&(id, word, known): &(&str, Verdict, bool)| {
            Record::Verdict(VerdictRecord { known, ..verdict("thread", id, word) })
        };
        Run::of(verdicts.iter().map(of).collect())
    }

    #[test]
    fn each_turn_is_told_from_the_others() {
        use Verdict::{Conforms, Hangs, Inconclusive, Supplied, Violates};
        let before = run(&[
            ("A-001", Conforms, false),
            ("A-002", Hangs, false),
            ("A-003", Hangs, true),
            ("A-004", Supplied, false),
            ("A-005", Violates, false),
            ("A-006", Conforms, false),
            ("A-007", Conforms, false),
        ]);
        let after = run(&[
            ("A-001", Violates, false),
            ("A-002", Conforms, false),
            ("A-003", Hangs, false),
            ("A-004", Inconclusive, false),
            ("A-005", Hangs, false),
            ("A-006", Conforms, false),
            ("A-008", Violates, false),
        ]);
        let found: Vec<_> = changes(&before, &after).iter().map(|c| (c.record.requirement.clone(), c.turn)).collect();
        let expected = [
            ("A-001", Turn::Broken),
            ("A-003", Turn::Broken),
            ("A-004", Turn::Undecided),
            ("A-005", Turn::Other),
            ("A-002", Turn::Mended),
        ];
        assert_eq!(found, expected.map(|(id, turn)| (id.to_owned(), turn)));
    }
}
