//! Paired comparisons: ratio, interval, verdict.

use super::{Cell, Column, Quantity, Row, Standings, Table, Tone, Trace};
use poolproof_harness::record::ComparisonRecord;

/// One row for each comparison.
#[must_use]
pub fn comparisons(comparisons: &[ComparisonRecord], standings: &Standings<'_>) -> Table {
    let columns = vec![
        Column::left("comparison"),
        Column::left("workload"),
        Column::left("metric"),
        Column::right("ratio"),
        Column::left("interval"),
        Column::left("verdict"),
        Column::right("noise floor"),
    ];
    let mut table = Table::new("comparisons", "Comparisons, paired and interleaved", columns);
    for record in comparisons {
        let tone = match record.verdict.as_str() {
            "faster" => Tone::Good,
            "slower" => Tone::Bad,
            "equivalent" => Tone::Plain,
            _ => Tone::Warn,
        };
        let quantity = Quantity { value: record.ratio, low: record.low, high: record.high, unit: "x".into() };
        table.push(
            Row::new(vec![
                Cell::text(format!("{} / {}", marked(&record.a, standings), marked(&record.b, standings))),
                Cell::code(&record.workload),
                Cell::text(&record.metric),
                Cell::text(quantity.figure()),
                Cell::text(quantity.interval()),
                Cell::text(&record.verdict).tone(tone),
                Cell::text(format!("±{:.1} %", record.noise_floor * 100.0)),
            ])
            .subject(&record.a)
            .trace(Trace::Comparison {
                a: record.a.clone(),
                b: record.b.clone(),
                workload: record.workload.clone(),
                metric: record.metric.clone(),
            }),
        );
        for subject in [&record.a, &record.b] {
            if let Some(note) = standings.note(subject) {
                table.note(note);
            }
        }
    }
    if !comparisons.is_empty() {
        table.note(
            "The ratio is the first subject's figure over the second's; a difference inside the noise floor is none.",
        );
    }
    table
}

/// A subject's name with its mark.
fn marked(subject: &str, standings: &Standings<'_>) -> String {
    let name = crate::escape::line(subject);
    format!("{name} {}", standings.mark(subject)).trim_end().to_owned()
}
