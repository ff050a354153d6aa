//! What it costs to have an executor: waiting, starting, stopping, memory. The subjects are real
//! pools in processes of their own, and what they waste is known.

use poolproof_benches::engine::serve_if_contender;
use poolproof_benches::{Sweep, SweepOptions, run_sweep};
use poolproof_harness::record::{CellRecord, Record};
use poolproof_harness::{
    Config, Contender, Job, NativeContender, OpenError, Refused, Shutdown, Spawn, Supplied, set_worker_arguments,
};
use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// The way back in: this program, started again as a contender.
#[test]
fn reentry() {
    serve_if_contender(&resolve);
}

/// What a pool wastes.
#[derive(Clone, Copy, Debug, Default)]
struct Waste {
    /// Bytes beside each job in the queue.
    per_job: usize,
    /// Bytes that each worker holds.
    per_worker: usize,
    /// Idle workers look again and again instead of sleeping.
    spins: bool,
}

fn resolve(address: &str) -> Result<Box<dyn Contender>, String> {
    let waste = match address {
        "plain" => Waste::default(),
        "hoarder" => Waste { per_job: 4_000, per_worker: 4_000_000, ..Waste::default() },
        "spinner" => Waste { spins: true, ..Waste::default() },
        _ => return Err(format!("unknown executor `{address}`")),
    };
    let open = move |config: &Config| Ok::<_, OpenError>(Supplied::new(Pool::open(config.workers, waste)));
    Ok(Box::new(NativeContender::new(address, open)))
}

/// A queue under a lock, and threads that take from it.
#[derive(Debug)]
struct Pool {
    line: Arc<Line>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    waste: Waste,
}

#[derive(Debug, Default)]
struct Line {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Each with what is wasted beside it.
    jobs: VecDeque<(Job, Vec<u8>)>,
    closed: bool,
}

impl Pool {
    fn open(workers: usize, waste: Waste) -> Self {
        let line = Arc::<Line>::default();
        let worker = |_| {
            let line = Arc::clone(&line);
            thread::spawn(move || {
                let held = black_box(vec![1_u8; waste.per_worker]);
                while let Some(job) = line.next(waste.spins) {
                    job.run();
                }
                drop(held);
            })
        };
        let threads = Mutex::new((0..workers).map(worker).collect());
        Self { line, threads, waste }
    }
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, spins: bool) -> Option<Job> {
        let mut line = self.lock();
        loop {
            if let Some((job, waste)) = line.jobs.pop_front() {
                drop(black_box(waste));
                return Some(job);
            }
            if line.closed {
                return None;
            }
            if spins {
                drop(line);
                std::hint::spin_loop();
                line = self.lock();
            } else {
                line = self.more.wait(line).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

impl Spawn for Pool {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let waste = vec![1_u8; self.waste.per_job];
        self.line.lock().jobs.push_back((job, waste));
        self.line.more.notify_one();
        Ok(())
    }

    fn shutdown(&self, _how: Shutdown) {
        self.line.lock().closed = true;
        self.line.more.notify_all();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.drain(..).for_each(|thread| thread.join().expect("workers do not panic"));
    }
}

fn swept(sweep: Sweep, subjects: &[&str]) -> Vec<CellRecord> {
    set_worker_arguments(["--exact", "reentry", "--nocapture"]);
    let subjects: Vec<String> = subjects.iter().map(|&subject| subject.to_owned()).collect();
    let options = SweepOptions { workers: vec![2], launches: 2, ..SweepOptions::quick() };
    let mut cells = Vec::new();
    let holes = run_sweep(sweep, &subjects, &options, &mut |record| match record {
        Record::Cell(cell) => cells.push(cell),
        other => panic!("a sweep makes cells, not {other:?}"),
    });
    let holes = holes.expect("they are measured");
    assert!(holes.is_empty(), "{holes:?}");
    cells
}

fn value(cells: &[CellRecord], subject: &str, metric: &str) -> f64 {
    let found = cells.iter().find(|cell| cell.subject == subject && cell.metric == metric);
    found.unwrap_or_else(|| panic!("{subject} has no {metric}: {cells:?}")).value
}

#[test]
fn memory_that_is_wasted_is_seen_in_the_figure_it_belongs_to() {
    let cells = swept(Sweep::Memory, &["plain", "hoarder"]);
    let more = |metric| value(&cells, "hoarder", metric) - value(&cells, "plain", metric);
    // An allocator rounds up, and keeps some for later; pages are counted whole.
    let per_task = more("memory-per-pending-task");
    assert!((4_000.0..4_400.0).contains(&per_task), "{per_task} B for 4000 B: {cells:?}");
    let per_worker = more("memory-per-worker") * 1024.0;
    assert!((3.9e6..4.4e6).contains(&per_worker), "{per_worker} B for 4000000 B: {cells:?}");
}

#[test]
fn a_pool_that_spins_uses_the_processor_while_it_is_idle() {
    let cells = swept(Sweep::Idle, &["plain", "spinner"]);
    let share = |subject: &str| {
        let at = |cell: &&CellRecord| {
            cell.subject == subject && cell.metric == "cpu-share" && cell.axes["gap-us"] == 10_000.0
        };
        cells.iter().find(at).expect("it is measured").value
    };
    assert!(share("spinner") > 2.0 * share("plain"), "{cells:?}");
    assert_eq!(cells.iter().filter(|cell| cell.metric == "wake-up-p50").count(), 8, "two subjects, four gaps");
}

#[test]
fn a_life_has_a_start_and_an_end() {
    let cells = swept(Sweep::Lifecycle, &["plain"]);
    let [first, all, stop] = ["start-first", "start-all", "stop"].map(|metric| value(&cells, "plain", metric));
    assert!(0.0 < first && first <= all && stop > 0.0, "{cells:?}");
    assert!(cells.iter().all(|cell| cell.launches == 2 && cell.samples == 10 && cell.unit == "us"), "{cells:?}");
}

/// A task that computes for 100 us costs about as much processor time, however long it took to get a processor.
#[test]
fn what_a_task_computes_is_in_its_processor_time() {
    let cells = swept(Sweep::Workers, &["plain"]);
    let all: Vec<&CellRecord> = cells.iter().filter(|cell| cell.metric == "cpu-per-task").collect();
    assert_eq!(all.len(), 2, "one and two workers: {cells:?}");
    for cell in all {
        assert!((50_000.0..500_000.0).contains(&cell.value) && cell.unit == "ns", "{cell:?}");
    }
}
