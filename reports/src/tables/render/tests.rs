//! Every renderer on every table: what a complete run looks like, and what hostile text cannot do.

use super::{Screen, csv, json, markdown, terminal};
use crate::golden;
use crate::run::Run;
use crate::samples::{HOSTILE, hostile, kill, records};
use crate::tables::{self, Standings, Table};
use poolproof_harness::record::Record;

fn all(run: &Run) -> Vec<Table> {
    let standings = Standings::of(run);
    let mut all = vec![
        tables::subjects(&run.subjects),
        tables::matrix(&standings),
        tables::counts(&standings),
        tables::failures(run),
        tables::by_requirement(&standings),
        tables::requirements(&run.requirements),
        tables::profiles(&run.subjects, &run.policies),
        tables::profile(&run.policies),
    ];
    all.extend(tables::sweeps(run, &standings, None));
    all.extend([
        tables::holes(&run.holes),
        tables::cells(&run.cells),
        tables::claims(&run.claims),
        tables::experiments(&run.experiments),
        tables::comparisons(&run.comparisons, &standings),
        tables::kill_matrix(&run.kills),
        tables::trust(run),
        tables::damage(&run.damage),
    ]);
    all
}

fn sample() -> Run {
    let mut records = records();
    records.push(Record::Kill(kill()));
    let mut run = Run::of(records);
    run.record = Some(crate::samples::invocation());
    run
}

fn rendered(render: impl Fn(&Table) -> String) -> String {
    all(&sample()).iter().map(render).collect::<Vec<_>>().join("\n")
}

#[test]
fn terminal_is_as_it_was() {
    golden::check("tables-100.txt", &rendered(|table| terminal(table, Screen::plain(100))));
    golden::check("tables-60.txt", &rendered(|table| terminal(table, Screen::plain(60))));
}

#[test]
fn markdown_is_as_it_was() {
    golden::check("tables.md", &rendered(|table| markdown(table, 3)));
}

#[test]
fn csv_is_as_it_was() {
    golden::check("tables.csv", &rendered(csv));
}

#[test]
fn json_is_as_it_was() {
    golden::check("tables.json", &rendered(|table| format!("{}\n", json(table))));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 100, 200] {
        for table in all(&sample()) {
            for line in terminal(&table, Screen::plain(width)).lines().skip(1) {
                let size = tabled::grid::util::string::get_text_width(line);
                assert!(size <= width, "{size} > {width}: {line}");
            }
        }
    }
}

#[test]
fn colours_are_there_only_where_they_are_wanted() {
    let table = &all(&sample())[1];
    assert!(!terminal(table, Screen::plain(100)).contains('\u{1b}'));
    assert!(terminal(table, Screen { width: 100, colour: true }).contains("\u{1b}[32m"));
}

#[test]
fn hostile_text_breaks_no_format() {
    let long = "x".repeat(1 << 20);
    for text in [HOSTILE, long.as_str(), "", "\n\n", "`|`|`"] {
        let run = Run::of(hostile(text));
        for table in all(&run) {
            let shown = terminal(&table, Screen::plain(80));
            assert!(!shown.contains(|c: char| c.is_control() && c != '\n') && !shown.contains('\u{202e}'), "{shown}");
            let columns = table.columns.len();
            for line in markdown(&table, 2).lines().filter(|line| line.starts_with("| ")) {
                let bars = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
                assert_eq!(bars, columns + 1, "{line}");
                let outside_code: String = line.split("``").step_by(2).collect();
                assert!(!outside_code.contains("<script"), "{line}");
            }
            let written = csv(&table);
            let mut reader = ::csv::Reader::from_reader(written.as_bytes());
            assert_eq!(reader.records().filter(Result::is_ok).count(), table.rows.len(), "{written}");
            assert!(!written.lines().any(|line| line.starts_with('=')), "{written}");
            let value: serde_json::Value = serde_json::from_str(&json(&table).to_string()).expect("it is JSON");
            assert_eq!(value["rows"].as_array().map(Vec::len), Some(table.rows.len()));
        }
    }
}
