//! Paired comparisons: ratio, interval, verdict.

use super::{Cell, Column, Quantity, Row, Standings, Table, Tone, Trace};
use poolproof_benches::stats::{Conclusion, holm};
use poolproof_harness::record::ComparisonRecord;

/// How often any of a table's differences may be false, and any of its equivalences.
const LEVEL: f64 = 0.05;

/// One row for each comparison. The verdicts are those of the table as a whole: what stands alone and not among all
/// comparisons beside it is unclear.
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
    let verdicts = together(comparisons);
    for (record, verdict) in comparisons.iter().zip(&verdicts) {
        let tone = match verdict.as_str() {
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
                Cell::text(verdict).tone(tone),
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
    let fallen = comparisons.iter().zip(&verdicts).filter(|(record, verdict)| record.verdict != **verdict).count();
    if comparisons.len() > 1 {
        table.note(format!(
            "With 95 % confidence none of the differences is false, and none of the equivalences (Holm's correction over \
             all {} comparisons; {fallen} verdicts that stand alone do not stand among them and are unclear).",
            comparisons.len()
        ));
    }
    table
}

/// The verdicts that stand after Holm's correction: one family of differences, one of equivalences. Whether a
/// difference or an equivalence is claimed, each comparison counts in both.
fn together(comparisons: &[ComparisonRecord]) -> Vec<String> {
    let standing = |p_of: fn(&ComparisonRecord) -> Option<f64>| {
        let p_values: Vec<f64> = comparisons.iter().map(|record| p_of(record).unwrap_or(f64::NAN)).collect();
        // A single claim needs no correction, and an old record has no p-value for it.
        if comparisons.len() == 1 { vec![true] } else { holm(&p_values, LEVEL) }
    };
    let (differ, equal) = (standing(|record| record.p_difference), standing(|record| record.p_equivalence));
    let word = |place: usize, record: &ComparisonRecord| match record.verdict.as_str() {
        "faster" | "slower" if !differ[place] => Conclusion::Unclear.to_string(),
        "equivalent" if !equal[place] => Conclusion::Unclear.to_string(),
        verdict => verdict.to_owned(),
    };
    comparisons.iter().enumerate().map(|(place, record)| word(place, record)).collect()
}

/// A subject's name with its mark.
fn marked(subject: &str, standings: &Standings<'_>) -> String {
    let name = crate::escape::line(subject);
    format!("{name} {}", standings.mark(subject)).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(verdict: &str, p_difference: Option<f64>, p_equivalence: Option<f64>) -> ComparisonRecord {
        let mut record = crate::samples::comparison();
        record.verdict = verdict.to_owned();
        (record.p_difference, record.p_equivalence) = (p_difference, p_equivalence);
        record
    }

    #[test]
    fn a_table_claims_less_than_its_rows_alone() {
        let slower = |p| comparison("slower", Some(p), Some(1.0));
        let equivalent = |p| comparison("equivalent", Some(0.9), Some(p));
        assert_eq!(together(&[slower(0.04)]), ["slower"]);
        assert_eq!(together(&[slower(0.04), slower(0.001)]), ["slower", "slower"]);
        assert_eq!(together(&[slower(0.04), slower(0.03)]), ["unclear", "unclear"]);
        // An equivalence beside it is another comparison whose difference may be false.
        assert_eq!(together(&[slower(0.04), equivalent(0.001)]), ["unclear", "equivalent"]);
        assert_eq!(together(&[slower(0.001), equivalent(0.03)]), ["slower", "unclear"]);
        assert_eq!(together(&[comparison("unclear", Some(0.0), Some(0.0)), slower(0.04)]), ["unclear", "slower"]);
        // Records of older versions.
        assert_eq!(together(&[comparison("faster", None, None)]), ["faster"]);
        assert_eq!(together(&[comparison("faster", None, None), slower(0.001)]), ["unclear", "slower"]);
    }
}
