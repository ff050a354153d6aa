//! How many workers: throughput and speed-up by number of workers.
//!
//! With `T(W)` the time per task on W workers and `T(serial)` that of the executor `serial`:
//!
//! * `throughput` = `1 / T(W)`, tasks/s;
//! * `speed-up` = `T(1) / T(W)`: what more workers of the same executor bring;
//! * `speed-up-over-serial` = `T(serial) / T(W)`: what the executor brings over having none. It
//!   needs `serial` among the subjects;
//! * `work-inflation` = `T(1) / T(serial)`: what one worker takes longer than no executor at all;
//! * `cpu-per-task`: processor time of all processes of the subject over a round / its number of tasks. What it is
//!   more than the task's own computing is what the executor spends;
//! * `contention`, `coherence`, `peak-workers`: what the curve says of more workers than there are
//!   cores here, see [`scalability`](crate::stats::scalability()). Not in quick mode.

use super::{Cells, Definition, Metric, SweepOptions, scaling};
use crate::engine::{Arm, Plan, Procedure};
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::time::Duration;

/// The executor without workers: it has one number of workers, and is everybody's reference.
pub(super) const SERIAL: &str = "serial";

const THROUGHPUT: Metric = Metric { name: "throughput", unit: "tasks/s", better: "higher" };
const SPEED_UP: Metric = Metric { name: "speed-up", unit: "x", better: "higher" };
const INFLATION: Metric = Metric { name: "work-inflation", unit: "x", better: "lower" };
const CPU_PER_TASK: Metric = Metric { name: Procedure::CPU_PER_TASK, unit: "ns", better: "lower" };
const OVER_SERIAL: Metric = Metric { name: "speed-up-over-serial", unit: "x", better: "higher" };

pub(super) struct Workers;

impl Definition for Workers {
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan {
        let round = Duration::from_millis(if options.quick { 16 } else { 40 });
        let workloads: &[Workload] =
            if options.quick { &[Workload::Cpu(100)] } else { &[Workload::Cpu(100), Workload::Empty] };
        let mut arms = Vec::new();
        for (subject, address) in subjects.iter().enumerate() {
            let workers = if address == SERIAL { vec![1] } else { options.with_one() };
            for &workload in workloads {
                let tasks = Plan::tasks_for(workload, round, Duration::ZERO);
                let spec = RoundSpec { workload, tasks, dispatch: Dispatch::Submit, port: 0 };
                arms.extend(workers.iter().map(|&workers| Arm { subject, workers, spec }));
            }
        }
        Plan { procedure: Procedure::RoundsWithCpu, ..options.plan(subjects, arms, round) }
    }

    fn cells(&self, cells: &mut Cells<'_>) {
        let serial = cells.subjects().find(|&subject| cells.address(subject) == SERIAL);
        for (arm, Arm { subject, workers, spec }) in cells.arms() {
            cells.of_time(arm, THROUGHPUT, |nanoseconds| 1e9 / nanoseconds);
            cells.of_noted(arm, Procedure::CPU_PER_TASK, CPU_PER_TASK, |nanoseconds| nanoseconds);
            if Some(subject) == serial {
                continue;
            }
            if workers > 1
                && let Some(one) = cells.find(subject, spec.workload, 1)
            {
                cells.speed_up(arm, one, SPEED_UP);
            }
            if let Some(serial) = serial.and_then(|serial| cells.find(serial, spec.workload, 1)) {
                cells.speed_up(arm, serial, OVER_SERIAL);
                if workers == 1 {
                    cells.slow_down(arm, serial, INFLATION);
                }
            }
        }
        if cells.in_depth() {
            scaling::cells(cells, Workload::Cpu(100));
        }
    }
}
