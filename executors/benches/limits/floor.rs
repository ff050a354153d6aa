//! The floors: what is left of a row when there is no executor, only what the row cannot do without.

use crate::arms::{Ns, elapsed};
use poolproof_harness::{Future, Job, Raised, Task, Work};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A task and the place of its result, with cache lines of their own as an allocation has.
#[repr(align(64))]
#[derive(Default)]
struct Cell {
    /// One more than the task's number; 0 until it is submitted.
    task: AtomicU64,
    /// The result; 0 until it is there.
    value: AtomicU64,
}

/// Looks until there is something, as if the other side had a core of its own; yields now and then in case it has not.
fn look(mut found: impl FnMut() -> u64) -> u64 {
    for round in 1_u32.. {
        match found() {
            0 if round.is_multiple_of(256) => std::thread::yield_now(),
            0 => spin_loop(),
            value => return value,
        }
    }
    unreachable!("the rounds are endless")
}

/// Two threads walk over the same cells: one writes tasks and then reads results, the other answers. Nothing is
/// queued, allocated for a task alone, cancelled, or told to anybody; nobody sleeps.
pub(crate) fn hand_over(tasks: u64) -> Ns {
    let cells: Vec<Cell> = (0..tasks).map(|_| Cell::default()).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for cell in &cells {
                let number = look(|| cell.task.load(Ordering::Acquire)) - 1;
                cell.value.store(Work::answer(number) | 1 << 63, Ordering::Release);
            }
        });
        let start = Instant::now();
        (0..).zip(&cells).for_each(|(number, cell)| cell.task.store(number + 1, Ordering::Release));
        for (number, cell) in (0..).zip(&cells) {
            let value = look(|| cell.value.load(Ordering::Acquire));
            assert_eq!(value & !(1 << 63), Work::answer(number) & !(1 << 63));
        }
        elapsed(start)
    })
}

/// Round trips between two threads that never sleep and look again after `pause`; `other` says where the second one
/// runs.
pub(crate) fn ping_pong(trips: usize, pause: fn(), other: impl FnOnce() + Send) -> Vec<Ns> {
    let (turn, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            other();
            while !stop.load(Ordering::Acquire) {
                if turn.load(Ordering::Acquire) % 2 == 1 {
                    turn.fetch_add(1, Ordering::AcqRel);
                }
                pause();
            }
        });
        let trip = |trip| {
            let start = Instant::now();
            turn.store(2 * trip + 1, Ordering::Release);
            while turn.load(Ordering::Acquire) % 2 == 1 {
                pause();
            }
            elapsed(start)
        };
        let times = (0..trips).map(trip).collect();
        stop.store(true, Ordering::Release);
        times
    })
}

/// Starts a thread for each of `sleeps` and joins them all: the notes' experiments without an executor.
pub(crate) fn threads(sleeps: &[Duration]) -> Ns {
    let start = Instant::now();
    let threads: Vec<_> = sleeps.iter().map(|&sleep| std::thread::spawn(move || std::thread::sleep(sleep))).collect();
    threads.into_iter().for_each(|thread| thread.join().expect("it only sleeps"));
    elapsed(start)
}

/// Runs the tasks in two threads, of which one has the first `half`; the results in order.
pub(crate) fn halves(mut tasks: Vec<Work>, half: usize) -> Vec<u64> {
    let run =
        |tasks: Vec<Work>| -> Vec<u64> { tasks.into_iter().map(|task| task.run().expect("it cannot fail")).collect() };
    let second = tasks.split_off(half);
    std::thread::scope(|scope| {
        let second = scope.spawn(move || run(second));
        let mut values = run(tasks);
        values.extend(second.join().expect("no task panics"));
        values
    })
}

type Queue = Mutex<VecDeque<Job>>;

/// The tree of [`Fork`](crate::tasks::Fork) in one thread: each fork is a task with a future that goes through one queue.
/// There is nobody to wake, no executor to find, and no worker.
#[derive(Serialize, Deserialize)]
pub(crate) struct Alone {
    depth: u32,
    #[serde(skip)]
    queue: Arc<Queue>,
}

impl Task for Alone {
    const NAME: &'static str = "alone";
    type Output = u64;
    fn run(self) -> Result<u64, Raised> {
        Ok(forks(self.depth, &self.queue))
    }
}

/// What a fork of `thread` cannot do without.
pub(crate) fn forks(depth: u32, queue: &Arc<Queue>) -> u64 {
    if depth < 2 {
        return u64::from(depth);
    }
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let (job, future) = Job::with_future(Alone { depth: depth - 1, queue: Arc::clone(queue) });
    lock().push_back(job);
    fence(Ordering::SeqCst);
    let right = forks(depth - 2, queue);
    let job = lock().pop_back();
    job.into_iter().for_each(Job::run);
    future.result(None).expect("there is no limit").expect("the task cannot fail") + right
}
