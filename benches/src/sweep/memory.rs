//! How much memory workers and pending tasks take.
//!
//! Memory is the proportional set size, without pages of files, of all processes of the subject, seen from outside, so
//! threads, worker processes and interpreters are measured alike. With `M` before the executor is
//! opened, `M(W)` when all of `W` workers have worked, and `M(N)` when `N` empty tasks are pending
//! behind workers that are held, their futures kept:
//!
//! * `memory-per-worker` = `(M(W) - M) / W`;
//! * `memory-per-pending-task` = `(M(N) - M(W)) / N`.
//!
//! An executor whose number of workers limits nothing has no task pending: its second figure is
//! what a done task and its future keep. Each launch is a fresh process and gives one figure: memory that an allocator keeps for later
//! would hide what the next look should see.

use super::workers::SERIAL;
use super::{Cells, Definition, Metric, SweepOptions};
use crate::engine::{Arm, Plan, Procedure};
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::time::Duration;

const PER_WORKER: Metric = Metric { name: Procedure::PER_WORKER, unit: "KiB", better: "lower" };
const PER_TASK: Metric = Metric { name: Procedure::PER_TASK, unit: "B", better: "lower" };

pub(super) struct Memory;

impl Definition for Memory {
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan {
        let tasks = if options.quick { 10_000 } else { 50_000 };
        let workers = options.one_per_core();
        let dispatch = Dispatch::Held(workers as u64);
        let spec = RoundSpec { workload: Workload::Empty, tasks, dispatch, port: 0 };
        // Who runs a task at submit has none pending.
        let pools = subjects.iter().enumerate().filter(|(_, address)| *address != SERIAL);
        Plan {
            rounds: 1,
            procedure: Procedure::Memory,
            ..options.plan(subjects, pools.map(|(subject, _)| Arm { subject, workers, spec }).collect(), Duration::ZERO)
        }
    }

    fn cells(&self, cells: &mut Cells<'_>) {
        for (arm, _) in cells.arms() {
            cells.of_noted(arm, Procedure::PER_WORKER, PER_WORKER, |bytes| bytes / 1024.0);
            cells.of_noted(arm, Procedure::PER_TASK, PER_TASK, |bytes| bytes);
        }
    }
}
