//! The rows.

use crate::arms::{Arm, Placement, all, codec, messages, own};
use crate::measure::{children, elapsed, pin_process, processor_time};
use crate::paired::{Median, Paired, at_least, line, median, quantile};
use crate::tasks::{Double, Long};
use poolproof_executors::process::ProcessExecutor;
use poolproof_harness::{Executor, Future, Task, Work, Workload, calibrate_spin};
use std::process::Command;
use std::time::{Duration, Instant};

type Row = fn(usize);

/// Every row by its name.
pub(crate) const ROWS: &[(&str, Row)] = &[
    ("trip", trip),
    ("long", long),
    ("payload", payload),
    ("map", map),
    ("start", start),
    ("speedup", speedup),
    ("idle", idle),
    ("death", death),
];

const FREE: Placement = Placement { name: "free", submitter: &[0, 1], workers: &[0, 1] };
const ONE_CORE: Placement = Placement { name: "one core", submitter: &[0], workers: &[0] };
const SPLIT: Placement = Placement { name: "split", submitter: &[0], workers: &[1] };

fn against(what: &str, paired: &Paired, bars: &[(&str, f64)]) {
    for (peer, bar) in bars {
        match paired.find(peer) {
            Some(arm) => line(what, peer, paired.ratio(paired.arm("process"), arm), *bar),
            None => println!("| {what} | {peer} | not installed | {bar} | – |"),
        }
    }
}

fn round_trips(arms: &[Arm], rounds: usize, bytes: usize, most: usize) -> Paired {
    let names = arms.iter().map(|arm| arm.name.to_owned()).collect();
    Paired::run(names, rounds, |arm| {
        let count = (most as f64 * arms[arm].share).ceil() as usize;
        quantile(&(arms[arm].trips)(bytes, count), 0.5)
    })
}

fn trip(rounds: usize) {
    for placement in [FREE, ONE_CORE, SPLIT] {
        for workers in [1, 2] {
            let arms = all(workers, placement);
            let paired = round_trips(&arms, rounds, 64, 2_000);
            let what = format!("one 64-byte task, p50, {}, {workers} workers", placement.name);
            paired.show(&format!("{what}, us"), 1e3);
            against(&what, &paired, &[("procspawn", 0.06), ("ProcessPoolExecutor", 0.02), ("bare ring", 1.2)]);
            against(&what, &paired, &[("ring, codec, future", f64::INFINITY)]);
        }
    }
}

/// What a round trip takes beyond a task that is longer than anybody looks for it.
fn long(rounds: usize) {
    const MICROS: u64 = 300;
    for placement in [FREE, ONE_CORE, SPLIT] {
        let me = std::process::id();
        pin_process(me, placement.submitter);
        let executor = ProcessExecutor::new(1).expect("the executor opens");
        let pool = procspawn::Pool::new(1).expect("procspawn starts");
        let ours = |task| executor.submit(task).expect("it is open").join().expect("it cannot fail");
        let theirs = |task: Long| pool.spawn(task, |task| task.run().unwrap_or(0)).join().expect("it cannot fail");
        // Both workers are there from now on.
        let _ = [ours(Long { micros: 0, computes: true }), theirs(Long { micros: 0, computes: true })];
        children(me).into_iter().for_each(|child| pin_process(child, placement.workers));
        for computes in [false, true] {
            let names = ["process", "procspawn"].map(str::to_owned).to_vec();
            let paired = Paired::run(names, rounds, |arm| {
                let beyond = |_| {
                    let (start, task) = (Instant::now(), Long { micros: MICROS, computes });
                    let took = if arm == 0 { ours(task) } else { theirs(task) };
                    elapsed(start).saturating_sub(took)
                };
                quantile(&(0..100).map(beyond).collect::<Vec<_>>(), 0.5)
            });
            let kind = if computes { "computes" } else { "sleeps" };
            let what = format!("beyond a task that {kind} for {MICROS} us, p50, {}, 1 worker", placement.name);
            paired.show(&format!("{what}, us"), 1e3);
            against(&what, &paired, &[("procspawn", f64::INFINITY)]);
        }
    }
}

