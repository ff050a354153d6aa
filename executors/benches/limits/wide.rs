//! Rows about more than one submitter, nesting, maps, many workers and memory.

use crate::arms::{contender, elapsed, spec};
use crate::floor;
use crate::machine::resident;
use crate::paired::{Median, Paired, line, median};
use crate::tasks::{Call, Fork, joined, scoped};
use poolproof_executors::adapters;
use poolproof_executors::thread::ThreadExecutor;
use poolproof_harness::{
    Dispatch, Executor, Future, MapOptions, Supplied, Task, Work, Workload, as_completed, calibrate_spin,
};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn work(number: u64, turns: u64) -> Work {
    let workload = if turns == 0 { Workload::Empty } else { Workload::Cpu(1) };
    Work { number, workload, turns, port: 0 }
}

type Run = Box<dyn Fn() -> f64>;

/// Runs every named arm in turn and shows the figures.
fn race(title: &str, rounds: usize, unit: f64, arms: Vec<(&'static str, Run)>) -> Paired {
    let names = arms.iter().map(|(name, _)| (*name).to_owned()).collect();
    let paired = Paired::run(names, rounds, |arm| (arms[arm].1)());
    paired.show(title, unit);
    paired
}

/// Four threads submit and collect at once; nanoseconds per task.
fn four<E: Executor>(executor: E) -> Run {
    const EACH: u64 = 25_000;
    Box::new(move || {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let futures: Vec<_> =
                        (0..EACH).map(|number| executor.submit(work(number, 0)).expect("it is open")).collect();
                    for (number, future) in (0..).zip(futures) {
                        assert_eq!(future.result(None), Ok(Ok(Work::answer(number))));
                    }
                });
            }
        });
        elapsed(start) as f64 / (4 * EACH) as f64
    })
}

/// Four threads submit and wait for one task after the other, at once; nanoseconds per task.
fn trips<E: Executor>(executor: E) -> Run {
    const EACH: u64 = 2_500;
    Box::new(move || {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 0..EACH {
                        let future = executor.submit(work(number, 0)).expect("it is open");
                        assert_eq!(future.result(None), Ok(Ok(Work::answer(number))));
                    }
                });
            }
        });
        elapsed(start) as f64 / (4 * EACH) as f64
    })
}

/// A task submits many others and leaves them; nanoseconds per task until the last has run.
fn inside<E: Executor>(executor: E) -> Run {
    const TASKS: u64 = 50_000;
    let executor = Arc::new(executor);
    Box::new(move || {
        let left = Arc::new(AtomicU64::new(TASKS));
        let (own, counted, waiting) = (Arc::clone(&executor), Arc::clone(&left), std::thread::current());
        let child: Arc<dyn Fn(u64) -> u64 + Send + Sync> = Arc::new(move |number| {
            if counted.fetch_sub(1, Ordering::AcqRel) == 1 {
                waiting.unpark();
            }
            number
        });
        let parent: Arc<dyn Fn(u64) -> u64 + Send + Sync> = Arc::new(move |count| {
            (0..count).for_each(|number| drop(own.submit(Call::new(number, &child)).expect("it is open")));
            count
        });
        let start = Instant::now();
        drop(executor.submit(Call::new(TASKS, &parent)).expect("it is open"));
        while left.load(Ordering::Acquire) > 0 {
            std::thread::park();
        }
        elapsed(start) as f64 / TASKS as f64
    })
}

pub(crate) fn submitters(rounds: usize) {
    // The last one has no bar: it is here because who waits too eagerly loses it.
    let cases =
        [("four submitters", 0.8), ("submitting from inside", 0.8), ("four submitters that wait", f64::INFINITY)];
    for (run, (what, bar)) in cases.into_iter().enumerate() {
        let thread = ThreadExecutor::new(2).expect("two workers");
        let rayon = Supplied::new(adapters::rayon::Rayon::new(2).expect("two workers"));
        let threadpool = Supplied::new(adapters::threadpool::Threadpool::new(2));
        let tokio = adapters::tokio::Tokio::new(2).expect("two workers");
        let futures = adapters::futures::Futures::new(2).expect("two workers");
        let smol = adapters::async_executor::AsyncExecutor::new(2).expect("two workers");
        macro_rules! arms {
            ($run:ident) => {
                vec![
                    ("thread", $run(thread)),
                    ("rayon", $run(rayon)),
                    ("threadpool", $run(threadpool)),
                    ("tokio", $run(tokio)),
                    ("futures", $run(futures)),
                    ("async-executor", $run(smol)),
                ]
            };
        }
        let arms = match run {
            0 => arms!(four),
            1 => arms!(inside),
            _ => arms!(trips),
        };
        let paired = race(&format!("{what}, ns per task"), rounds, 1.0, arms);
        let best = paired.best(|name| name != "thread");
        line(&format!("{what}, 2 workers"), paired.name(best), paired.ratio(0, best), bar);
    }
}

