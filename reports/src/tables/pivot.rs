//! Arranges measurements: one table for each figure, subjects as rows, one axis as columns.

use super::Quantity;
use poolproof_harness::record::CellRecord;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the columns of a sweep's tables are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Across {
    /// The values of this axis.
    Axis(&'static str),
    /// The workloads.
    Workloads,
    /// The metrics.
    Metrics,
}

impl Across {
    /// What suits a sweep.
    pub(super) fn of(sweep: &str) -> Self {
        match sweep {
            "workers" => Self::Axis("workers"),
            "chunksize" => Self::Axis("chunksize"),
            "io-cpu" | "granularity" => Self::Workloads,
            _ => Self::Metrics,
        }
    }
}

/// Splits off the metrics that sum a sweep up instead of lying along its columns, such as the best
/// chunksize: they have no place on the axis.
pub(super) fn along<'a>(cells: &[&'a CellRecord], across: Across) -> (Vec<&'a CellRecord>, Vec<&'a CellRecord>) {
    let places = |metric: &str| -> BTreeSet<&str> {
        let of_metric = cells.iter().filter(|cell| cell.metric == metric);
        match across {
            Across::Axis(axis) => {
                of_metric.filter_map(|cell| Some(cell.axes.get_key_value(axis)?.0.as_str())).collect()
            }
            Across::Workloads => of_metric.map(|cell| cell.workload.as_str()).collect(),
            Across::Metrics => BTreeSet::new(),
        }
    };
    let workloads = cells.iter().map(|cell| cell.workload.as_str()).collect::<BTreeSet<_>>().len();
    let metrics: BTreeSet<&str> = cells.iter().map(|cell| cell.metric.as_str()).collect();
    let lies: BTreeMap<&str, bool> = metrics
        .into_iter()
        .map(|metric| {
            let lies = match across {
                Across::Axis(_) => !places(metric).is_empty(),
                Across::Workloads => workloads == 1 || places(metric).len() > 1,
                Across::Metrics => true,
            };
            (metric, lies)
        })
        .collect();
    cells.iter().partition(|cell| lies[cell.metric.as_str()])
}

/// A column's place and head: axes sort by number, the others as they come.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    pub(super) axis: Option<f64>,
    pub(super) text: String,
}

/// The cells of one table.
#[derive(Debug, Default)]
pub(super) struct Group<'a> {
    /// What all its cells share, in words.
    pub(super) workload: Option<&'a str>,
    pub(super) metric: Option<&'a str>,
    pub(super) fixed: Vec<(&'a str, f64)>,
    pub(super) heads: Vec<Head>,
    /// Subject and column of each cell, in order of appearance.
    pub(super) cells: Vec<(&'a str, usize, &'a CellRecord)>,
    /// The cell in each place. The last one counts: a figure measured again replaces the one before.
    places: HashMap<(&'a str, usize), &'a CellRecord>,
}

impl<'a> Group<'a> {
    pub(super) fn at(&self, subject: &str, column: usize) -> Option<&'a CellRecord> {
        self.places.get(&(subject, column)).copied()
    }

    /// The values of an axis that is no column and does not split the table: `2`, or, where
    /// subjects differ, `1 (serial), 2 (all others)`.
    pub(super) fn loose(&self, axis: &str) -> Option<String> {
        if self.fixed.iter().any(|(name, _)| *name == axis) {
            return None;
        }
        let mut values: Vec<(f64, BTreeSet<&str>)> = Vec::new();
        for (subject, _, cell) in &self.cells {
            let value = *cell.axes.get(axis)?;
            match values.iter_mut().find(|known| known.0 == value) {
                Some(known) => drop(known.1.insert(subject)),
                None => values.push((value, BTreeSet::from([*subject]))),
            }
        }
        values.sort_by_key(|known| known.1.len());
        let (most, rest) = values.split_last()?;
        if rest.is_empty() {
            return Some(most.0.to_string());
        }
        let named = |known: &(f64, BTreeSet<&str>)| {
            format!("{} ({})", known.0, known.1.iter().copied().collect::<Vec<_>>().join(", "))
        };
        let rest: Vec<_> = rest.iter().map(named).collect();
        Some(format!("{}, {} (all others)", rest.join(", "), most.0))
    }

    pub(super) fn subjects(&self) -> Vec<&'a str> {
        let mut seen = std::collections::HashSet::new();
        self.cells.iter().map(|cell| cell.0).filter(|subject| seen.insert(*subject)).collect()
    }
}

