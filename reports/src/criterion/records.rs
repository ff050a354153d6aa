//! Criterion's benchmarks as records, for whoever reads those.

use super::{Collection, Entry};
use poolproof_harness::record::{CellRecord, SCHEMA};
use std::collections::BTreeMap;

impl Collection {
    /// The last run's benchmarks as measurements: the contender as subject, group and parameter as
    /// workload.
    #[must_use]
    pub fn cells(&self) -> Vec<CellRecord> {
        self.entries.iter().filter(|entry| entry.state == "new" && !entry.stale).map(cell).collect()
    }
}

fn cell(entry: &Entry) -> CellRecord {
    let workload =
        if entry.value.is_empty() { entry.group.clone() } else { format!("{}/{}", entry.group, entry.value) };
    CellRecord {
        schema: SCHEMA,
        subject: entry.contender().to_owned(),
        sweep: "criterion".to_owned(),
        workload,
        axes: BTreeMap::new(),
        metric: "median-time".to_owned(),
        unit: entry.median.unit.clone(),
        better: "lower".to_owned(),
        value: entry.median.value,
        low: entry.median.low,
        high: entry.median.high,
        confidence: entry.confidence,
        launches: 1,
        samples: entry.samples,
        taint: None,
    }
}
