//! The `gil` executor against CPython's threads: does the model predict what they do?
//!
//! `cargo bench -p poolproof-executors --bench gil -- [ROW...]`
//!
//! The same tasks on both: computing for 2 ms, sleeping for 5 ms, and 2 ms of each. Every subject and number of workers
//! has its turn in each round; what counts is the median of the ratios within a round. The submitting thread
//! holds the interpreter lock as well, as CPython's does. `python3.11` and `python3.13` time themselves; who is not
//! installed has no row. `POOLPROOF_ROUNDS=31` measures longer.

#[path = "../limits/paired.rs"]
#[allow(dead_code, reason = "other benches need more of it")]
mod paired;

use paired::{Paired, quantile, within};
use poolproof_executors::driver::interpreter;
use poolproof_executors::gil::{Gil, GilExecutor};
use poolproof_harness::{
    Executor, Future, InterpreterLock, Raised, Task, Work, Workload, blocking, calibrate_spin, with_interpreter,
};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const WORKERS: [usize; 3] = [1, 2, 4];

/// Computes for so many turns, then sleeps for so many microseconds.
#[derive(Serialize, Deserialize)]
struct Both {
    turns: u64,
    sleep: u64,
}

impl Task for Both {
    const NAME: &'static str = "both";
    type Output = ();
    fn run(self) -> Result<(), Raised> {
        if self.turns > 0 {
            Work { number: 0, workload: Workload::Cpu(1), turns: self.turns, port: 0 }.run()?;
        }
        if self.sleep > 0 {
            blocking(|| std::thread::sleep(Duration::from_micros(self.sleep)));
        }
        Ok(())
    }
}

fn elapsed(start: Instant) -> f64 {
    start.elapsed().as_nanos() as f64
}

/// Ours: how long so many tasks of a kind took on so many workers; beside a task that computes, each of them.
fn own(kind: &str, workers: usize, count: usize) -> Vec<u64> {
    let turns = (calibrate_spin() * 2e3) as u64;
    let executor = GilExecutor::new(workers).expect("at least one worker");
    let lock: Arc<dyn InterpreterLock> = Arc::clone(executor.gil()) as _;
    with_interpreter(&lock, || {
        let submit = |turns, sleep| executor.submit(Both { turns, sleep }).expect("it is open");
        if kind == "beside" {
            // As long as for CPython: a trip may take several switch intervals.
            let busy = submit(turns * 12 * count as u64, 0);
            let trip = |_| {
                let start = Instant::now();
                assert_eq!(submit(0, 1_000).result(None), Ok(Ok(())));
                elapsed(start) as u64
            };
            let trips: Vec<u64> = (0..count).map(trip).collect();
            assert!(!busy.state().done, "the other worker computes all the time");
            assert_eq!(busy.result(None), Ok(Ok(())));
            return trips;
        }
        let (turns, sleep) = match kind {
            "cpu" => (turns, 0),
            "io" => (0, 5_000),
            _ => (turns, 2_000),
        };
        let start = Instant::now();
        let futures: Vec<_> = (0..count).map(|_| submit(turns, sleep)).collect();
        futures.iter().for_each(|future| assert_eq!(future.result(None), Ok(Ok(()))));
        vec![elapsed(start) as u64]
    })
}

/// An interpreter that measures itself.
struct Python {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Python {
    fn start(name: &str) -> Option<Self> {
        let python = interpreter(Some(name)).map_err(|error| eprintln!("  {error}")).ok()?;
        let mut child = Command::new(python.path)
            // As a file, as programs are: with its text as an argument CPython 3.13 took an eighth longer for mixed tasks on
            // four threads.
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/gil/threads.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter has just answered");
        let (orders, answers) = (child.stdin.take(), BufReader::new(child.stdout.take().expect("it is piped")));
        let mut started = Self { child, orders, answers };
        // It has found out how fast it is when it answers, and nothing else is at work meanwhile.
        started.ask("cpu", 1, 1);
        Some(started)
    }

