//! The asynchronous runtimes by hand.

use crate::by_hand::{Answer, Awaited, ByHand, run};
use async_executor::Executor;
use futures_executor::block_on;
use poolproof_executors::address::Address;
use poolproof_harness::Work;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

impl Answer for JoinHandle<u64> {
    #[inline(always)]
    fn wait(&mut self) -> u64 {
        block_on(self).unwrap_or(0)
    }
}

/// tokio's scheduler.
pub(crate) struct Tokio(Runtime);

impl ByHand for Tokio {
    type Handle = JoinHandle<u64>;

    fn open(_: &Address, workers: usize) -> Self {
        Self(Builder::new_multi_thread().worker_threads(workers).build().expect("tokio starts"))
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        self.0.spawn(async move { run(work) })
    }
}

/// tokio's blocking pool.
pub(crate) struct TokioBlocking(Runtime);

impl ByHand for TokioBlocking {
    type Handle = JoinHandle<u64>;

    fn open(_: &Address, workers: usize) -> Self {
        Self(Builder::new_current_thread().max_blocking_threads(workers).build().expect("tokio starts"))
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        self.0.spawn_blocking(move || run(work))
    }
}

/// smol's pool for blocking work, of which there is one.
pub(crate) struct Blocking;

impl ByHand for Blocking {
    type Handle = Awaited<blocking::Task<u64>>;

    fn open(_: &Address, _workers: usize) -> Self {
        Self
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        Awaited(blocking::unblock(move || run(work)))
    }
}

/// smol's executor, with the threads that run it.
pub(crate) struct Smol {
    executor: Arc<Executor<'static>>,
    /// The threads end when this is dropped.
    _open: async_channel::Sender<Infallible>,
}

impl ByHand for Smol {
    type Handle = Awaited<async_executor::Task<u64>>;

    fn open(_: &Address, workers: usize) -> Self {
        let executor = Arc::new(Executor::new());
        let (open, closed) = async_channel::bounded(1);
        for _ in 0..workers {
            let (executor, closed) = (Arc::clone(&executor), closed.clone());
            std::thread::spawn(move || {
                let _ = block_on(executor.run(closed.recv()));
            });
        }
        Self { executor, _open: open }
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        Awaited(self.executor.spawn(async move { run(work) }))
    }
}
