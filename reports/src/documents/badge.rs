//! A badge: how a run went, in a picture for a README.

use super::headline;
use crate::escape;
use crate::run::{Run, Tally};
use crate::tables::Standings;
use poolproof_harness::Verdict;

/// The badge as an SVG file that stands alone.
#[must_use]
pub fn badge(run: &Run) -> String {
    badge_of(run, &Standings::of(run))
}

/// The same of a run whose verdicts are sorted already.
pub(super) fn badge_of(run: &Run, standings: &Standings<'_>) -> String {
    let (words, colour) = words(run);
    let subject = match standings.addresses() {
        [one] => format!("poolproof: {one}"),
        _ => "poolproof".to_owned(),
    };
    let (left, right) = (width(&subject), width(&words));
    let (left_middle, right_middle, whole) = (left / 2, left + right / 2, left + right);
    let label = escape::xml(&escape::line(&headline(run, standings)));
    let (subject, words) = (escape::xml(&escape::line(&subject)), escape::xml(&words));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" aria-label=\"{label}\">\
         <title>{label}</title>\
         <rect width=\"{left}\" height=\"20\" fill=\"#444\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{colour}\"/>\
         <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\
         <text x=\"{left_middle}\" y=\"14\">{subject}</text>\
         <text x=\"{right_middle}\" y=\"14\">{words}</text></g></svg>\n"
    )
}

/// What it says, and its colour: green only for a run in which every MUST was decided and kept.
fn words(run: &Run) -> (String, &'static str) {
    let tally = Tally::of(&run.verdicts);
    let inconclusive = tally.count(Verdict::Inconclusive.word());
    if tally.checks == 0 {
        ("nothing ran".to_owned(), "#777")
    } else if tally.broken_musts > 0 {
        (format!("{} of {} broken", tally.broken_musts, tally.checks), "#b3261e")
    } else if inconclusive > 0 {
        (format!("{inconclusive} of {} inconclusive", tally.checks), "#8a6100")
    } else {
        (format!("{} promises checked", tally.checks), "#1b7a3d")
    }
}

/// The room that a text needs, in the units of the picture.
fn width(text: &str) -> usize {
    7 * text.chars().take(60).count() + 14
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{HOSTILE, hostile, records, verdict};
    use poolproof_harness::record::Record;

    #[test]
    fn only_a_run_that_keeps_everything_is_green() {
        let of = |verdicts: &[Verdict]| {
            let record = |(number, kind): (usize, &Verdict)| {
                Record::Verdict(verdict("thread", &format!("MAP-{number:03}"), *kind))
            };
            words(&Run::of(verdicts.iter().enumerate().map(record).collect()))
        };
        assert_eq!(of(&[Verdict::Conforms, Verdict::Unsupported]), ("1 promises checked".into(), "#1b7a3d"));
        assert_eq!(of(&[Verdict::Conforms, Verdict::Hangs]).0, "1 of 2 broken");
        assert_eq!(of(&[Verdict::Conforms, Verdict::Inconclusive]).0, "1 of 2 inconclusive");
        assert_eq!(of(&[]).0, "nothing ran");
    }

    #[test]
    fn hostile_names_stay_text() {
        for text in [HOSTILE, "\"><script>"] {
            let svg = badge(&Run::of(hostile(text)));
            assert!(!svg.contains("<script") && !svg.contains('\u{1b}'), "{svg}");
        }
        assert!(badge(&Run::of(records())).starts_with("<svg "));
    }
}