    fn ask(&mut self, kind: &str, workers: usize, count: usize) -> Vec<u64> {
        let orders = self.orders.as_mut().expect("it is open");
        writeln!(orders, "{kind} {workers} {count}").and_then(|()| orders.flush()).expect("the interpreter listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the interpreter answers");
        let took: Vec<u64> = line.split_whitespace().map(|word| word.parse().expect("nanoseconds")).collect();
        assert!(took.iter().all(|took| *took > 0), "the other worker computes all the time");
        took
    }
}

/// How many of these trips took so many switch intervals, and what those took in the middle.
fn intervals(name: &str, trips: &[u64]) {
    let interval = Gil::SWITCH_INTERVAL.as_nanos() as u64;
    for (count, what) in [(1, "one interval"), (2, "two"), (3, "three"), (4, "more")] {
        let these: Vec<u64> = trips.iter().copied().filter(|took| (took / interval).clamp(1, 4) == count).collect();
        if !these.is_empty() {
            let share = 100.0 * these.len() as f64 / trips.len() as f64;
            eprintln!("    {name}, {what}: {share:.0} % of the trips, p50 {:.2} ms", quantile(&these, 0.5) / 1e6);
        }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.child.wait();
    }
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let rounds = std::env::var("POOLPROOF_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    let wants = |row: &str| wanted.is_empty() || wanted.iter().any(|word| word == row);
    let mut subjects = vec![("gil".to_owned(), None)];
    for name in ["python3.11", "python3.13"] {
        let started = Python::start(name).map(|python| Some(RefCell::new(python)));
        subjects.extend(started.map(|python| (name.to_owned(), python)));
    }
    let measure = |subject: usize, kind: &str, workers: usize, count: usize| match &subjects[subject].1 {
        None => own(kind, workers, count),
        Some(python) => python.borrow_mut().ask(kind, workers, count),
    };
    for (kind, what, count) in [("cpu", "CPU-bound", 40), ("io", "I/O-bound", 40), ("mixed", "mixed", 40)] {
        if !wants(kind) {
            continue;
        }
        let arms: Vec<(usize, usize)> =
            (0..subjects.len()).flat_map(|subject| WORKERS.map(|workers| (subject, workers))).collect();
        let names = arms.iter().map(|(subject, workers)| format!("{}, {workers} workers", subjects[*subject].0));
        let paired = Paired::run(names.collect(), rounds, |arm| {
            measure(arms[arm].0, kind, arms[arm].1, count)[0] as f64 / count as f64
        });
        paired.show(&format!("{what}, us per task"), 1e3);
        for (at, workers) in WORKERS.into_iter().enumerate().skip(1) {
            let speedup = |round: &[f64], subject: usize| round[3 * subject] / round[3 * subject + at];
            for (subject, (name, _)) in subjects.iter().enumerate() {
                let own = paired.each(|round| speedup(round, subject));
                eprintln!("    speed-up of {what} tasks, {workers} workers, {name}: {own}");
            }
            for (subject, (name, _)) in subjects.iter().enumerate().skip(1) {
                let ratio = paired.each(|round| speedup(round, 0) / speedup(round, subject));
                within(&format!("speed-up of {what} tasks, {workers} workers"), name, ratio, 0.10);
            }
        }
    }
    if wants("beside") {
        let names = subjects.iter().map(|(name, _)| name.clone()).collect();
        let mut all = vec![Vec::new(); subjects.len()];
        let paired = Paired::run(names, rounds, |arm| {
            let trips = measure(arm, "beside", 2, 20);
            all[arm].extend(&trips);
            quantile(&trips, 0.5)
        });
        paired.show("sleep of 1 ms beside a task that computes, p50 in ms", 1e6);
        // Who waits for the interpreter a second time waits for one more interval.
        subjects.iter().zip(&all).for_each(|((name, _), trips)| intervals(name, trips));
        for (subject, (name, _)) in subjects.iter().enumerate().skip(1) {
            within("latency of an I/O task beside a CPU task, p50", name, paired.ratio(0, subject), 0.25);
        }
    }
}
