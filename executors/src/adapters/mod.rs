//! Adapters: third-party crates as executors, one file each.
//!
//! Every file is also an example of how to bring a pool under test. A pool that only runs closures
//! implements [`Spawn`] in a dozen lines; one with handles of its own implements [`Executor`], and is
//! judged by what its handles do. Either declares honestly what the pool does not do, and is named in
//! the registry's table.
//!
//! [`Spawn`]: poolproof_harness::Spawn
//! [`Executor`]: poolproof_harness::Executor

#[cfg(feature = "affinitypool")]
pub mod affinitypool;
#[cfg(feature = "async-executor")]
pub mod async_executor;
#[cfg(feature = "handles")]
pub mod awaited;
#[cfg(feature = "beekeeper")]
pub mod beekeeper;
#[cfg(feature = "bevy_tasks")]
pub mod bevy_tasks;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(any(feature = "handles", all(loom, test)))]
mod brief;
#[cfg(feature = "chili")]
pub mod chili;
#[cfg(feature = "executors")]
pub mod executors;
#[cfg(feature = "futures")]
pub mod futures;
#[cfg(feature = "handles")]
pub mod handle;
#[cfg(feature = "switchyard")]
mod pinned;
#[cfg(feature = "procspawn")]
pub mod procspawn;
#[cfg(feature = "handles")]
mod pump;
#[cfg(feature = "rayon")]
pub mod rayon;
#[cfg(feature = "rayon-par-iter")]
pub mod rayon_par_iter;
#[cfg(feature = "tokio")]
pub mod roomy;
#[cfg(feature = "rusty_pool")]
pub mod rusty_pool;
#[cfg(feature = "scheduled-thread-pool")]
pub mod scheduled_thread_pool;
#[cfg(feature = "procspawn")]
pub mod shared_handle;
#[cfg(any(feature = "affinitypool", feature = "beekeeper", feature = "rusty_pool", feature = "switchyard",))]
mod slot;
#[cfg(feature = "handles")]
pub mod started;
#[cfg(feature = "switchyard")]
pub mod switchyard;
#[cfg(feature = "threadpool")]
pub mod threadpool;
#[cfg(feature = "tokio-spawn")]
pub mod tokio;
#[cfg(feature = "tokio")]
pub mod tokio_blocking;
#[cfg(feature = "handles")]
mod told;
#[cfg(feature = "workerpool")]
pub mod workerpool;