fn payload(rounds: usize) {
    for placement in [FREE, ONE_CORE, SPLIT] {
        let arms = all(1, placement);
        for (name, bytes, most) in [("64 KiB", 64 << 10, 500), ("4 MiB", 4 << 20, 20)] {
            let paired = round_trips(&arms, rounds, bytes, most);
            let what = format!("{name} there and back, p50, {}, 1 worker", placement.name);
            paired.show(&format!("{what}, us"), 1e3);
            against(&what, &paired, &[("procspawn", 0.05), ("bare ring", 2.0), ("ring, codec, future", f64::INFINITY)]);
        }
    }
}

fn map(rounds: usize) {
    for workers in [1, 2] {
        let mut arms = all(workers, FREE);
        arms.retain(|arm| arm.map.is_some());
        arms.extend([codec(), messages()]);
        for chunk in [1, 10, 100, 1000] {
            let names = arms.iter().map(|arm| arm.name.to_owned()).collect();
            let paired = Paired::run(names, rounds, |arm| {
                let items = (20_000.0 * arms[arm].share * (chunk as f64).min(100.0)) as u64;
                let map = arms[arm].map.as_ref().expect("those without were left out");
                map(chunk, items) as f64 / items as f64
            });
            let what = format!("map, chunksize {chunk}, {workers} workers, ns per item");
            paired.show(&what, 1.0);
            let bars = [("procspawn", 0.02), ("multiprocessing.Pool", 0.02), ("ProcessPoolExecutor", 0.005)];
            against(&what, &paired, &bars);
            against(&what, &paired, &[("codec alone", f64::INFINITY), ("messages, futures", f64::INFINITY)]);
        }
    }
}

/// Create to first result, and the stop after it, in nanoseconds.
fn life() -> (f64, f64) {
    let start = Instant::now();
    let executor = ProcessExecutor::new(1).expect("the executor opens");
    let future = executor.submit(Double(21)).expect("it is open");
    assert_eq!(future.result(None), Ok(Ok(42)));
    let first = elapsed(start) as f64;
    let start = Instant::now();
    drop(executor);
    (first, elapsed(start) as f64)
}

fn life_of_procspawn() -> f64 {
    let start = Instant::now();
    let pool = procspawn::Pool::new(1).expect("procspawn starts");
    assert_eq!(pool.spawn(21_u64, |number| number * 2).join().expect("it cannot fail"), 42);
    let first = elapsed(start) as f64;
    pool.shutdown();
    first
}

/// The argument with which this program ends at once.
pub(crate) const NOTHING: &str = "nothing";

/// The floor: this program is started, and ends at once.
fn life_of_nothing() -> f64 {
    let start = Instant::now();
    let program = std::env::current_exe().expect("this program is there");
    let ended = Command::new(program).arg(NOTHING).status().expect("it starts");
    assert!(ended.success());
    elapsed(start) as f64
}

fn start(rounds: usize) {
    let rounds = rounds.max(15);
    let mut stops = Vec::new();
    let names = ["process", "procspawn", "the program alone"].map(str::to_owned).to_vec();
    let small = Paired::run(names, rounds, |arm| {
        match arm {
            1 => return life_of_procspawn(),
            2 => return life_of_nothing(),
            _ => {}
        }
        let (first, stop) = life();
        stops.push(stop / 1e6);
        first
    });
    small.show("create to first result, ms", 1e6);
    against("create to first result, spawn, 1 worker", &small, &[("procspawn", 0.8)]);
    line("create to first result, spawn, 1 worker", "the program alone", small.ratio(0, 2), f64::INFINITY);
    line("stop after it, ms", "none", median(stops), 5.0);
    let mut touched = Vec::new();
    let names = ["process", "process with 512 MiB touched"].map(str::to_owned).to_vec();
    let large = Paired::run(names, rounds, |arm| {
        touched.resize(if arm == 1 { 512 << 20 } else { 0 }, 7_u8);
        touched.shrink_to_fit();
        std::hint::black_box(&mut touched);
        life().0
    });
    large.show("create to first result, ms", 1e6);
    line("create to first result, 512 MiB touched in the parent", "without", large.ratio(1, 0), 1.15);
}

