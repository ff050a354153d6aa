//! The contenders: ours, procspawn, the pools of CPython, and the bare ring.

use crate::bare::{Bare, PONG, PONG_TASKS, Receipt};
use crate::measure::{children, elapsed, pin_process};
use crate::python::Python;
use crate::tasks::{Double, Echo};
use poolproof_executors::process::ProcessExecutor;
use poolproof_harness::{Executor, Failure, MapOptions, Outcome, Promise, Task};
use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

/// Round trips of a task with so many bytes, this many times.
type Trips = Box<dyn Fn(usize, usize) -> Vec<u64>>;
/// A map with this chunksize over so many items; how long it took.
type Map = Box<dyn Fn(usize, u64) -> u64>;

/// One open pool.
pub(crate) struct Arm {
    pub(crate) name: &'static str,
    pub(crate) trips: Trips,
    pub(crate) map: Option<Map>,
    /// How many trips or items a round of it takes, beside those of the fastest.
    pub(crate) share: f64,
}

/// Who submits, and who works, on which cores.
#[derive(Clone, Copy)]
pub(crate) struct Placement {
    pub(crate) name: &'static str,
    pub(crate) submitter: &'static [usize],
    pub(crate) workers: &'static [usize],
}

/// How long each of `count` trips took; what it carries is made before it begins.
fn times(bytes: usize, count: usize, mut trip: impl FnMut(Echo)) -> Vec<u64> {
    let content = vec![7; bytes];
    (0..count)
        .map(|_| {
            let task = Echo(content.clone().into());
            let start = Instant::now();
            trip(task);
            elapsed(start)
        })
        .collect()
}

pub(crate) fn own(workers: usize) -> Arm {
    let executor = std::rc::Rc::new(ProcessExecutor::new(workers).expect("the executor opens"));
    let other = std::rc::Rc::clone(&executor);
    Arm {
        name: "process",
        trips: Box::new(move |bytes, count| {
            times(bytes, count, |task| {
                let future = executor.submit(task).expect("it is open");
                assert_eq!(future.join().expect("it cannot fail").len(), bytes);
            })
        }),
        map: Some(Box::new(move |chunk, items| {
            let start = Instant::now();
            let options = MapOptions { chunksize: Some(chunk), ..MapOptions::default() };
            let results = other.map(&mut (0..items).map(Double), options).expect("it is open");
            let sum: u64 = results.map(|result| result.expect("no limit").expect("it cannot fail")).sum();
            assert_eq!(sum, items * (items - 1));
            elapsed(start)
        })),
        share: 1.0,
    }
}

fn procspawn(workers: usize) -> Arm {
    let pool = std::rc::Rc::new(procspawn::Pool::new(workers).expect("procspawn starts"));
    let other = std::rc::Rc::clone(&pool);
    Arm {
        name: "procspawn",
        trips: Box::new(move |bytes, count| {
            times(bytes, count, |task| {
                let handle = pool.spawn(task, |task| task.0);
                assert_eq!(handle.join().expect("it cannot fail").len(), bytes);
            })
        }),
        map: Some(Box::new(move |chunk, items| {
            let start = Instant::now();
            let numbers: Vec<u64> = (0..items).collect();
            let spawn = |part: &[u64]| {
                other.spawn(part.to_vec(), |part| part.into_iter().map(|number| number * 2).collect::<Vec<_>>())
            };
            let handles: Vec<_> = numbers.chunks(chunk).map(spawn).collect();
            let results = handles.into_iter().flat_map(|handle| handle.join().expect("it cannot fail"));
            assert_eq!(results.sum::<u64>(), items * (items - 1));
            elapsed(start)
        })),
        share: 0.1,
    }
}

fn python(name: &'static str, python: Python) -> Arm {
    let python = std::rc::Rc::new(RefCell::new(python));
    let other = std::rc::Rc::clone(&python);
    Arm {
        name,
        trips: Box::new(move |bytes, count| python.borrow_mut().trips(bytes, count)),
        map: Some(Box::new(move |chunk, items| other.borrow_mut().map(chunk, items))),
        share: 0.1,
    }
}

fn bare() -> Arm {
    let bare = RefCell::new(Bare::start(PONG));
    Arm {
        name: "bare ring",
        trips: Box::new(move |bytes, count| bare.borrow_mut().trips(bytes, count)),
        map: None,
        share: 1.0,
    }
}

/// The floor of a task that has a future and is serialised: all that, and no executor.
fn futures() -> Arm {
    let bare = RefCell::new(Bare::start(PONG_TASKS));
    let trip = move |bytes, count| times(bytes, count, |task| assert_eq!(bare.borrow_mut().run(task).len(), bytes));
    Arm { name: "ring, codec, future", trips: Box::new(trip), map: None, share: 1.0 }
}

