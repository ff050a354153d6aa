//! Threads or processes: what more workers bring to tasks that compute and to tasks that block.
//!
//! `speed-up` is `T(1) / T(W)` of the same executor and the same workload, as in the `workers`
//! sweep; `throughput` is `1 / T(W)`. The socket's server answers after [`LATENCY`].

use super::workers::SERIAL;
use super::{Cells, Definition, Metric, SweepOptions};
use crate::engine::{Arm, Plan};
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::time::Duration;

/// How long the socket's server waits before it answers.
const LATENCY: Duration = Duration::from_millis(1);

/// Computing, then blocking in three ways; each task takes about a millisecond, the file's less.
const WORKLOADS: [Workload; 4] = [Workload::Cpu(1000), Workload::Sleep(1000), Workload::Socket(1), Workload::File(256)];

/// In full also what lies between the two, what computes outside of an interpreter lock, what the
/// memory bounds, and system calls that do not wait.
const MORE: [Workload; 5] =
    [Workload::Cpu90(1000), Workload::Io90(1000), Workload::Hash(512), Workload::Memory(4096), Workload::Pipe(500)];

const THROUGHPUT: Metric = Metric { name: "throughput", unit: "tasks/s", better: "higher" };
const SPEED_UP: Metric = Metric { name: "speed-up", unit: "x", better: "higher" };

pub(super) struct IoCpu;

impl Definition for IoCpu {
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan {
        let round = Duration::from_millis(if options.quick { 12 } else { 48 });
        let swept = if options.quick { vec![1, options.most()] } else { options.with_one() };
        let mut arms = Vec::new();
        for (subject, address) in subjects.iter().enumerate() {
            let mut workers = if address == SERIAL { vec![1] } else { swept.clone() };
            workers.dedup();
            let more = MORE.into_iter().filter(|_| !options.quick);
            for workload in WORKLOADS.into_iter().chain(more) {
                let tasks = Plan::tasks_for(workload, round, LATENCY);
                let spec = RoundSpec { workload, tasks, dispatch: Dispatch::Submit, port: 0 };
                arms.extend(workers.iter().map(|&workers| Arm { subject, workers, spec }));
            }
        }
        Plan { latency: LATENCY, ..options.plan(subjects, arms, round) }
    }

    fn cells(&self, cells: &mut Cells<'_>) {
        for (arm, Arm { subject, workers, spec }) in cells.arms() {
            cells.of_time(arm, THROUGHPUT, |nanoseconds| 1e9 / nanoseconds);
            if workers > 1
                && let Some(one) = cells.find(subject, spec.workload, 1)
            {
                cells.speed_up(arm, one, SPEED_UP);
            }
        }
    }
}
