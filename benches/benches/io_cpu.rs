//! Threads or processes: tasks that compute and tasks that block, on 1 worker and on 4.

mod common;

use common::{Point, SUBJECTS};
use poolproof_benches::engine::EchoServer;
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::time::Duration;

fn main() {
    common::serve_if_worker();
    let server = match EchoServer::start(Duration::from_millis(1)) {
        Ok(server) => server,
        Err(error) => return eprintln!("io_cpu: the loopback interface cannot be used: {error}"),
    };
    let workloads = [Workload::Cpu(1000), Workload::Sleep(1000), Workload::Socket(1), Workload::File(256)];
    let mut points = Vec::new();
    for address in SUBJECTS {
        let workers: &[usize] = if address == "serial" { &[1] } else { &[1, 4] };
        for workload in workloads {
            let spec = RoundSpec { workload, tasks: 16, dispatch: Dispatch::Submit, port: server.port() };
            points.extend(workers.iter().map(|&workers| Point { address, workers, spec, axes: Vec::new() }));
        }
    }
    common::run("io-cpu", &points);
}
