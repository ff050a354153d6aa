//! A chunk costs one round trip, whatever its size; a thread executor has none to count.

use poolproof_executors::{process, registry};
use poolproof_harness::{Dispatch, RoundSpec, Workload, set_worker_arguments};

/// The way back in: this program, started again as a worker.
#[test]
fn worker() {
    process::serve_if_worker();
}

#[test]
fn chunks_are_counted() {
    set_worker_arguments(["--exact", "worker", "--nocapture"]);
    let mut contender = registry::contender("process").expect("it is built in");
    contender.open(2).expect("it opens");
    let mut before = contender.round_trips().expect("it counts");
    for (chunksize, chunks) in [(1, 40), (4, 10), (16, 3), (64, 1)] {
        let dispatch = Dispatch::Map(Some(chunksize));
        let spec = RoundSpec { workload: Workload::Empty, tasks: 40, dispatch, port: 0 };
        contender.round(&spec).expect("it is right");
        let after = contender.round_trips().expect("it counts");
        assert_eq!(after - before, chunks, "40 items in chunks of {chunksize}");
        before = after;
    }
    contender.close();
    assert_eq!(contender.round_trips(), None);
}

#[test]
fn threads_count_nothing() {
    let mut contender = registry::contender("thread").expect("it is built in");
    contender.open(2).expect("it opens");
    assert_eq!(contender.round_trips(), None);
}
