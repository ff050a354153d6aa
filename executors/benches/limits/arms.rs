//! The contenders: ours and its peers behind the adapter traits, and each once more by hand.

use crate::tasks::Number;
use poolproof_executors::registry;
use poolproof_executors::thread::ThreadExecutor;
use poolproof_harness::{Contender, Dispatch, Executor, Future, RoundSpec, Work, Workload};
use std::cell::RefCell;
use std::time::Instant;

/// Times in nanoseconds.
pub(crate) type Ns = u64;

/// One open pool, and the two things that every pool can do.
pub(crate) struct Arm {
    pub(crate) name: String,
    /// Submits this many empty tasks, then collects their results in order; the time it took.
    pub(crate) flood: Box<dyn Fn(u64) -> Ns>,
    /// Submits one task and waits for it, this many times; each round trip.
    pub(crate) trips: Box<dyn Fn(u64) -> Vec<Ns>>,
}

pub(crate) fn elapsed(start: Instant) -> Ns {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// The contender at `address`, through the traits.
pub(crate) fn contender(address: &str, workers: usize) -> Box<dyn Contender> {
    let mut contender = registry::contender(address).unwrap_or_else(|error| panic!("{error}"));
    contender.open(workers).unwrap_or_else(|error| panic!("{address}: {error}"));
    contender
}

/// A round of `tasks` tasks through the traits.
pub(crate) fn spec(workload: Workload, tasks: u64, dispatch: Dispatch) -> RoundSpec {
    RoundSpec { workload, tasks, dispatch, port: 0 }
}

fn by_traits(address: &str, workers: usize) -> Arm {
    let shared = std::rc::Rc::new(RefCell::new(contender(address, workers)));
    let other = std::rc::Rc::clone(&shared);
    let run = |contender: &RefCell<Box<dyn Contender>>, tasks, dispatch| {
        let spec = spec(Workload::Empty, tasks, dispatch);
        contender.borrow_mut().round(&spec).unwrap_or_else(|error| panic!("{error}"))
    };
    Arm {
        name: address.to_owned(),
        flood: Box::new(move |tasks| run(&shared, tasks, Dispatch::Submit).elapsed_ns),
        trips: Box::new(move |tasks| run(&other, tasks, Dispatch::OneByOne).trips_ns),
    }
}

/// A pool by hand: `submit` hands a task over, `wait` collects its result.
fn by_hand<P: Clone + 'static, F>(
    name: &str,
    pool: P,
    submit: impl Fn(&P, u64) -> F + Copy + 'static,
    wait: impl Fn(&P, F) -> u64 + Copy + 'static,
) -> Arm {
    let other = pool.clone();
    let flood = move |tasks| {
        let start = Instant::now();
        let futures: Vec<F> = (0..tasks).map(|number| submit(&pool, number)).collect();
        for (number, future) in (0..).zip(futures) {
            assert_eq!(wait(&pool, future), Work::answer(number));
        }
        elapsed(start)
    };
    let trips = move |tasks| {
        let trip = |number| {
            let start = Instant::now();
            assert_eq!(wait(&other, submit(&other, number)), Work::answer(number));
            elapsed(start)
        };
        (0..tasks).map(trip).collect()
    };
    Arm { name: format!("{name} by hand"), flood: Box::new(flood), trips: Box::new(trips) }
}

fn received(receiver: oneshot::Receiver<u64>) -> u64 {
    receiver.recv().expect("the task sends its result")
}

/// What the task itself costs without a pool: the allocation and the slot of its result.
pub(crate) fn inline() -> Arm {
    by_hand(
        "inline",
        (),
        |(), number| {
            let (sender, receiver) = oneshot::channel();
            let task: Box<dyn FnOnce()> = Box::new(move || drop(sender.send(Work::answer(number))));
            task();
            receiver
        },
        |(), receiver| received(receiver),
    )
}

fn rayon(workers: usize) -> Arm {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build().expect("rayon starts");
    by_hand(
        "rayon spawn",
        std::rc::Rc::new(pool),
        |pool, number| {
            let (sender, receiver) = oneshot::channel();
            pool.spawn(move || drop(sender.send(Work::answer(number))));
            receiver
        },
        |_, receiver| received(receiver),
    )
}