/// The floor of a map whose every chunk is a message with a future: all of them are made first, as the whole input is read at
/// the call, and then sent, answered and completed one by one, all in one thread, and no executor.
pub(crate) fn messages() -> Arm {
    let map = |chunk: usize, items: u64| {
        let start = Instant::now();
        let (mut waiting, mut futures) = (VecDeque::<(Vec<u8>, Receipt)>::new(), VecDeque::new());
        let mut numbers = 0..items;
        while numbers.start < items {
            let mut message = Vec::with_capacity(112);
            for number in numbers.by_ref().take(chunk) {
                message = postcard::to_extend(&Double(number), message).expect("it fits");
            }
            let (promise, future) = Promise::<Vec<Outcome<u64>>>::pair();
            let receipt = Box::new(move |mut reply: &[u8]| {
                let mut outcomes = Vec::with_capacity(1);
                while !reply.is_empty() {
                    let (outcome, rest) = postcard::take_from_bytes::<Outcome<u64>>(reply).expect("as below");
                    outcomes.push(outcome);
                    reply = rest;
                }
                promise.complete(Ok(outcomes));
            });
            waiting.push_back((message, receipt as Receipt));
            futures.push_back(future);
        }
        let (mut ring, mut reply) = (Vec::new(), Vec::new());
        for (message, receipt) in waiting {
            ring.clear();
            ring.extend_from_slice(&message);
            reply.clear();
            let mut request = &ring[..];
            while !request.is_empty() {
                let (task, rest) = postcard::take_from_bytes::<Double>(request).expect("it was written just now");
                let outcome: Outcome<u64> = task.run().map_err(Failure::Raised);
                reply = postcard::to_extend(&outcome, std::mem::take(&mut reply)).expect("it fits");
                request = rest;
            }
            receipt(std::hint::black_box(&reply));
        }
        let outcomes = futures.into_iter().flat_map(|future| future.join().expect("it cannot fail"));
        assert_eq!(outcomes.map(|outcome| outcome.expect("it cannot fail")).sum::<u64>(), items * (items - 1));
        elapsed(start)
    };
    Arm { name: "messages, futures", trips: Box::new(|_, _| vec![0]), map: Some(Box::new(map)), share: 1.0 }
}

/// The floor of a map: every item and every result through the codec once, in one thread, without processes.
pub(crate) fn codec() -> Arm {
    let map = |_, items: u64| {
        let start = Instant::now();
        let mut buffer = Vec::new();
        let mut there_and_back = |number: u64| {
            buffer.clear();
            buffer = postcard::to_extend(&Double(number), std::mem::take(&mut buffer)).expect("it fits");
            let task: Double = postcard::from_bytes(&buffer).expect("it was written just now");
            buffer.clear();
            let outcome: Outcome<u64> = task.run().map_err(Failure::Raised);
            buffer = postcard::to_extend(&outcome, std::mem::take(&mut buffer)).expect("it fits");
            let outcome: Outcome<u64> = postcard::from_bytes(std::hint::black_box(&buffer)).expect("as above");
            outcome.expect("it cannot fail")
        };
        assert_eq!((0..items).map(&mut there_and_back).sum::<u64>(), items * (items - 1));
        elapsed(start)
    };
    Arm { name: "codec alone", trips: Box::new(|_, _| vec![0]), map: Some(Box::new(map)), share: 1.0 }
}

/// Everybody, placed: whatever this process and an interpreter run themselves belongs to the submitter, and
/// their children are the workers.
pub(crate) fn all(workers: usize, placement: Placement) -> Vec<Arm> {
    let me = std::process::id();
    pin_process(me, placement.submitter);
    let before: BTreeSet<u32> = children(me).into_iter().collect();
    let mut arms = vec![own(workers), bare(), futures(), procspawn(workers)];
    let mut interpreters = Vec::new();
    for (name, kind) in [("ProcessPoolExecutor", "executor"), ("multiprocessing.Pool", "pool")] {
        if let Some(started) = Python::start(kind, workers) {
            interpreters.push(started.pid());
            arms.push(python(name, started));
        }
    }
    for arm in &arms {
        (arm.trips)(64, 20);
        if let Some(map) = &arm.map {
            // With as many messages as start every worker.
            map(1, 200);
        }
    }
    for child in children(me).into_iter().filter(|child| !before.contains(child)) {
        if interpreters.contains(&child) {
            children(child).into_iter().for_each(|worker| pin_process(worker, placement.workers));
        } else {
            pin_process(child, placement.workers);
        }
    }
    arms
}
