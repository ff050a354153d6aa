//! The claims of the notes and their experiments, measured again.

use super::{Cell, Column, Quantity, Row, Table, Tone, Trace};
use poolproof_harness::record::{ClaimRecord, ExperimentRecord};

/// The claims: what the notes say, what was measured, whether it holds here.
#[must_use]
pub fn claims(claims: &[ClaimRecord]) -> Table {
    let columns = ["the notes say", "measured here", "verdict"].map(Column::left);
    let mut table = Table::new("claims", "The notes' claims, measured again", columns.to_vec());
    for claim in claims {
        let tone = match claim.verdict.as_str() {
            "holds" => Tone::Good,
            "does not hold" => Tone::Bad,
            _ => Tone::Warn,
        };
        // What each subject contributes stands on a line of its own.
        let findings = claim.statement.split("; ").map(|finding| format!("– {finding}"));
        let cells = vec![
            Cell::text(&claim.claim),
            Cell::lines(std::iter::once(claim.experiment.clone()).chain(findings)),
            Cell::text(&claim.verdict).tone(tone),
        ];
        table.push(Row::new(cells).trace(Trace::Claim(claim.claim.clone())));
    }
    table
}

/// The experiments: results in the order in which they came, and how long that took.
#[must_use]
pub fn experiments(experiments: &[ExperimentRecord]) -> Table {
    let columns = vec![
        Column::left("experiment"),
        Column::left("subject"),
        Column::left("results, as they came"),
        Column::left("promised order"),
        Column::right("call returned after"),
        Column::right("took"),
        Column::right("without overhead"),
    ];
    let mut table = Table::new("experiments", "The notes' experiments", columns);
    for record in experiments {
        let kept = if record.in_promised_order { ("yes", Tone::Good) } else { ("no", Tone::Bad) };
        let trace = Trace::Experiment { subject: record.subject.clone(), experiment: record.experiment.clone() };
        let results = record.results.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        table.push(
            Row::new(vec![
                Cell::text(&record.experiment),
                Cell::code(&record.subject),
                Cell::text(results),
                Cell::text(kept.0).tone(kept.1),
                Cell::quantity(once(record.call_ns)),
                Cell::quantity(once(record.total_ns)),
                Cell::quantity(once(record.ideal_ns)),
            ])
            .subject(&record.subject)
            .trace(trace),
        );
        table.note(format!("{}: {}", record.experiment, record.expected));
    }
    if !experiments.is_empty() {
        table.note("Each experiment ran once; its times are single measurements, without an interval.");
    }
    table
}

/// A time that was measured once.
fn once(ns: u64) -> Quantity {
    let value = ns as f64;
    Quantity { value, low: value, high: value, unit: "ns".into() }
}
