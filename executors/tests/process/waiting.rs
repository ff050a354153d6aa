//! Threads that wait without a limit: they sleep in the place of a link, and what else happens still reaches them.

use crate::support::{House, PATIENCE, alone, open, outcome, pid, signal, until};
use poolproof_harness::{CellFuture, Executor, Failure, Future, Gate, Outcome, Shutdown, Value};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

/// The threads of this process with that name, as files under `/proc`.
fn threads(name: &str) -> Vec<PathBuf> {
    let tasks = fs::read_dir("/proc/self/task").expect("/proc").flatten().map(|task| task.path());
    let is_called = |task: &PathBuf| fs::read_to_string(task.join("comm")).is_ok_and(|found| found.trim() == name);
    tasks.filter(is_called).collect()
}

fn status(thread: &Path, what: &str) -> String {
    let text = fs::read_to_string(thread.join("status")).unwrap_or_default();
    let found = text.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    found.unwrap_or_default().trim().to_owned()
}

/// The only thread with that name, once it sleeps.
fn asleep(name: &str) -> PathBuf {
    let mut found = None;
    until("the thread sleeps", || {
        found = threads(name).pop().filter(|thread| status(thread, "State").starts_with('S'));
        found.is_some()
    });
    found.expect("it was found")
}

/// Waits for the future in a thread of its own, which sleeps when this returns.
fn wait_aside(future: CellFuture<Value>) -> Receiver<Outcome<Value>> {
    let (said, heard) = channel();
    let wait = move || said.send(future.result(None).expect("there is no limit")).expect("the test waits for it");
    std::thread::Builder::new().name("waits".to_owned()).spawn(wait).expect("a thread");
    asleep("waits");
    heard
}

fn hear(heard: &Receiver<Outcome<Value>>) -> Outcome<Value> {
    let said = heard.recv_timeout(PATIENCE.nominal()).expect("who waits is woken in time");
    until("the thread that waited ends", || threads("waits").is_empty());
    said
}

#[test]
fn the_worker_wakes_who_waits_and_not_its_link() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    outcome(&executor.submit(house.echo(0)).unwrap()).unwrap();
    for label in 1..20 {
        let link = asleep("process-link");
        let gate = house.gates.gate();
        let heard = wait_aside(executor.submit(house.pass(label, &gate)).unwrap());
        assert!(gate.await_arrivals(1, PATIENCE));
        let sleeps = status(&link, "voluntary_ctxt_switches");
        gate.open();
        assert_eq!(hear(&heard), Ok(Value::Int(label.into())));
        assert_eq!(status(&link, "voluntary_ctxt_switches"), sleeps, "the link was woken");
    }
}

#[test]
fn who_sleeps_for_a_task_learns_that_its_worker_died() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    for label in 1..10 {
        let worker = pid(&outcome(&executor.submit(house.who(0)).unwrap()));
        asleep("process-link");
        let gate = house.gates.gate();
        let heard = wait_aside(executor.submit(house.pass(label, &gate)).unwrap());
        assert!(gate.await_arrivals(1, PATIENCE));
        signal(worker, libc::SIGKILL);
        match hear(&heard) {
            Err(Failure::Broken(reason)) => assert!(reason.contains("SIGKILL"), "{reason}"),
            other => panic!("its worker was killed, and not {other:?}"),
        }
    }
}

#[test]
fn who_sleeps_for_a_task_is_woken_when_another_worker_has_run_it() {
    let _alone = alone();
    let mut waited = 0;
    while waited < 10 {
        let (house, executor) = (House::new(), open(2));
        let plugs = [house.gates.gate(), house.gates.gate()];
        // So many that their workers are known to be fast, and get more than one at a time.
        let fast: Vec<_> = (10_000..13_000).map(|label| executor.submit(House::bare(label)).unwrap()).collect();
        let stop = |(label, plug): (u32, &Gate)| executor.submit(house.pass(label, plug)).unwrap();
        let stopped: Vec<_> = (1..).zip(&plugs).map(stop).collect();
        let behind = executor.submit(house.echo(3)).unwrap();
        for plug in &plugs {
            assert!(plug.await_arrivals(1, PATIENCE));
        }
        // It was behind one of the two, unless it was the first one for the other worker.
        if behind.state().done {
            plugs.iter().for_each(|plug| plug.open());
        } else {
            waited += 1;
            let heard = wait_aside(behind);
            plugs[1].open();
            assert_eq!(hear(&heard), Ok(Value::Int(3)));
            plugs[0].open();
        }
        stopped.iter().for_each(|future| drop(outcome(future).unwrap()));
        executor.shutdown(Shutdown::WAIT);
        drop(fast);
    }
}
