//! Each crate by hand: its own handle where it has one, a channel of the standard library where not.

use crate::by_hand::{Answer, Awaited, Bare, ByHand, Once, run, send};
use crate::runtimes::{Blocking, Smol, Tokio, TokioBlocking};
use crate::through::Through;
use beekeeper::bee::stock::{Thunk as BeeThunk, ThunkWorker as BeeWorker};
use beekeeper::hive::{Builder as _, OpenBuilder, Outcome, OutcomeReceiver, outcome_channel};
use executors::crossbeam_channel_pool::ThreadPool as Channel;
use executors::crossbeam_workstealing_pool::{ThreadPool as Stealing, dyn_pool};
use executors::futures_executor::FuturesExecutor as _;
use executors::futures_executor::JoinHandle as ExecutorsHandle;
use executors::parker::{DynamicThreadData, StaticParker};
use futures_executor::ThreadPool as FuturesPool;
use futures_util::future::RemoteHandle;
use futures_util::task::SpawnExt as _;
use poolproof_executors::adapters;
use poolproof_executors::address::Address;
use poolproof_harness::{Contender, Work};
use rayon::{ThreadPool as Rayon, ThreadPoolBuilder};
use scheduled_thread_pool::ScheduledThreadPool;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, sync_channel};
use switchyard::Switchyard;
use switchyard::threads::ThreadAllocationOutput;
use threadpool::ThreadPool as Threadpool;
use workerpool::thunk::{Thunk, ThunkWorker};

/// Makes the contender at an address.
type Make = fn(&str) -> Box<dyn Contender>;

/// The crates by hand and their adapters, by the address of the adapter.
pub(crate) const CRATES: &[(&str, Make, Make)] = &[
    (
        "affinitypool",
        Bare::<affinitypool::Threadpool>::contender,
        Bare::<Through<adapters::affinitypool::AffinityNative>>::contender,
    ),
    (
        "async-executor",
        Bare::<Smol>::contender,
        Bare::<Through<adapters::async_executor::AsyncExecutorNative>>::contender,
    ),
    ("beekeeper", Bare::<Hive>::contender, Bare::<Through<adapters::beekeeper::BeekeeperNative>>::contender),
    (
        "bevy_tasks",
        Bare::<bevy_tasks::TaskPool>::contender,
        Bare::<Through<adapters::bevy_tasks::BevyNative>>::contender,
    ),
    ("blocking", Bare::<Blocking>::contender, Bare::<Through<adapters::blocking::BlockingNative>>::contender),
    ("executors", Bare::<Channel>::contender, Bare::<Through<adapters::executors::ExecutorsNative>>::contender),
    (
        "executors?pool=stealing",
        Bare::<Stealing<StaticParker<DynamicThreadData>>>::contender,
        Bare::<Through<adapters::executors::ExecutorsNative>>::contender,
    ),
    ("futures", Bare::<FuturesPool>::contender, Bare::<Through<adapters::futures::FuturesNative>>::contender),
    ("procspawn", Bare::<procspawn::Pool>::contender, Bare::<Through<adapters::procspawn::ProcspawnNative>>::contender),
    ("rayon", Bare::<Rayon>::contender, Bare::<Through<adapters::rayon::RayonNative>>::contender),
    // It submits as `rayon` does; what is its own is `map`.
    (
        "rayon-par-iter",
        Bare::<Rayon>::contender,
        Bare::<Through<adapters::rayon_par_iter::RayonParIterNative>>::contender,
    ),
    (
        "rusty_pool",
        Bare::<rusty_pool::ThreadPool>::contender,
        Bare::<Through<adapters::rusty_pool::RustyPoolNative>>::contender,
    ),
    (
        "scheduled-thread-pool",
        Bare::<ScheduledThreadPool>::contender,
        Bare::<Through<adapters::scheduled_thread_pool::ScheduledNative>>::contender,
    ),
    ("switchyard", Bare::<Switchyard<()>>::contender, Bare::<Through<adapters::switchyard::YardNative>>::contender),
    ("threadpool", Bare::<Threadpool>::contender, Bare::<Through<adapters::threadpool::ThreadpoolNative>>::contender),
    ("tokio", Bare::<Tokio>::contender, Bare::<Through<adapters::tokio::TokioNative>>::contender),
    (
        "tokio-blocking",
        Bare::<TokioBlocking>::contender,
        Bare::<Through<adapters::tokio_blocking::TokioBlockingNative>>::contender,
    ),
    (
        "workerpool",
        Bare::<workerpool::Pool<ThunkWorker<u64>>>::contender,
        Bare::<Through<adapters::workerpool::WorkerpoolNative>>::contender,
    ),
];

impl ByHand for Rayon {
    type Handle = Receiver<u64>;

