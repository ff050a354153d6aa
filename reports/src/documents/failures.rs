//! Failures in full, for the terminal: one fixed order, so that the eye learns where to look.

use crate::escape;
use crate::run::{Run, is_broken_must};
use poolproof_harness::record::VerdictRecord;
use std::fmt::Write;

/// More failures than this are in the report only.
const MOST: usize = 5;
/// The last events say most.
const EVENTS: usize = 12;

/// The new failures of a MUST: promise, what happened, last events, stacks, output, replay.
#[must_use]
pub fn failures_in_full(run: &Run) -> String {
    let new: Vec<_> = run.verdicts.iter().filter(|record| is_broken_must(record) && !record.known).collect();
    let mut out = String::new();
    for record in new.iter().take(MOST) {
        failure(&mut out, run, record);
    }
    if new.len() > MOST {
        let _ = writeln!(out, "{} more failures are described in the report.\n", new.len() - MOST);
    }
    out
}

fn failure(out: &mut String, run: &Run, record: &VerdictRecord) {
    let promise = run.requirements.iter().find(|known| known.id == record.requirement);
    let text = promise.map_or("", |promise| promise.text.as_str());
    let (subject, id) = (escape::line(&record.subject), escape::line(&record.requirement));
    let _ = writeln!(out, "{id} on {subject}: {}\n  promise    {}", record.verdict, escape::line(text));
    if let Some(message) = &record.message {
        let _ = writeln!(out, "  happened   {}", escape::line(message));
    }
    let skipped = record.evidence.history.len().saturating_sub(EVENTS);
    let begin = record.evidence.history.first().map_or(0, |event| event.at_ns);
    for (number, event) in record.evidence.history[skipped..].iter().enumerate() {
        let head = if number == 0 { "history" } else { "" };
        let at = event.at_ns.saturating_sub(begin) as f64 / 1e6;
        let said = format!("{} {}", event.actor, event.moment);
        let _ = writeln!(out, "  {head:<9} {at:>10.3} ms  {}", escape::line(&said));
    }
    for (head, text) in [("stacks", &record.evidence.stacks), ("output", &record.evidence.output)] {
        for (number, line) in text.iter().flat_map(|text| text.lines()).take(20).enumerate() {
            let head = if number == 0 { head } else { "" };
            let _ = writeln!(out, "  {head:<10} {}", escape::line(line));
        }
    }
    if let Some(replay) = &record.evidence.replay {
        let _ = writeln!(out, "  replay     {}", escape::line(replay));
    }
    out.push('\n');
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