/// Axes that split a table only if the same place would otherwise be taken twice: they say how a
/// figure was taken, or are the same for each subject. The first set that loses no figure counts.
const LOOSE: [&[&str]; 3] = [&["tasks", "rounds", "workers"], &["tasks", "rounds"], &[]];

/// Groups the cells of one sweep into tables.
pub(super) fn groups<'a>(cells: &[&'a CellRecord], across: Across) -> Vec<Group<'a>> {
    let collides = |group: &Group<'_>| {
        let mut seen = std::collections::HashSet::new();
        group.cells.iter().any(|(subject, column, _)| !seen.insert((*subject, *column)))
    };
    let mut tried = LOOSE.into_iter().map(|loose| arrange(cells, across, loose));
    let lossless = tried.find(|groups| !groups.iter().any(collides));
    lossless.unwrap_or_else(|| arrange(cells, across, &[]))
}

fn arrange<'a>(cells: &[&'a CellRecord], across: Across, loose: &[&str]) -> Vec<Group<'a>> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Group<'a>> = Vec::new();
    for &cell in cells {
        let workload = (across != Across::Workloads).then_some(cell.workload.as_str());
        let metric = (across != Across::Metrics).then_some(cell.metric.as_str());
        let own = |name: &str| matches!(across, Across::Axis(axis) if axis == name);
        let fixed: Vec<(&str, f64)> = cell
            .axes
            .iter()
            .filter(|(name, _)| !own(name) && !loose.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        let place = *places.entry(format!("{workload:?} {metric:?} {fixed:?}")).or_insert_with(|| {
            groups.push(Group { workload, metric, fixed, ..Group::default() });
            groups.len() - 1
        });
        let group = &mut groups[place];
        let head = head(cell, across);
        let column = group.heads.iter().position(|known| *known == head).unwrap_or_else(|| {
            group.heads.push(head);
            group.heads.len() - 1
        });
        group.cells.push((&cell.subject, column, cell));
    }
    for group in &mut groups {
        sort_columns(group);
    }
    groups
}

/// A place on an axis in words: `workers 2`, `gap 100 µs`, `offered load 50 %`.
pub(crate) fn place_in_words(axis: &str, value: f64) -> String {
    let figure = |unit: &str| Quantity { value, low: value, high: value, unit: unit.to_owned() }.figure();
    match axis {
        "gap-us" if value == 0.0 => "no gap".to_owned(),
        "gap-us" => format!("gap {}", figure("us")),
        "load" => format!("offered load {} %", (value * 100.0).round()),
        "injected-ns" => format!("injected {}", figure("ns")),
        _ => format!("{axis} {value}"),
    }
}

fn head(cell: &CellRecord, across: Across) -> Head {
    match across {
        Across::Axis(axis) => match cell.axes.get(axis) {
            Some(value) => Head { axis: Some(*value), text: format!("{axis} {value}") },
            None => Head { axis: None, text: format!("default {axis}") },
        },
        Across::Workloads => Head { axis: None, text: cell.workload.clone() },
        Across::Metrics => Head { axis: None, text: cell.metric.clone() },
    }
}