pub(crate) fn fork(rounds: usize) {
    const DEPTH: u32 = 21;
    /// Additions in the tree.
    const FORKS: f64 = 17_710.0;
    for workers in [1, 2, 4] {
        let pool = || rayon::ThreadPoolBuilder::new().num_threads(workers).build().expect("rayon starts");
        let thread = Arc::new(ThreadExecutor::new(workers).expect("at least one worker"));
        let (scoping, joining) = (pool(), pool());
        let per_fork = |value: u64, start: Instant| {
            assert_eq!(value, 10_946);
            elapsed(start) as f64 / FORKS
        };
        let arms: Vec<(&'static str, Run)> = vec![
            (
                "thread",
                Box::new(move || {
                    let start = Instant::now();
                    let root = thread.submit(Fork::new(DEPTH, &thread)).expect("it is open");
                    per_fork(root.result(None).expect("there is no limit").expect("it cannot fail"), start)
                }),
            ),
            (
                "rayon scope+spawn",
                Box::new(move || {
                    let start = Instant::now();
                    per_fork(scoping.install(|| scoped(DEPTH)), start)
                }),
            ),
            (
                "rayon join",
                Box::new(move || {
                    let start = Instant::now();
                    per_fork(joining.install(|| joined(DEPTH)), start)
                }),
            ),
            (
                "cells and a queue alone",
                Box::new(move || {
                    let (queue, start) = (Arc::default(), Instant::now());
                    per_fork(floor::forks(DEPTH, &queue), start)
                }),
            ),
        ];
        let paired = race(&format!("fork-join tree, {workers} workers, ns per fork"), rounds, 1.0, arms);
        line(&format!("fork-join tree, {workers} workers"), "rayon scope+spawn", paired.ratio(0, 1), 0.75);
        line(&format!("fork-join tree, {workers} workers (distance)"), "rayon join", paired.ratio(0, 2), f64::INFINITY);
        let alone = paired.ratio(0, 3);
        line(&format!("fork-join tree, {workers} workers"), "cells and a queue alone", alone, f64::INFINITY);
    }
}

/// The floor of a map: one thread for each half of the work.
const HALVES: &str = "a thread for each half";