    fn open(_: &Address, workers: usize) -> Self {
        ThreadPoolBuilder::new().num_threads(workers).build().expect("rayon starts its threads")
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Receiver<u64> {
        let (said, heard) = sync_channel(1);
        self.spawn(move || send(&said, work));
        heard
    }
}

impl ByHand for Threadpool {
    type Handle = Receiver<u64>;

    fn open(_: &Address, workers: usize) -> Self {
        Self::new(workers)
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Receiver<u64> {
        let (said, heard) = sync_channel(1);
        self.execute(move || send(&said, work));
        heard
    }
}

impl ByHand for ScheduledThreadPool {
    type Handle = Receiver<u64>;

    fn open(_: &Address, workers: usize) -> Self {
        Self::new(workers)
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Receiver<u64> {
        let (said, heard) = sync_channel(1);
        let _ = self.execute(move || send(&said, work));
        heard
    }
}

impl ByHand for workerpool::Pool<ThunkWorker<u64>> {
    type Handle = Receiver<u64>;

    fn open(_: &Address, workers: usize) -> Self {
        Self::new(workers)
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Receiver<u64> {
        // `execute_to` takes a sender without a bound.
        let (said, heard) = std::sync::mpsc::channel();
        self.execute_to(said, Thunk::of(move || run(work)));
        heard
    }
}

/// beekeeper's hive, over one channel.
type Hive = beekeeper::hive::DefaultHive<BeeWorker<u64>>;

impl ByHand for Hive {
    type Handle = OutcomeReceiver<BeeWorker<u64>>;

    fn open(_: &Address, workers: usize) -> Self {
        let builder = OpenBuilder::empty().num_threads(workers).with_no_local_batching();
        builder.with_worker_default::<BeeWorker<u64>>().with_channel_queues().build()
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        let (said, heard) = outcome_channel();
        self.apply_send(BeeThunk::from(move || run(work)), said);
        heard
    }
}

impl Answer for OutcomeReceiver<BeeWorker<u64>> {
    #[inline(always)]
    fn wait(&mut self) -> u64 {
        match self.recv() {
            Ok(Outcome::Success { value, .. }) => value,
            _ => 0,
        }
    }
}

impl ByHand for procspawn::Pool {
    type Handle = procspawn::JoinHandle<u64>;

    fn open(_: &Address, workers: usize) -> Self {
        Self::new(workers).expect("procspawn starts its processes")
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        self.spawn(work, run)
    }
}

impl ByHand for affinitypool::Threadpool {
    type Handle = Awaited<Pin<Box<dyn Future<Output = u64> + Send>>>;

    fn open(_: &Address, workers: usize) -> Self {
        Self::new(workers)
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        Awaited(Box::pin(self.spawn(move || run(work))))
    }
}

impl ByHand for bevy_tasks::TaskPool {
    type Handle = Awaited<bevy_tasks::Task<u64>>;

    fn open(_: &Address, workers: usize) -> Self {
        bevy_tasks::TaskPoolBuilder::new().num_threads(workers).build()
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        Awaited(self.spawn(async move { run(work) }))
    }
}

impl ByHand for Channel {
    type Handle = Awaited<ExecutorsHandle<u64>>;

    fn open(_: &Address, workers: usize) -> Self {
        Self::new(workers)
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        Awaited(self.spawn(async move { run(work) }))
    }
}

impl ByHand for Stealing<StaticParker<DynamicThreadData>> {
    type Handle = Awaited<ExecutorsHandle<u64>>;

    fn open(_: &Address, workers: usize) -> Self {
        dyn_pool(workers)
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        Awaited(self.spawn(async move { run(work) }))
    }
}

impl ByHand for FuturesPool {
    type Handle = Awaited<RemoteHandle<u64>>;

    fn open(_: &Address, workers: usize) -> Self {
        Self::builder().pool_size(workers).create().expect("futures-executor starts its threads")
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        Awaited(self.spawn_with_handle(async move { run(work) }).expect("the pool accepts"))
    }
}

impl ByHand for rusty_pool::ThreadPool {
    type Handle = rusty_pool::JoinHandle<u64>;

    fn open(_: &Address, workers: usize) -> Self {
        rusty_pool::Builder::new().core_size(workers).max_size(workers).build()
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        self.evaluate(move || run(work))
    }
}

impl ByHand for Switchyard<()> {
    type Handle = Once<switchyard::JoinHandle<u64>>;

    fn open(_: &Address, workers: usize) -> Self {
        let threads =
            (0..workers).map(|ident| ThreadAllocationOutput { name: None, ident, stack_size: None, affinity: None });
        Self::new(threads, || ()).expect("switchyard starts its threads")
    }

    #[inline(always)]
    fn submit(&self, work: Work) -> Self::Handle {
        Once(Some(self.spawn(0, async move { run(work) })))
    }
}
