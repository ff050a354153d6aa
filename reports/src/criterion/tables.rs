//! Criterion's benchmarks in comparison tables.

use super::{Collection, Entry};
use crate::tables::{Better, Cell, Column, Quantity, Row, Table, Tone, difference, letters, over};
use poolproof_benches::stats::Conclusion;
use std::collections::{BTreeMap, HashMap};

/// One table for each group, the last run against each saved baseline, and what was left over.
#[must_use]
pub fn tables(found: &Collection) -> Vec<Table> {
    let mut groups: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in found.entries.iter().filter(|entry| entry.state == "new" && !entry.stale) {
        groups.entry(&entry.group).or_default().push(entry);
    }
    let mut tables: Vec<Table> =
        groups.into_iter().enumerate().map(|(n, (name, group))| table(n, name, &group)).collect();
    tables.extend([baselines(found), left_over(found)].into_iter().filter(|table| !table.is_empty()));
    tables
}

/// Contenders by parameters: median, interval, letters, and the ratio to the best of the column.
fn table(number: usize, name: &str, group: &[&Entry]) -> Table {
    let mut values: Vec<&str> = group.iter().map(|entry| entry.value.as_str()).collect();
    let place = |value: &str| value.parse().unwrap_or(f64::INFINITY);
    values.sort_by(|a, b| place(a).total_cmp(&place(b)).then(a.cmp(b)));
    values.dedup();
    let mut columns = vec![Column::left("benchmark")];
    for value in &values {
        let title = if value.is_empty() { "median time" } else { value };
        columns.push(Column::right(title).better(Better::Lower));
        columns.extend((values.len() == 1).then(|| Column::right("over the best").better(Better::Lower)));
    }
    let mut table = Table::new(format!("criterion-{}", number + 1), format!("Criterion: {name}"), columns);
    let mut rows: Vec<(&str, Vec<Cell>)> = Vec::new();
    for (column, value) in values.iter().enumerate() {
        let entries: Vec<&&Entry> = group.iter().filter(|entry| entry.value == *value).collect();
        let figures: Vec<Quantity> = entries.iter().map(|entry| entry.median.clone()).collect();
        let best = figures.iter().min_by(|a, b| a.value.total_cmp(&b.value));
        for (entry, letters) in entries.iter().zip(letters(&figures, Better::Lower)) {
            let cell = Cell::quantity(entry.median.clone()).mark(letters);
            let row = rows.iter().position(|row| row.0 == entry.contender()).unwrap_or_else(|| {
                rows.push((entry.contender(), vec![Cell::nothing(); table.columns.len() - 1]));
                rows.len() - 1
            });
            rows[row].1[column] = cell;
            if values.len() == 1
                && let Some(ratio) = best.and_then(|best| over(&entry.median, best))
            {
                let exact = Quantity { low: 1.0, high: 1.0, ..ratio.clone() };
                rows[row].1[1] = Cell::quantity(if best == Some(&entry.median) { exact } else { ratio });
            }
        }
    }
    for (contender, cells) in rows {
        let cells = std::iter::once(Cell::code(contender)).chain(cells).collect();
        table.push(Row::new(cells).subject(contender));
    }
    let confidence = group.first().map_or(0.95, |entry| entry.confidence) * 100.0;
    table.note(format!(
        "Medians with criterion's own {confidence} % intervals, from one process each: those that share a letter cannot be \
         told apart. Criterion measures one benchmark after the other, so what the machine did meanwhile counts as difference."
    ));
    table
}

