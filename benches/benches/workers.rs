//! How many workers: 64 tasks of 100 us by number of workers.

mod common;

use common::{Point, SUBJECTS};
use poolproof_harness::{Dispatch, RoundSpec, Workload};

fn main() {
    common::serve_if_worker();
    let spec = RoundSpec { workload: Workload::Cpu(100), tasks: 64, dispatch: Dispatch::Submit, port: 0 };
    let points: Vec<Point> = SUBJECTS
        .iter()
        .flat_map(|&address| {
            let workers: &[usize] = if address == "serial" { &[1] } else { &[1, 2, 4] };
            workers.iter().map(move |&workers| Point { address, workers, spec, axes: Vec::new() })
        })
        .collect();
    common::run("workers", &points);
}
