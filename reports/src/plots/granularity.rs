//! Efficiency by size of task, with the size from which on an executor pays.

use super::curves::{MOST, figure};
use super::{Figure, lines};
use crate::run::Run;
use crate::tables::Quantity;
use poolproof_harness::record::CellRecord;

/// The share of efficiency that defines the granularity.
const THRESHOLD: f64 = 0.5;

/// One plot of the sweep, if it ran.
pub(super) fn granularity(run: &Run, order: &[&str]) -> Vec<Figure> {
    let cells: Vec<&CellRecord> = run.cells.iter().filter(|cell| cell.sweep == "granularity").collect();
    let mut series: Vec<lines::Series> = Vec::new();
    let mut marks = Vec::new();
    for (look, &subject) in order.iter().enumerate() {
        let own = || cells.iter().filter(|cell| cell.subject == subject);
        let mut points: Vec<(f64, Quantity)> = own()
            .filter(|cell| cell.metric == "efficiency")
            .filter_map(|cell| Some((size(&cell.workload)?, Quantity::from(*cell))))
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points.dedup_by_key(|point| point.0);
        if points.is_empty() || series.len() == MOST {
            continue;
        }
        series.push(lines::Series { name: subject.to_owned(), look, points });
        // Where the curve crosses is only known if it does.
        marks.extend(own().rev().find(|cell| cell.metric == "metg-50").map(|cell| lines::Mark {
            look,
            height: THRESHOLD,
            across: Quantity::from(*cell),
        }));
    }
    let chart = lines::Chart {
        across: "size of a task in µs; a mark where half of the workers' time does work: METG(50 %)",
        up: "efficiency",
        marks: &marks,
        ..lines::Chart::of(&series)
    };
    figure("efficiency by size of task", &chart).into_iter().collect()
}

/// `cpu-100us` as 100.
fn size(workload: &str) -> Option<f64> {
    workload.rsplit_once('-')?.1.strip_suffix("us")?.parse().ok().filter(|size| *size > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::cell;
    use poolproof_harness::record::Record;

    #[test]
    fn a_crossing_that_was_seen_is_marked() {
        let at = ("workers", 2.0);
        let mut records: Vec<Record> = [(1, 0.2), (8, 0.45), (64, 0.9)]
            .map(|(size, share)| {
                Record::Cell(cell("thread", "granularity", &format!("cpu-{size}us"), at, "efficiency", share))
            })
            .to_vec();
        assert_eq!(granularity(&Run::of(records.clone()), &["thread"])[0].svg.matches("class=\"mark").count(), 0);
        records.push(Record::Cell(cell("thread", "granularity", "cpu-1us", at, "metg-50", 10.0)));
        let figures = granularity(&Run::of(records), &["thread"]);
        assert_eq!(figures[0].svg.matches("class=\"mark").count(), 1);
        assert_eq!(figures[0].table.rows.len(), 3);
    }
}