fn sort_columns(group: &mut Group<'_>) {
    let mut order: Vec<usize> = (0..group.heads.len()).collect();
    let key = |place: &usize| group.heads[*place].axis.unwrap_or(f64::INFINITY);
    order.sort_by(|a, b| key(a).total_cmp(&key(b)));
    group.heads = order.iter().map(|&old| group.heads[old].clone()).collect();
    for cell in &mut group.cells {
        cell.1 = order.iter().position(|&old| old == cell.1).expect("every column has its place");
    }
    group.places = group.cells.iter().map(|&(subject, column, cell)| ((subject, column), cell)).collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::cell;

    #[test]
    fn axes_sort_by_number_and_the_default_comes_last() {
        let mut cells: Vec<_> =
            [16.0, 2.0, 128.0].map(|n| cell("t", "chunksize", "empty", ("chunksize", n), "m", n)).to_vec();
        cells.push(cell("t", "chunksize", "empty", ("tasks", 7.0), "m", 1.0));
        let groups = groups(&cells.iter().collect::<Vec<_>>(), Across::of("chunksize"));
        let heads: Vec<_> = groups[0].heads.iter().map(|head| head.text.as_str()).collect();
        assert_eq!(heads, ["chunksize 2", "chunksize 16", "chunksize 128", "default chunksize"]);
        assert_eq!(groups[0].at("t", 1).map(|cell| cell.value), Some(16.0));
    }

    #[test]
    fn places_are_told_as_people_say_them() {
        let told = [("workers", 2.0), ("gap-us", 0.0), ("gap-us", 1e6), ("load", 0.5), ("chunksize", 16.0)];
        let told = told.map(|(axis, value)| place_in_words(axis, value));
        assert_eq!(told, ["workers 2", "no gap", "gap 1.00 s", "offered load 50 %", "chunksize 16"]);
    }

    #[test]
    fn incidental_axes_split_tables_only_where_figures_would_be_lost() {
        let mut cells: Vec<_> = [1.0, 2.0].map(|n| cell("t", "workers", "empty", ("workers", n), "m", n)).to_vec();
        cells[0].axes.insert("tasks".into(), 10.0);
        cells[1].axes.insert("tasks".into(), 20.0);
        assert_eq!(groups(&cells.iter().collect::<Vec<_>>(), Across::of("workers")).len(), 1);
        cells[1].axes.insert("workers".into(), 1.0);
        assert_eq!(groups(&cells.iter().collect::<Vec<_>>(), Across::of("workers")).len(), 2);
    }

    #[test]
    fn workers_split_a_sweep_over_something_else_only_if_a_subject_has_several() {
        let at = |subject, chunksize, workers| {
            let mut cell = cell(subject, "chunksize", "empty", ("chunksize", chunksize), "m", 1.0);
            cell.axes.insert("workers".into(), workers);
            cell
        };
        let mut cells = vec![at("serial", 1.0, 1.0), at("thread", 1.0, 2.0), at("gil", 1.0, 2.0)];
        let one = groups(&cells.iter().collect::<Vec<_>>(), Across::of("chunksize"));
        assert_eq!((one.len(), one[0].loose("workers")), (1, Some("1 (serial), 2 (all others)".into())));
        cells.push(at("thread", 1.0, 4.0));
        assert_eq!(groups(&cells.iter().collect::<Vec<_>>(), Across::of("chunksize")).len(), 3);
    }

    #[test]
    fn what_sums_a_sweep_up_has_a_table_of_its_own() {
        let cells = [
            cell("t", "chunksize", "empty", ("chunksize", 1.0), "time-per-item", 1.0),
            cell("t", "chunksize", "empty", ("workers", 2.0), "time-per-item", 1.0),
            cell("t", "chunksize", "empty", ("workers", 2.0), "best-chunksize", 1.0),
        ];
        let (along, summary) = along(&cells.iter().collect::<Vec<_>>(), Across::of("chunksize"));
        assert_eq!((along.len(), summary.len(), summary[0].metric.as_str()), (2, 1, "best-chunksize"));
    }
}
