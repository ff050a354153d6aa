//! Timelines in letters, for the terminal.

use crate::escape;
use crate::tables::Quantity;
use poolproof_harness::record::ExperimentRecord;
use std::fmt::Write;

/// The width of the longest bar.
const WIDTH: u64 = 48;

/// The timeline of an experiment: one line for each task, in the order in which they began.
#[must_use]
pub fn timeline_text(record: &ExperimentRecord) -> String {
    let (name, subject) = (escape::line(&record.experiment), escape::line(&record.subject));
    let mut out = format!("{name} on {subject}: {}\n", escape::line(&record.expected));
    let end = record.timeline.iter().map(|span| span.end_ns).max().unwrap_or(0).max(1);
    let place = |ns: u64| usize::try_from(u128::from(ns) * u128::from(WIDTH) / u128::from(end)).unwrap_or(0);
    let mut spans: Vec<_> = record.timeline.iter().collect();
    spans.sort_by_key(|span| span.start_ns);
    let mut workers = Vec::new();
    for span in spans {
        let worker = (span.pid, span.tid);
        if !workers.contains(&worker) {
            workers.push(worker);
        }
        let number = 1 + workers.iter().position(|known| *known == worker).unwrap_or(0);
        let (from, to) = (place(span.start_ns), place(span.end_ns));
        let bar = format!("{}{}", " ".repeat(from), "█".repeat(to.saturating_sub(from).max(1)));
        let _ = writeln!(out, "  worker {number:<2} │{bar:<50}│ {}", escape::line(&span.label));
    }
    let order = if record.in_promised_order { "in the promised order" } else { "NOT in the promised order" };
    let results = record.results.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let time = |ns: u64| {
        let value = ns as f64;
        Quantity { value, low: value, high: value, unit: "ns".into() }.figure()
    };
    let _ = writeln!(
        out,
        "  {results}, {order}, in {} (without overhead {}); the call returned after {}\n",
        precise(record.total_ns),
        time(record.ideal_ns),
        time(record.call_ns)
    );
    out
}

/// Seconds to the tenth of a millisecond: overheads are small beside sleeps.
fn precise(ns: u64) -> String {
    format!("{:.4} s", ns as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::samples::{HOSTILE, hostile, records};
    use poolproof_harness::record::Record;

    fn experiment(records: Vec<Record>) -> ExperimentRecord {
        let found = records.into_iter().find_map(|record| match record {
            Record::Experiment(experiment) => Some(experiment),
            _ => None,
        });
        found.expect("the samples have one")
    }

    #[test]
    fn a_timeline_is_as_it_was() {
        golden::check("timeline.txt", &timeline_text(&experiment(records())));
    }

    #[test]
    fn hostile_times_and_names_break_nothing() {
        let mut record = experiment(hostile(HOSTILE));
        record.timeline[0].start_ns = u64::MAX;
        record.timeline[1].end_ns = u64::MAX;
        let text = timeline_text(&record);
        assert!(!text.contains('\u{1b}') && text.lines().count() < 10, "{text}");
    }
}
