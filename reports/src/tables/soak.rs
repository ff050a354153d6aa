//! The soak of the self-test: how often defects that depend on luck are caught.

use super::{Cell, Column, Row, Table, Tone};
use poolproof_harness::record::{KillRecord, SoakRecord};

/// One row for each broken executor that was soaked.
#[must_use]
pub fn soak(kills: &[KillRecord]) -> Table {
    let words = ["broken executor", "difficulty"].map(Column::left);
    let figures = ["runs", "caught", "rate per run", "95 % interval", "first caught after"].map(Column::right);
    let columns = words.into_iter().chain(figures).chain([Column::left("caught by")]).collect();
    let mut table = Table::new("soak", "Soak of the broken executors", columns);
    for (kill, soak) in kills.iter().filter_map(|kill| Some((kill, kill.soak.as_ref()?))) {
        let tone = if soak.catches > 0 { Tone::Good } else { Tone::Warn };
        let first = soak.first_s.map_or_else(|| "never".to_owned(), |seconds| format!("{seconds:.1} s"));
        table.push(Row::new(vec![
            Cell::code(format!("broken:{}", kill.broken)),
            Cell::text(&kill.difficulty),
            Cell::count(soak.runs),
            Cell::count(soak.catches).tone(tone),
            Cell::text(percent(soak.rate)),
            Cell::text(interval(soak)),
            Cell::text(first),
            Cell::text(kill.caught_by.join(", ")),
        ]));
    }
    table.note(
        "Each run checks the requirements that the executor breaks, under another schedule. The interval is that of \
         Clopper and Pearson. S: depends on the schedule; R: rare.",
    );
    table
}

fn interval(soak: &SoakRecord) -> String {
    format!("{} to {}", percent(soak.low), percent(soak.high))
}

/// A share with two digits that count.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = match percent {
        _ if percent <= 0.0 => 0,
        _ if percent >= 10.0 => 0,
        _ if percent >= 1.0 => 1,
        _ if percent >= 0.1 => 2,
        _ => 3,
    };
    format!("{percent:.decimals$} %")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::kill;
    use crate::tables::render;

    #[test]
    fn a_rate_stands_beside_its_interval_and_what_was_never_caught_says_so() {
        let soaked = SoakRecord {
            runs: 1200,
            catches: 4,
            rate: 4.0 / 1200.0,
            low: 0.000_909,
            high: 0.008_515,
            confidence: 0.95,
            first_s: Some(12.34),
            elapsed_s: 60.0,
        };
        let never = SoakRecord { catches: 0, rate: 0.0, low: 0.0, high: 0.003_07, first_s: None, ..soaked.clone() };
        let of = |soak| KillRecord { soak, ..kill() };
        let table = soak(&[of(Some(soaked)), of(Some(never)), of(None)]);
        assert_eq!(table.rows.len(), 2);
        let text = render::csv(&table);
        assert!(text.contains("0.33 %") && text.contains("0.091 % to 0.85 %") && text.contains("12.3 s"), "{text}");
        assert!(text.contains("0 % to 0.31 %") && text.contains("never"), "{text}");
    }
}
