//! Decides MAP: applying a task to every item of an input.

mod chunks;
mod ending;
mod input;
mod order;

pub(crate) use chunks::{map_016, map_017, map_018, map_019, map_020, map_031};
pub(crate) use ending::{map_006, map_007, map_008, map_009, map_010, map_011};
pub(crate) use input::{map_003, map_014, map_015, map_021, map_032};
pub(crate) use order::{map_001, map_002, map_004, map_005};

use crate::trial::{CheckResult, ProbeBuilder, Trial};
use poolproof_harness::{Capability, MapOptions, QueuePolicy, Value};

/// One item at a time, whatever the executor's own choice is.
fn one_by_one(trial: &Trial<'_>) -> MapOptions {
    MapOptions { chunksize: trial.profile().has(Capability::Chunksize).then_some(1), ..MapOptions::default() }
}

/// Ends the check where submitting `items` items at once may be refused.
fn needs_places(trial: &Trial<'_>, items: usize) -> CheckResult {
    if matches!(trial.profile().queue, QueuePolicy::Refuses(_)) { trial.needs_room(items) } else { Ok(()) }
}

fn labels(probes: &[ProbeBuilder]) -> Vec<u32> {
    probes.iter().map(ProbeBuilder::label).collect()
}

/// What probes with these labels return.
fn values(labels: &[u32]) -> Vec<Value> {
    labels.iter().map(|&label| Value::Int(i64::from(label))).collect()
}
