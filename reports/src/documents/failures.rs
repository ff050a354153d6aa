//! Failures in full, for the terminal: one fixed order, so that the eye learns where to look.

use crate::run::{Run, is_broken_must};
use poolproof_conformance::told;
use poolproof_harness::record::VerdictRecord;
use std::fmt::Write;

/// More failures than this are in the report only.
const MOST: usize = 5;
/// The new failures of a MUST, each as [`told`] everywhere.
#[must_use]
pub fn failures_in_full(run: &Run) -> String {
    let new: Vec<_> = run.verdicts.iter().filter(|record| is_broken_must(record) && !record.known).collect();
    let mut out = String::new();
    for record in new.iter().take(MOST) {
        out.push_str(&told(record, promise(run, record)));
        out.push('\n');
    }
    if new.len() > MOST {
        let _ = writeln!(out, "{} more failures are described in the report.\n", new.len() - MOST);
    }
    out
}

/// The sentence that `record` is about.
pub(super) fn promise<'r>(run: &'r Run, record: &VerdictRecord) -> &'r str {
    let promise = run.requirements.iter().find(|known| known.id == record.requirement);
    promise.map_or("", |promise| promise.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::samples::{HOSTILE, hostile, records};

    #[test]
    fn a_failure_is_told_as_it_was() {
        golden::check("failures.txt", &failures_in_full(&Run::of(records())));
    }

    #[test]
    fn hostile_text_controls_no_terminal() {
        let text = failures_in_full(&Run::of(hostile(HOSTILE)));
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && !text.contains('\u{0}'), "{text}");
    }
}
