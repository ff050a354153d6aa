//! An adapter under the same loop as its crate by hand.

use crate::by_hand::{Answer, ByHand};
use crate::gate::Step;
use poolproof_executors::address::Address;
use poolproof_executors::registry::Native;
use poolproof_harness::{Config, Executor, Future, Shutdown, Work};
use std::marker::PhantomData;

/// An adapter, through the trait `Executor` of its own type.
pub(crate) struct Through<N: Native> {
    executor: N::Executor,
    native: PhantomData<fn() -> N>,
}

/// What an adapter promises.
pub(crate) struct Promised<F>(F);

impl<F: Future<u64>> Answer for Promised<F> {
    #[inline(always)]
    fn wait(&mut self) -> u64 {
        match self.0.result_alone(None) {
            Ok(Ok(answer)) => answer,
            _ => 0,
        }
    }
}

impl<N: Native> ByHand for Through<N> {
    type Handle = Promised<<N::Executor as Executor>::Future<u64>>;

    fn open(address: &Address, workers: usize) -> Self {
        let native = N::configure(address.options()).expect("the options of an adapter");
        let executor = native.open(&Config::workers(workers)).expect("the adapter opens");
        Self { executor, native: PhantomData }
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        Promised(self.executor.submit(Step(work)).expect("the adapter accepts"))
    }
}

impl<N: Native> Drop for Through<N> {
    fn drop(&mut self) {
        self.executor.shutdown(Shutdown::WAIT);
    }
}
