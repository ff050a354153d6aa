//! Rounds: measured and verified inside the driver.

use crate::scene::standard;
use poolproof_executors::registry;
use poolproof_harness::{Dispatch, RoundError, RoundSpec, Workload};
use std::io::{Read, Write};
use std::net::TcpListener;

/// Echoes every byte of every connection, for as long as the test runs.
fn echo_server() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut byte = [0];
            while stream.read_exact(&mut byte).is_ok() && stream.write_all(&byte).is_ok() {}
        }
    });
    port
}

const LAWS: &[&str] =
    &["exponential-20us", "bimodal-20us", "pareto-20us", "ascending-20us", "descending-20us", "cyclic-20us"];

#[test]
fn every_workload_is_dispatched_every_way() {
    for address in standard() {
        let port = echo_server();
        let mut contender = registry::contender(address).unwrap();
        contender.open(2).unwrap();
        let workloads =
            [Workload::Empty, Workload::Cpu(50), Workload::Sleep(50), Workload::Socket(2), Workload::File(4)];
        for workload in workloads {
            for dispatch in [Dispatch::Submit, Dispatch::Map(None), Dispatch::Map(Some(3)), Dispatch::OneByOne] {
                let round = contender.round(&RoundSpec { workload, tasks: 10, dispatch, port }).unwrap();
                let trips = if dispatch == Dispatch::OneByOne { 10 } else { 0 };
                assert_eq!(round.trips_ns.len(), trips);
                assert!(round.trips_ns.iter().sum::<u64>() <= round.elapsed_ns && round.elapsed_ns > 0);
            }
        }
        for more in ["pipe-3", "hash-4KiB", "memory-4KiB", "io90-50us", "cpu90-50us"].iter().chain(LAWS) {
            let workload = more.parse().unwrap();
            let spec = RoundSpec { workload, tasks: 10, dispatch: Dispatch::Map(None), port };
            assert!(contender.round(&spec).unwrap().elapsed_ns > 0, "{more}");
        }
        // A round whose tasks fail has no figure.
        let nowhere = RoundSpec { workload: Workload::Socket(1), tasks: 1, dispatch: Dispatch::Submit, port: 1 };
        let refused = contender.round(&nowhere);
        assert!(matches!(&refused, Err(RoundError::Wrong(what)) if what.contains("Refused")), "{refused:?}");
        contender.close();
        assert!(matches!(contender.round(&nowhere), Err(RoundError::Died(_))));
    }
}

#[test]
fn an_executor_that_loses_or_changes_results_has_no_figure() {
    if standard().is_empty() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let module = "
import concurrent.futures

class Loses(concurrent.futures.ThreadPoolExecutor):
    def map(self, *arguments, **keywords):
        return list(super().map(*arguments, **keywords))[1:]

class Swaps(concurrent.futures.ThreadPoolExecutor):
    def submit(self, function, number, *arguments):
        return super().submit(function, number ^ 1, *arguments)
";
    std::fs::write(directory.path().join("liars.py"), module).unwrap();
    let interpreter = crate::scene::with_python_path(directory.path());
    for (factory, dispatch, what) in
        [("Loses", Dispatch::Map(None), "3 results for 4 tasks"), ("Swaps", Dispatch::Submit, "task 0 answered")]
    {
        let address = format!("python@{}:liars:{factory}", interpreter.display());
        let mut contender = registry::contender(&address).unwrap();
        contender.open(2).unwrap();
        let spec = RoundSpec { workload: Workload::Empty, tasks: 4, dispatch, port: 0 };
        let error = contender.round(&spec).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
}
