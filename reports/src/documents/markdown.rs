//! The report in Markdown, to be pasted into pull requests.

use super::{Section, headline, sections};
use crate::escape;
use crate::run::Run;
use crate::tables::{Standings, render};
use std::fmt::Write;

/// The whole report; plots are linked as files beside it.
#[must_use]
pub fn markdown(run: &Run) -> String {
    let standings = Standings::of(run);
    markdown_of(run, &standings, &sections(run, &standings))
}

/// The same of sections that are there already.
pub(super) fn markdown_of(run: &Run, standings: &Standings<'_>, sections: &[Section]) -> String {
    let mut out = format!("# Poolproof report\n\n{}\n", escape::markdown(&headline(run, standings)));
    for section in sections {
        let _ = write!(out, "\n## {}\n\n{}\n", section.title, section.question);
        for table in &section.tables {
            let _ = write!(out, "\n{}", render::markdown(table, 3));
        }
        for figure in &section.figures {
            let words = escape::line(&figure.description);
            let words = escape::shorten(&words, &figure.description, 300);
            let _ = write!(
                out,
                "\n![{}: {}](plots/{}.svg)\n",
                escape::markdown(&figure.title),
                escape::markdown(&words),
                figure.id
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::samples::{HOSTILE, hostile, invocation, records};

    #[test]
    fn the_report_is_as_it_was() {
        let mut run = Run::of(records());
        run.record = Some(invocation());
        golden::check("report.md", &markdown(&run));
    }

    #[test]
    fn hostile_text_adds_no_heading_and_no_line() {
        let heads = |text: &str| markdown(&Run::of(hostile(text))).lines().filter(|line| line.starts_with('#')).count();
        assert_eq!(heads(HOSTILE), heads("harmless"));
    }
}