/// The last run over each saved baseline.
fn baselines(found: &Collection) -> Table {
    let columns = vec![
        Column::left("benchmark"),
        Column::left("baseline"),
        Column::right("before"),
        Column::right("now"),
        Column::right("now over before").better(Better::Lower),
        Column::left("verdict"),
    ];
    let mut table = Table::new("criterion-baselines", "Criterion: the last run against saved baselines", columns);
    let now: HashMap<&str, &Entry> = found
        .entries
        .iter()
        .filter(|entry| entry.state == "new" && !entry.stale)
        .map(|entry| (entry.id.as_str(), entry))
        .collect();
    for before in found.entries.iter().filter(|entry| entry.state != "new") {
        let Some(entry) = now.get(before.id.as_str()) else { continue };
        let Some(ratio) = over(&entry.median, &before.median) else { continue };
        let conclusion = difference(&ratio, 0.0).map_or(Conclusion::Unclear, |found| found.0);
        let tone = match conclusion {
            Conclusion::Faster => Tone::Good,
            Conclusion::Slower => Tone::Bad,
            Conclusion::Equivalent | Conclusion::Unclear => Tone::Plain,
        };
        table.push(Row::new(vec![
            Cell::code(&entry.id),
            Cell::text(&before.state),
            Cell::quantity(before.median.clone()),
            Cell::quantity(entry.median.clone()),
            Cell::quantity(ratio),
            Cell::text(conclusion.to_string()).tone(tone),
        ]));
    }
    table.note("equivalent: within 5 %; faster, slower: the interval excludes 1 and the ratio lies beyond 5 %; else unclear. `base` is the run before the last.");
    table
}

