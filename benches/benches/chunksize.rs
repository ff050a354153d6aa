//! Which chunksize: a map over 512 items of 10 us on 2 workers, threads beside processes.

mod common;

use common::{Point, SUBJECTS};
use poolproof_harness::{Dispatch, RoundSpec, Workload};

fn main() {
    common::serve_if_worker();
    let points: Vec<Point> = SUBJECTS
        .iter()
        .filter(|&&address| address != "serial")
        .flat_map(|&address| {
            [1, 4, 16, 64].map(|chunksize| {
                let dispatch = Dispatch::Map(Some(chunksize));
                let spec = RoundSpec { workload: Workload::Cpu(10), tasks: 512, dispatch, port: 0 };
                Point { address, workers: 2, spec, axes: vec![("chunksize", chunksize.to_string())] }
            })
        })
        .collect();
    common::run("chunksize", &points);
}
