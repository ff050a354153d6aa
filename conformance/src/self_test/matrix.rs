//! The kill matrix as a document.

use crate::{Area, broken};
use poolproof_harness::record::KillRecord;
use std::fmt::Write;

/// The kill matrix in Markdown, in the order of the catalogue, whatever the order of the records.
#[must_use]
pub fn kill_matrix_markdown(records: &[KillRecord]) -> String {
    let mut text = String::from(
        "# Kill matrix\n\n\
         Every broken executor is a correct one with one seeded defect; at least one of the requirements that it \
         breaks must catch it. Difficulty: A always, G with gates, S depends on the schedule, F when \
         something fails. Rare ones are not listed: `self-test --soak TIME` measures how often they are caught.\n",
    );
    let caught = records.iter().filter(|record| record.caught).count();
    let _ = writeln!(text, "\n{caught} of {} broken executors are caught.", records.len());
    for area in Area::ALL {
        let of_area = || broken::all().iter().filter(|broken| broken.area == area);
        let rows: Vec<_> = of_area().filter_map(|broken| Some((broken, record_of(records, broken.name)?))).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n## {}: {}\n", area.code(), area.title());
        text.push_str("| broken executor | area | difficulty | defect | caught by one of |\n|---|---|---|---|---|\n");
        for (broken, record) in rows {
            // Where several requirements are broken, which of them notice first may depend on the schedule;
            // the document names those of which one must, and one did.
            let by = if record.caught { record.expected.join(", ") } else { "**nothing**".to_owned() };
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} ({}) | {by} |",
                broken.name, record.area, record.difficulty, broken.defect, broken.source
            );
        }
    }
    text
}

fn record_of<'r>(records: &'r [KillRecord], name: &str) -> Option<&'r KillRecord> {
    records.iter().find(|record| record.broken == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use poolproof_harness::record::SCHEMA;

    fn record(name: &str) -> KillRecord {
        let broken = broken::all().iter().find(|broken| broken.name == name).expect("it is in the catalogue");
        KillRecord {
            schema: SCHEMA,
            broken: name.to_owned(),
            area: broken.area.code().to_owned(),
            difficulty: broken.difficulty.letter().to_owned(),
            expected: vec!["MAP-001".to_owned()],
            caught_by: vec!["MAP-001".to_owned()],
            caught: true,
            soak: None,
        }
    }

    #[test]
    fn the_order_of_the_records_does_not_matter() {
        let (map, submit) = (record("map-in-completion-order"), record("submit-waits"));
        let one = kill_matrix_markdown(&[map.clone(), submit.clone()]);
        assert_eq!(one, kill_matrix_markdown(&[submit, map]));
        assert!(one.find("submit-waits") < one.find("map-in-completion-order"), "areas come in their order");
    }
}