pub(crate) fn map(rounds: usize) {
    const LEAST: [usize; 3] = [1, 64, 1024];
    let turns = |nanoseconds: f64| ((calibrate_spin() * nanoseconds / 1e3) as u64).max(1);
    let cases: [(&str, u64, f64, u64, f64); 3] =
        [("10 ns", 1_000_000, 10.0, 1, 1.1), ("1 us", 50_000, 1e3, 1, 1.03), ("skewed", 20_000, 1e3, 10, 1.03)];
    for (name, items, nanoseconds, skew, bar) in cases {
        let turns = turns(nanoseconds);
        let input = move || (0..items).map(move |n| work(n, if n >= items / 10 * 9 { turns * skew } else { turns }));
        let check = move |values: Vec<u64>, start: Instant| {
            let took = elapsed(start);
            assert!(values.len() as u64 == items && values[7] == Work::answer(7));
            took as f64 / items as f64
        };
        let executor = ThreadExecutor::new(2).expect("two workers");
        let mut arms: Vec<(&'static str, Run)> = vec![(
            "thread",
            Box::new(move || {
                let start = Instant::now();
                let results = executor.map(&mut input(), MapOptions::default()).expect("it is open");
                check(results.map(|result| result.expect("no limit").expect("it cannot fail")).collect(), start)
            }),
        )];
        for (least, label) in LEAST.into_iter().zip(["par_iter 1", "par_iter 64", "par_iter 1024"]) {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("rayon starts");
            arms.push((
                label,
                Box::new(move || {
                    let start = Instant::now();
                    let tasks: Vec<Work> = input().collect();
                    let run = |task: Work| task.run().expect("it cannot fail");
                    check(pool.install(|| tasks.into_par_iter().with_min_len(least).map(run).collect()), start)
                }),
            ));
        }
        // Half of the work, not of the items: those of the last tenth take `skew` times as long.
        let half = items * 95 / 100 - items * 45 / (100 * skew);
        arms.insert(
            1,
            (
                HALVES,
                Box::new(move || {
                    let start = Instant::now();
                    check(floor::halves(input().collect(), half as usize), start)
                }),
            ),
        );
        let paired = race(&format!("map, items of {name}, 2 workers, ns per item"), rounds, 1.0, arms);
        let best = paired.best(|arm| arm.starts_with("par_iter"));
        let what = format!("map, items of {name}, 2 workers, by hand");
        line(&what, paired.name(best), paired.ratio(0, best), bar);
        let floor = paired.arm(HALVES);
        line(&what, HALVES, paired.ratio(0, floor), f64::INFINITY);
        line(&format!("the same, {}", paired.name(best)), HALVES, paired.ratio(best, floor), f64::INFINITY);
        if skew == 1 {
            let workload = if nanoseconds < 100.0 { Workload::Empty } else { Workload::Cpu(1) };
            let behind = |address: &str, chunksize: Option<usize>| -> Run {
                let pool = std::cell::RefCell::new(contender(address, 2));
                let spec = spec(workload, items / 4, Dispatch::Map(chunksize));
                Box::new(move || {
                    pool.borrow_mut().round(&spec).expect("the round is right").elapsed_ns as f64 / (items / 4) as f64
                })
            };
            let mut arms = vec![("thread", behind("thread", None))];
            arms.extend(
                LEAST
                    .into_iter()
                    .zip(["rayon-par-iter 1", "rayon-par-iter 64", "rayon-par-iter 1024"])
                    .map(|(least, label)| (label, behind("rayon-par-iter", Some(least)))),
            );
            let paired = race(&format!("map, {workload}, behind the traits, ns per item"), rounds, 1.0, arms);
            let best = paired.best(|arm| arm != "thread");
            line(
                &format!("map, {workload}, 2 workers, behind the traits"),
                paired.name(best),
                paired.ratio(0, best),
                bar,
            );
        }
    }
}

pub(crate) fn sleeps(rounds: usize) {
    const TASKS: u64 = 640;
    let executor = ThreadExecutor::new(64).expect("64 workers");
    let sleep = Workload::Sleep(5_000);
    let over = |_| {
        let start = Instant::now();
        let futures: Vec<_> = (0..TASKS)
            .map(|number| executor.submit(Work { number, workload: sleep, turns: 0, port: 0 }).expect("it is open"))
            .collect();
        futures.iter().for_each(|future| assert!(future.result(None).is_ok_and(|outcome| outcome.is_ok())));
        elapsed(start) as f64 / (TASKS as f64 / 64.0 * 5e6)
    };
    let wall: Vec<f64> = (0..rounds).map(over).collect();
    line("64 workers, 640 sleeps of 5 ms, wall time", "the ideal", median(wall), 1.08);
}