fn left_over(found: &Collection) -> Table {
    let columns = vec![Column::left("benchmark"), Column::right("median time"), Column::right("older by")];
    let mut table = Table::new("criterion-stale", "Criterion: left over from an earlier run, not compared", columns);
    let newest = found.entries.iter().filter(|entry| !entry.stale).filter_map(|entry| entry.written).max();
    for entry in found.entries.iter().filter(|entry| entry.stale) {
        let age = newest.zip(entry.written).and_then(|(newest, written)| newest.duration_since(written).ok());
        let hours = age.map_or_else(Cell::nothing, |age| Cell::text(format!("{:.1} h", age.as_secs_f64() / 3600.0)));
        table.push(Row::new(vec![Cell::code(&entry.id), Cell::quantity(entry.median.clone()), hours]));
    }
    table.note("Criterion deletes nothing: these were not measured by the last `cargo bench`. Remove their directories to forget them.");
    table
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use crate::golden;
    use crate::samples::HOSTILE;
    use crate::tables::render;
    use std::fs;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    /// Files as criterion 0.8 writes them.
    fn current(home: &Path, state: &str, (group, function, value): (&str, &str, &str), median: f64) {
        let parts = [group, function, value];
        let directory = parts.iter().filter(|part| !part.is_empty()).fold(home.to_owned(), |path, part| {
            path.join(part.chars().filter(|c| c.is_alphanumeric()).take(20).collect::<String>())
        });
        let directory = directory.join(state);
        fs::create_dir_all(&directory).expect("a directory");
        let estimate = serde_json::json!({
            "confidence_interval": {"confidence_level": 0.95, "lower_bound": median * 0.98, "upper_bound": median * 1.02},
            "point_estimate": median, "standard_error": 1.0
        });
        let estimates = serde_json::json!({"mean": estimate, "median": estimate, "slope": null});
        let id = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
        let null = |text: &str| if text.is_empty() { serde_json::Value::Null } else { text.into() };
        let (function, value) = (null(function), null(value));
        let benchmark = serde_json::json!({
            "group_id": group, "function_id": function, "value_str": value, "throughput": {"Elements": 1000},
            "full_id": id, "directory_name": "x", "title": id
        });
        fs::write(directory.join("estimates.json"), estimates.to_string()).expect("a file");
        fs::write(directory.join("benchmark.json"), benchmark.to_string()).expect("a file");
        fs::write(directory.join("sample.json"), r#"{"sampling_mode":"Flat","iters":[1.0,1.0,1.0],"times":[1,2,3]}"#)
            .expect("a file");
    }

    /// Files as criterion 0.3 wrote them, and 0.1 before it.
    fn older(home: &Path, path: &str, median: f64, benchmark: Option<&str>) {
        let directory = home.join(path).join("new");
        fs::create_dir_all(&directory).expect("a directory");
        let estimates = format!(
            r#"{{"Mean":{{}},"Median":{{"confidence_interval":{{"confidence_level":0.95,"lower_bound":{},"upper_bound":{}}},"point_estimate":{median},"standard_error":1.5}}}}"#,
            median * 0.9,
            median * 1.1
        );
        fs::write(directory.join("estimates.json"), estimates).expect("a file");
        fs::write(directory.join("sample.json"), "[[1.0,2.0],[10.0,20.0]]").expect("a file");
        if let Some(benchmark) = benchmark {
            fs::write(directory.join("benchmark.json"), benchmark).expect("a file");
        }
    }

    #[test]
    fn current_and_older_layouts_become_the_same_tables() {
        let home = tempfile::tempdir().expect("a directory");
        for (value, factor) in [("10", 1.0), ("100", 9.0), ("9", 0.9)] {
            current(home.path(), "new", ("sort", "quick", value), 100.0 * factor);
            current(home.path(), "new", ("sort", "merge", value), 101.0 * factor);
        }
        current(home.path(), "base", ("sort", "quick", "10"), 200.0);
        current(home.path(), "change", ("sort", "quick", "10"), 0.5);
        older(home.path(), "hash/sip", 50.0, Some(r#"{"group_id":"hash","function_id":"sip","value_str":null}"#));
        older(home.path(), "hash/fnv", 20.0, None);
        let found = read(home.path()).expect("benchmarks");
        assert_eq!((found.entries.len(), found.damage.len()), (9, 0));
        assert_eq!(found.entries.iter().map(|entry| entry.samples).max(), Some(3));
        assert_eq!(found.cells().len(), 8);
        let text: String = tables(&found).iter().map(|table| render::markdown(table, 3)).collect();
        golden::check("criterion.md", &text);
    }

    #[test]
    fn what_was_not_measured_again_is_left_over() {
        let home = tempfile::tempdir().expect("a directory");
        current(home.path(), "new", ("g", "gone", ""), 10.0);
        current(home.path(), "new", ("g", "here", ""), 20.0);
        let old = fs::File::options().write(true).open(home.path().join("g/gone/new/estimates.json")).expect("a file");
        old.set_modified(SystemTime::now() - Duration::from_secs(7_200)).expect("its time");
        let found = read(home.path()).expect("benchmarks");
        let stale: Vec<_> = found.entries.iter().filter(|entry| entry.stale).map(|entry| entry.id.as_str()).collect();
        assert_eq!(stale, ["g/gone"]);
        let shown = tables(&found);
        assert_eq!((shown[0].rows.len(), shown[1].id.as_str(), shown[1].rows.len()), (1, "criterion-stale", 1));
    }

    #[test]
    fn damage_is_named_and_everything_else_used() {
        let home = tempfile::tempdir().expect("a directory");
        current(home.path(), "new", ("g", "whole", ""), 10.0);
        for (name, text) in [("cut", "{\"median\":"), ("empty", "{}"), ("nan", r#"{"median":{"point_estimate":"x"}}"#)]
        {
            current(home.path(), "new", ("g", name, ""), 10.0);
            fs::write(home.path().join(format!("g/{name}/new/estimates.json")), text).expect("a file");
        }
        let found = read(home.path()).expect("benchmarks");
        assert_eq!((found.entries.len(), found.damage.len()), (1, 3));
        assert!(
            found.damage[0].contains("cut/new/estimates.json") && found.damage[0].contains("line 1"),
            "{:?}",
            found.damage
        );
        let nothing = tempfile::tempdir().expect("a directory");
        assert!(read(nothing.path()).expect_err("nothing there").to_string().contains("target/criterion"));
    }

    #[test]
    fn hostile_ids_break_no_table() {
        let shown = |name: &str| -> String {
            let home = tempfile::tempdir().expect("a directory");
            current(home.path(), "new", (name, name, name), 10.0);
            current(home.path(), "base", (name, name, name), 20.0);
            let found = read(home.path()).expect("benchmarks");
            tables(&found).iter().map(|table| render::markdown(table, 3)).collect()
        };
        let (hostile, harmless) = (shown(HOSTILE), shown("harmless"));
        assert!(
            !hostile.contains('\u{1b}') && !hostile.contains('\u{202e}') && hostile.contains("faster"),
            "{hostile}"
        );
        assert_eq!(hostile.lines().count(), harmless.lines().count(), "{hostile}");
        assert!(shown(&"x".repeat(1 << 20)).len() < 20_000);
    }
}