/// The floor: so many threads compute the same tasks, and nothing is handed to them.
fn computed_by_threads(threads: u64, tasks: u64, work: fn(u64, u64) -> Work, turns: u64) {
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let mine = (thread..tasks).step_by(threads as usize);
            scope
                .spawn(move || mine.for_each(|number| assert_eq!(work(number, turns).run(), Ok(Work::answer(number)))));
        }
    });
}

fn speedup(rounds: usize) {
    const TASKS: u64 = 200;
    let work = |number, turns| Work { number, workload: Workload::Cpu(1_000), turns, port: 0 };
    let turns = (calibrate_spin() * 1e3) as u64;
    let executors = [1, 2].map(|workers| ProcessExecutor::new(workers).expect("the executor opens"));
    let names = ["1 worker", "2 workers", "1 bare thread", "2 bare threads"].map(str::to_owned).to_vec();
    let paired = Paired::run(names, rounds, |arm| {
        let start = Instant::now();
        if let Some(executor) = executors.get(arm) {
            let submit = |number| executor.submit(work(number, turns)).expect("it is open");
            let futures: Vec<_> = (0..TASKS).map(submit).collect();
            for (number, future) in (0..).zip(futures) {
                assert_eq!(future.result(None), Ok(Ok(Work::answer(number))));
            }
        } else {
            computed_by_threads(arm as u64 - 1, TASKS, work, turns);
        }
        elapsed(start) as f64 / TASKS as f64
    });
    paired.show("200 tasks of 1 ms of computing, us per task", 1e3);
    at_least("speed-up of 200 tasks of 1 ms of computing, 2 workers", "1 worker", paired.ratio(0, 1), 1.93);
    line("the same, 2 bare threads", "1 bare thread", paired.ratio(2, 3), f64::INFINITY);
}

fn idle(_: usize) {
    const SPAN: Duration = Duration::from_secs(3);
    let me = std::process::id();
    let executor = own(2);
    (executor.trips)(64, 100);
    (executor.map.as_ref().expect("it has one"))(1, 2_000);
    let used = || processor_time(me) + children(me).into_iter().map(processor_time).sum::<u64>();
    let before = used();
    std::thread::sleep(SPAN);
    // What asking costs is part of it.
    let share = (used() - before) as f64 / SPAN.as_nanos() as f64;
    line("idle, 2 workers, share of a core, all processes together", "none", Median::exactly(share), 0.001);
}

fn death(rounds: usize) {
    let me = std::process::id();
    let executor = ProcessExecutor::new(1).expect("the executor opens");
    let (before, mut took) = (children(me), Vec::new());
    for _ in 0..rounds {
        let sleep = Work { number: 1, workload: Workload::Sleep(60_000_000), turns: 0, port: 0 };
        assert_eq!(executor.submit(Double(1)).expect("it is open").result(None), Ok(Ok(2)));
        let future = executor.submit(sleep).expect("it is open");
        let worker = children(me).into_iter().find(|child| !before.contains(child)).expect("a worker");
        std::thread::sleep(Duration::from_millis(20));
        let start = Instant::now();
        // SAFETY: kill takes two numbers and touches no memory.
        #[allow(unsafe_code)]
        unsafe {
            libc::kill(worker.cast_signed(), libc::SIGKILL);
        }
        assert!(future.result(None).expect("no limit").is_err());
        took.push(elapsed(start) as f64 / 1e6);
    }
    line("worker killed to error visible, ms", "none", median(took), 5.0);
}