/// Beyond the bare sleep, in microseconds, and always in the right order.
pub(crate) fn notes(rounds: usize) {
    let sleep = |tenths: u64| Work { number: tenths, workload: Workload::Sleep(tenths * 20_000), turns: 0, port: 0 };
    let beyond = |start: Instant, tenths: u64| elapsed(start) as f64 / 1e3 - (tenths * 20_000) as f64;
    let answers = |numbers: &[u64]| numbers.iter().map(|&number| Work::answer(number)).collect::<Vec<_>>();
    let mut columns: [Vec<f64>; 4] = Default::default();
    let mut floors: [Vec<f64>; 3] = Default::default();
    let bare_threads = |tenths: &[u64]| {
        let sleeps: Vec<_> = tenths.iter().map(|tenths| Duration::from_micros(tenths * 20_000)).collect();
        floor::threads(&sleeps) as f64 / 1e3 - tenths.iter().max().map_or(0.0, |longest| (longest * 20_000) as f64)
    };
    for _ in 0..rounds {
        let start = Instant::now();
        std::thread::sleep(Duration::from_millis(60));
        columns[0].push(beyond(start, 3));
        let executor = ThreadExecutor::new(4).expect("four workers");
        let start = Instant::now();
        let results = executor.map(&mut [3, 2, 1].map(sleep).into_iter(), MapOptions::default()).expect("it is open");
        let values: Vec<u64> = results.map(|result| result.expect("no limit").expect("it cannot fail")).collect();
        columns[1].push(beyond(start, 3));
        assert_eq!(values, answers(&[3, 2, 1]));
        let executor = ThreadExecutor::new(1).expect("one worker");
        let start = Instant::now();
        assert_eq!(executor.submit(sleep(3)).expect("it is open").result(None), Ok(Ok(Work::answer(3))));
        columns[2].push(beyond(start, 3));
        let executor = ThreadExecutor::new(5).expect("five workers");
        let start = Instant::now();
        let futures = [5, 4, 3, 2, 1].map(|tenths| executor.submit(sleep(tenths)).expect("it is open"));
        let order: Vec<usize> =
            as_completed::<u64, _>(futures, None).expect("it can").map(|at| at.expect("no limit")).collect();
        columns[3].push(beyond(start, 5));
        assert_eq!(order, [4, 3, 2, 1, 0]);
        for (floor, sleeps) in floors.iter_mut().zip([&[3, 2, 1][..], &[3], &[5, 4, 3, 2, 1]]) {
            floor.push(bare_threads(sleeps));
        }
    }
    let [bare, columns @ ..] = columns;
    let whats = ["map [3, 2, 1] on 4", "submit on 1", "as_completed 5..1 on 5"];
    for ((what, column), floor) in whats.into_iter().zip(columns).zip(floors) {
        let beyond = |column: Vec<f64>| median(column.iter().zip(&bare).map(|(us, bare)| us - bare).collect());
        line(&format!("{what}, us beyond the bare sleep"), "sleep", beyond(column), 120.0);
        line("the same with bare threads, us beyond the bare sleep", "sleep", beyond(floor), f64::INFINITY);
    }
}

pub(crate) fn memory(_: usize) {
    for tasks in [1_000_000_u64, 10_000_000] {
        let executor = ThreadExecutor::new(1).expect("one worker");
        let gate = Arc::new(std::sync::Barrier::new(2));
        let inside = Arc::clone(&gate);
        let hold: Arc<dyn Fn(u64) -> u64 + Send + Sync> = Arc::new(move |number| {
            inside.wait();
            number
        });
        drop(executor.submit(Call::new(0, &hold)).expect("it is open"));
        let mut futures = Vec::with_capacity(tasks as usize);
        let (before, start) = (resident(), Instant::now());
        futures.extend((0..tasks).map(|number| executor.submit(work(number, 0)).expect("it is open")));
        let each = (resident() - before) as f64 / tasks as f64 - size_of::<Work>() as f64;
        gate.wait();
        for (number, future) in (0..).zip(futures.drain(..)) {
            assert_eq!(future.result(None), Ok(Ok(Work::answer(number))));
        }
        let figure = Median::exactly(each);
        line(
            &format!("{tasks} pending empty tasks, bytes each beyond the task, future included"),
            "the task",
            figure,
            96.0,
        );
        eprintln!("  {tasks} tasks submitted and collected in {:.2} s", elapsed(start) as f64 / 1e9);
    }
}

/// One of the commands that the row `futex` counts the calls of.
pub(crate) fn flood(address: &str, workers: usize) {
    let mut pool = contender(address, workers);
    for _ in 0..3 {
        pool.round(&spec(Workload::Empty, 100_000, Dispatch::Submit)).expect("the round is right");
    }
    pool.close();
}

pub(crate) fn futex(_: usize) {
    for (address, workers) in
        [("thread", 1), ("thread", 2), ("thread", 4), ("rayon", 2), ("tokio", 2), ("threadpool", 2)]
    {
        let program = std::env::current_exe().expect("Linux tells");
        let traced = std::process::Command::new("strace")
            .args(["-f", "-c", "--seccomp-bpf", "-e", "trace=futex"])
            .arg(program)
            .args(["flood", address, &workers.to_string()])
            .output();
        let Ok(traced) = traced else { return eprintln!("  needs strace") };
        let text = String::from_utf8_lossy(&traced.stderr);
        let count = text.lines().find(|line| line.trim_end().ends_with("futex"));
        let calls = count.and_then(|line| line.split_whitespace().nth(3)).and_then(|calls| calls.parse::<f64>().ok());
        let each = calls.unwrap_or(0.0) / 300_000.0;
        line(
            &format!("futex calls per task, {address}, {workers} workers"),
            "none",
            Median::exactly(each),
            if address == "thread" { 0.02 } else { f64::INFINITY },
        );
    }
}
