//! What it costs to have an executor at all.
//!
//! Each life opens an executor, gives it one empty task, then as many tasks as it has workers,
//! none of which is answered before all of them run, and closes it:
//!
//! * `start-first`: from before opening to after the first result;
//! * `start-all`: from before opening until all workers have worked at the same time;
//! * `stop`: how long a waiting shutdown of idle workers takes.
//!
//! Behind a driver each step of a life is one message to it and back, which is part of its time.

use super::workers::SERIAL;
use super::{Cells, Definition, Metric, SweepOptions};
use crate::engine::{Arm, Plan, Procedure};
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::time::Duration;

const METRICS: [(&str, Metric); 3] = [
    (Procedure::START_FIRST, Metric { name: Procedure::START_FIRST, unit: "us", better: "lower" }),
    (Procedure::START_ALL, Metric { name: Procedure::START_ALL, unit: "us", better: "lower" }),
    (Procedure::STOP, Metric { name: Procedure::STOP, unit: "us", better: "lower" }),
];

pub(super) struct Lifecycle;

impl Definition for Lifecycle {
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan {
        let spec = RoundSpec { workload: Workload::Empty, tasks: 1, dispatch: Dispatch::Submit, port: 0 };
        let swept = if options.quick { vec![options.one_per_core()] } else { options.ascending() };
        let arms = subjects.iter().enumerate().flat_map(|(subject, address)| {
            let workers = if address == SERIAL { vec![1] } else { swept.clone() };
            workers.into_iter().map(move |workers| Arm { subject, workers, spec })
        });
        Plan {
            rounds: if options.quick { 5 } else { 15 },
            procedure: Procedure::Lives,
            ..options.plan(subjects, arms.collect(), Duration::ZERO)
        }
    }

    fn cells(&self, cells: &mut Cells<'_>) {
        for (arm, _) in cells.arms() {
            for (name, metric) in METRICS {
                cells.of_noted(arm, name, metric, |nanoseconds| nanoseconds / 1e3);
            }
        }
    }
}
