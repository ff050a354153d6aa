//! What a pull request wants to know: one screen of Markdown.

use super::failures::promise;
use super::headline;
use crate::escape;
use crate::run::{Run, Tally, is_broken_must};
use crate::tables::{self, Standings, render};
use poolproof_conformance::tell;
use std::fmt::Write;

/// More failures than this are in the report.
const MOST: usize = 10;

/// The verdict, the matrix, and each new failure folded, in Markdown.
#[must_use]
pub fn summary(run: &Run) -> String {
    summary_of(run, &Standings::of(run))
}

/// The same of a run whose verdicts are sorted already.
pub(super) fn summary_of(run: &Run, standings: &Standings<'_>) -> String {
    let mut out = format!("### Poolproof: {}\n\n", escape::markdown(&headline(run, standings)));
    let tally = Tally::of(&run.verdicts);
    let known = tally.broken_musts - tally.unknown_broken_musts;
    let _ = writeln!(
        out,
        "{} checks: {} new failures of a MUST, {known} known, {} inconclusive.",
        tally.checks,
        tally.unknown_broken_musts,
        tally.count("inconclusive")
    );
    let matrix = tables::matrix(standings);
    if !matrix.is_empty() {
        let _ = write!(out, "\n{}", render::markdown(&matrix, 4));
    }
    let new: Vec<_> = run.verdicts.iter().filter(|record| is_broken_must(record) && !record.known).collect();
    for record in new.iter().take(MOST) {
        let (subject, id) = (escape::markdown(&record.subject), escape::markdown(&record.requirement));
        let _ = write!(out, "\n<details><summary>{id} on {subject}: {}</summary>\n\n", record.verdict);
        for part in tell(record, promise(run, record)) {
            // Indented by four, a line is code whatever it holds.
            let _ = writeln!(out, "    {}", part.head);
            for line in &part.lines {
                let _ = writeln!(out, "      {}", escape::line(line));
            }
        }
        out.push_str("\n</details>\n");
    }
    if new.len() > MOST {
        let _ = writeln!(out, "\n{} more failures are described in the report.", new.len() - MOST);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{HOSTILE, hostile, records};

    #[test]
    fn the_first_line_is_the_verdict_and_failures_are_folded() {
        let text = summary(&Run::of(records()));
        assert!(text.starts_with("### Poolproof: "), "{text}");
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        assert!(text.contains("SHUT-001 on sloppy") && text.contains("    replay"), "{text}");
    }

    #[test]
    fn hostile_text_stays_in_its_place() {
        let lines =
            |text: &str| summary(&Run::of(hostile(text))).lines().filter(|line| line.starts_with(['#', '<'])).count();
        assert_eq!(lines(HOSTILE), lines("harmless"));
        assert_eq!(lines("</details>\n# x"), lines("harmless"));
    }
}
