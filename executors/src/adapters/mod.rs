//! Adapters: third-party crates as executors, one file each.
//!
//! Every file is also an example of how to bring a pool under test: implement [`Spawn`] in a dozen
//! lines, declare honestly what the pool does not do, and name the file in the registry's table.
//!
//! [`Spawn`]: poolproof_harness::Spawn

#[cfg(feature = "affinitypool")]
pub mod affinitypool;
#[cfg(feature = "async-executor")]
pub mod async_executor;
#[cfg(feature = "beekeeper")]
pub mod beekeeper;
#[cfg(feature = "bevy_tasks")]
pub mod bevy_tasks;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "executors")]
pub mod executors;
#[cfg(feature = "futures")]
pub mod futures;
#[cfg(feature = "rayon")]
pub mod rayon;
#[cfg(feature = "rayon-par-iter")]
pub mod rayon_par_iter;
#[cfg(feature = "rusty_pool")]
pub mod rusty_pool;
#[cfg(feature = "scheduled-thread-pool")]
pub mod scheduled_thread_pool;
#[cfg(any(
    feature = "affinitypool",
    feature = "beekeeper",
    feature = "executors",
    feature = "rusty_pool",
    feature = "switchyard",
))]
mod slot;
#[cfg(feature = "switchyard")]
pub mod switchyard;
#[cfg(feature = "threadpool")]
pub mod threadpool;
#[cfg(feature = "tokio-spawn")]
pub mod tokio;
#[cfg(feature = "tokio")]
pub mod tokio_blocking;
#[cfg(feature = "workerpool")]
pub mod workerpool;