fn tokio(workers: usize, blocking: bool) -> Arm {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let builder = if blocking {
        builder.worker_threads(1).max_blocking_threads(workers)
    } else {
        builder.worker_threads(workers)
    };
    let runtime = std::rc::Rc::new(builder.build().expect("tokio starts"));
    let wait = |runtime: &std::rc::Rc<tokio::runtime::Runtime>, handle: tokio::task::JoinHandle<u64>| {
        runtime.block_on(handle).expect("the task ends")
    };
    if blocking {
        return by_hand(
            "tokio spawn_blocking",
            runtime,
            |runtime, number| runtime.spawn_blocking(move || Work::answer(number)),
            wait,
        );
    }
    by_hand("tokio spawn", runtime, |runtime, number| runtime.spawn(async move { Work::answer(number) }), wait)
}

pub(crate) fn threadpool(workers: usize) -> Arm {
    by_hand(
        "threadpool",
        threadpool::ThreadPool::new(workers),
        |pool, number| {
            let (sender, receiver) = oneshot::channel();
            pool.execute(move || drop(sender.send(Work::answer(number))));
            receiver
        },
        |_, receiver| received(receiver),
    )
}

fn rusty_pool(workers: usize) -> Arm {
    let pool = rusty_pool::ThreadPool::new(workers, workers, std::time::Duration::from_secs(60));
    by_hand(
        "rusty_pool evaluate",
        pool,
        |pool, number| pool.evaluate(move || Work::answer(number)),
        |_, handle| handle.await_complete(),
    )
}

fn futures(workers: usize) -> Arm {
    let pool = futures_executor::ThreadPool::builder().pool_size(workers).create().expect("futures starts");
    by_hand(
        "futures ThreadPool",
        pool,
        |pool, number| {
            let (sender, receiver) = oneshot::channel();
            pool.spawn_ok(async move { drop(sender.send(Work::answer(number))) });
            receiver
        },
        |_, receiver| received(receiver),
    )
}

fn async_executor(workers: usize) -> Arm {
    let executor = std::sync::Arc::new(async_executor::Executor::new());
    for _ in 0..workers {
        let executor = std::sync::Arc::clone(&executor);
        std::thread::spawn(move || futures_lite::future::block_on(executor.run(std::future::pending::<()>())));
    }
    by_hand(
        "async-executor",
        executor,
        |executor, number| executor.spawn(async move { Work::answer(number) }),
        |_, task| futures_lite::future::block_on(task),
    )
}

/// Ours, without the registry in between.
pub(crate) fn own(workers: usize) -> Arm {
    by_hand(
        "thread",
        std::rc::Rc::new(ThreadExecutor::new(workers).expect("at least one worker")),
        |pool, number| pool.submit(Number(number)).expect("it is open"),
        |_, future| future.result(None).expect("there is no limit").expect("the task cannot fail"),
    )
}

/// The plain pool: one mutex, one condition variable, a wake-up for each task.
pub(crate) fn plain(workers: usize) -> Arm {
    use std::sync::{Arc, Condvar, Mutex};
    type Queue = (Mutex<std::collections::VecDeque<Box<dyn FnOnce() + Send>>>, Condvar);
    let queue: Arc<Queue> = Arc::default();
    for _ in 0..workers {
        let queue = Arc::clone(&queue);
        std::thread::spawn(move || {
            loop {
                let mut tasks = queue.0.lock().expect("no task panics");
                let task = loop {
                    match tasks.pop_front() {
                        Some(task) => break task,
                        None => tasks = queue.1.wait(tasks).expect("no task panics"),
                    }
                };
                drop(tasks);
                task();
            }
        });
    }
    by_hand(
        "plain mutex+condvar",
        queue,
        |queue, number| {
            let cell = Arc::new((Mutex::new(None), Condvar::new()));
            let inner = Arc::clone(&cell);
            let task = Box::new(move || {
                *inner.0.lock().expect("no task panics") = Some(Work::answer(number));
                inner.1.notify_one();
            });
            queue.0.lock().expect("no task panics").push_back(task);
            queue.1.notify_one();
            cell
        },
        |_, cell| {
            let mut value = cell.0.lock().expect("no task panics");
            loop {
                match *value {
                    Some(value) => return value,
                    None => value = cell.1.wait(value).expect("no task panics"),
                }
            }
        },
    )
}

/// Everybody's address in the registry.
const PEERS: &[&str] = &["rayon", "tokio", "tokio-blocking", "threadpool", "rusty_pool", "futures", "async-executor"];

/// Ours behind the traits, then by hand; then the peers in both ways.
pub(crate) fn all(workers: usize) -> Vec<Arm> {
    let mut arms = vec![by_traits("thread", workers), own(workers)];
    arms.extend(PEERS.iter().map(|address| by_traits(address, workers)));
    arms.extend([
        rayon(workers),
        tokio(workers, false),
        tokio(workers, true),
        threadpool(workers),
        rusty_pool(workers),
        futures(workers),
        async_executor(workers),
    ]);
    arms
}
