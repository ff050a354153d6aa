//! A crate used as its documentation shows it, without an adapter, and the loop that it runs under.

use crate::gate::{self, AT_GATE, Step};
use crate::name_of;
use futures_executor::block_on;
use poolproof_executors::address::Address;
use poolproof_harness::{Contender, Dispatch, Round, RoundError, RoundSpec, SetupError, Task, Work, now_ns};
use std::mem::MaybeUninit;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread;
use std::time::Duration;

/// One crate, used by hand; or its adapter.
///
/// `submit`, like `wait` of its handles, is `#[inline(always)]`: who uses a crate has its calls in the loop itself, and what
/// the compiler makes of this trait is neither the crate's nor the adapter's.
pub(crate) trait ByHand: Send + Sized + 'static {
    /// What a caller keeps of a task until its result is there.
    type Handle: Answer;

    /// Starts the pool of this address.
    fn open(address: &Address, workers: usize) -> Self;

    /// Passes a task on.
    fn submit(&self, work: Work) -> Self::Handle;
}

/// Something that can be waited for, once.
///
/// It is not used up: as in the rounds of an adapter, what is left of it is dropped when the clock has
/// stopped.
pub(crate) trait Answer {
    /// Waits for the answer of the task.
    fn wait(&mut self) -> u64;
}

impl Answer for Receiver<u64> {
    #[inline(always)]
    fn wait(&mut self) -> u64 {
        self.recv().unwrap_or(0)
    }
}

/// A handle that is a future.
pub(crate) struct Awaited<F>(pub(crate) F);

impl<F: Future<Output = u64> + Unpin> Answer for Awaited<F> {
    #[inline(always)]
    fn wait(&mut self) -> u64 {
        block_on(&mut self.0)
    }
}

impl Answer for rusty_pool::JoinHandle<u64> {
    #[inline(always)]
    fn wait(&mut self) -> u64 {
        // What `await_complete` does, which would use it up.
        block_on(&mut self.receiver).unwrap_or(0)
    }
}

/// A handle that waiting uses up, because it must not move once it is polled.
pub(crate) struct Once<H>(pub(crate) Option<H>);

impl Answer for Once<switchyard::JoinHandle<u64>> {
    #[inline(always)]
    fn wait(&mut self) -> u64 {
        self.0.take().map_or(0, block_on)
    }
}

impl Answer for procspawn::JoinHandle<u64> {
    #[inline(always)]
    fn wait(&mut self) -> u64 {
        // `join` would use it up.
        self.join_timeout(Duration::MAX / 4).unwrap_or(0)
    }
}

/// What the task does in the worker; the benchmark's tasks never fail.
pub(crate) fn run(work: Work) -> u64 {
    Step(work).run().unwrap_or(0)
}

/// What the task does in the worker of a pool that has no handles.
pub(crate) fn send(said: &SyncSender<u64>, work: Work) {
    let _ = said.send(run(work));
}

/// A crate by hand, or its adapter, as a contender.
pub(crate) struct Bare<B> {
    address: String,
    pool: Option<B>,
}

impl<B: ByHand> Bare<B> {
    pub(crate) fn contender(address: &str) -> Box<dyn Contender> {
        Box::new(Self { address: address.to_owned(), pool: None })
    }
}

impl<B: ByHand> Contender for Bare<B> {
    fn address(&self) -> &str {
        &self.address
    }

    fn open(&mut self, workers: usize) -> Result<(), SetupError> {
        self.close();
        let address = Address::parse(name_of(&self.address)).map_err(|error| SetupError::failed(error.to_string()))?;
        // A thread of its own allocates from memory that nobody has used. So the pool itself stands at the same places of the
        // cache's lines by hand and through the adapter, which decides what its threads have to take from each other.
        let opened = thread::scope(|scope| scope.spawn(|| B::open(&address, workers)).join());
        self.pool = Some(opened.unwrap_or_else(|panic| resume_unwind(panic)));
        Ok(())
    }

    fn round(&mut self, spec: &RoundSpec) -> Result<Round, RoundError> {
        let pool = self.pool.as_ref().ok_or_else(|| RoundError::Died("no pool is open".into()))?;
        let work = |number| Work { number, workload: spec.workload, turns: 0, port: spec.port };
        let tasks = usize::try_from(spec.tasks).unwrap_or(0);
        let mut trips_ns = Vec::new();
        // As everywhere, there is memory for the handles before the clock starts.
        let mut handles = memory_for(if spec.dispatch == Dispatch::OneByOne { 0 } else { tasks });
        let held = matches!(spec.dispatch, Dispatch::Held(_));
        let at_gate = held.then(|| gate::send_worker(|| pool.submit(work(AT_GATE))));
        let start = now_ns();
        if spec.dispatch == Dispatch::OneByOne {
            trips_ns.reserve(tasks);
            for number in 0..spec.tasks {
                let begin = now_ns();
                verify(number, pool.submit(work(number)).wait())?;
                trips_ns.push(now_ns() - begin);
            }
        } else {
            handles.extend((0..spec.tasks).map(|number| pool.submit(work(number))));
            let Some((last, others)) = handles.split_last_mut() else { return Ok(Round::default()) };
            if held {
                gate::open();
                // Who waits for the last one sleeps once, while the worker runs all of them.
                verify(spec.tasks - 1, last.wait())?;
            }
            for (number, handle) in (0..).zip(others) {
                verify(number, handle.wait())?;
            }
            if !held {
                verify(spec.tasks - 1, last.wait())?;
            }
        }
        drop(at_gate);
        Ok(Round { elapsed_ns: now_ns() - start, trips_ns, stamps: Vec::new() })
    }

    fn close(&mut self) {
        self.pool = None;
    }
}

/// Memory for so many handles, of the same size whatever they are.
///
/// Where the allocator finds the memory for the tasks hangs on where this block was, and on what became of it.
fn memory_for<H>(tasks: usize) -> Vec<H> {
    /// Bytes for each. The largest handle, which is the one of `switchyard` through its adapter, takes 96.
    const ROOM: usize = 128;
    const { assert!(size_of::<H>() > 0 && size_of::<H>() <= ROOM) };
    let mut handles = Vec::with_capacity(tasks * ROOM / size_of::<H>());
    handles.spare_capacity_mut()[..tasks].fill_with(MaybeUninit::zeroed);
    handles
}

fn verify(number: u64, answer: u64) -> Result<(), RoundError> {
    if answer == Work::answer(number) {
        Ok(())
    } else {
        Err(RoundError::Wrong(format!("task {number} answered {answer:#x}")))
    }
}
