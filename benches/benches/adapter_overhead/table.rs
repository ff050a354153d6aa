//! The table of what the adapters cost.

use crate::measure::{Cost, Row};

pub(crate) fn line(row: &Row) -> String {
    format!("{:24} | {} | {}", row.name, cell(&row.together), cell(&row.one_by_one))
}

fn cell(cost: &Result<Cost, String>) -> String {
    match cost {
        Ok(cost) => {
            let share = |ratio: f64| (ratio - 1.0) * 100.0;
            let ratio = cost.ratio.at_95;
            format!(
                "{:.0} ns {:+.1} % [{:+.1}, {:+.1}] allowed {:.1} % floor {:.1} %",
                cost.by_hand_ns,
                share(ratio.value()),
                share(ratio.low()),
                share(ratio.high()),
                cost.allowed() * 100.0,
                cost.floor * 100.0
            )
        }
        Err(reason) => reason.clone(),
    }
}

pub(crate) fn document(rows: &[Row]) -> String {
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
