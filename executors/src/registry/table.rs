//! The native executors, one line each.

use super::native::Row;

/// Every native executor of this build.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    Row::of::<crate::serial::SerialNative>(),
    Row::of::<crate::thread::ThreadNative>(),
    Row::of::<crate::process::ProcessNative>(),
    Row::of::<crate::gil::GilNative>(),
    Row::of::<crate::thread_per_task::ThreadPerTaskNative>(),
    #[cfg(feature = "affinitypool")]
    Row::of::<crate::adapters::affinitypool::AffinityNative>(),
    #[cfg(feature = "async-executor")]
    Row::of::<crate::adapters::async_executor::AsyncExecutorNative>(),
    #[cfg(feature = "beekeeper")]
    Row::of::<crate::adapters::beekeeper::BeekeeperNative>(),
    #[cfg(feature = "bevy_tasks")]
    Row::of::<crate::adapters::bevy_tasks::BevyNative>(),
    #[cfg(feature = "blocking")]
    Row::of::<crate::adapters::blocking::BlockingNative>(),
    #[cfg(feature = "chili")]
    Row::only_benched::<crate::adapters::chili::ChiliBenched>(),
    #[cfg(feature = "executors")]
    Row::of::<crate::adapters::executors::ExecutorsNative>(),
    #[cfg(feature = "futures")]
    Row::of::<crate::adapters::futures::FuturesNative>(),
    #[cfg(feature = "procspawn")]
    Row::of::<crate::adapters::procspawn::ProcspawnNative>(),
    #[cfg(feature = "rayon")]
    Row::of::<crate::adapters::rayon::RayonNative>(),
    #[cfg(feature = "rayon-par-iter")]
    Row::of::<crate::adapters::rayon_par_iter::RayonParIterNative>(),
    #[cfg(feature = "rusty_pool")]
    Row::of::<crate::adapters::rusty_pool::RustyPoolNative>(),
    #[cfg(feature = "scheduled-thread-pool")]
    Row::of::<crate::adapters::scheduled_thread_pool::ScheduledNative>(),
    #[cfg(feature = "switchyard")]
    Row::of::<crate::adapters::switchyard::YardNative>(),
    #[cfg(feature = "threadpool")]
    Row::of::<crate::adapters::threadpool::ThreadpoolNative>(),
    #[cfg(feature = "tokio-spawn")]
    Row::of::<crate::adapters::tokio::TokioNative>(),
    #[cfg(feature = "tokio")]
    Row::of::<crate::adapters::tokio_blocking::TokioBlockingNative>(),
    #[cfg(feature = "workerpool")]
    Row::of::<crate::adapters::workerpool::WorkerpoolNative>(),
];

/// Crates that this build leaves out, with the feature that brings each in.
pub(super) const LEFT_OUT: &[(&str, &str)] = &[
    #[cfg(not(feature = "affinitypool"))]
    ("affinitypool", "affinitypool"),
    #[cfg(not(feature = "async-executor"))]
    ("async-executor", "async-executor"),
    #[cfg(not(feature = "beekeeper"))]
    ("beekeeper", "beekeeper"),
    #[cfg(not(feature = "bevy_tasks"))]
    ("bevy_tasks", "bevy_tasks"),
    #[cfg(not(feature = "blocking"))]
    ("blocking", "blocking"),
    #[cfg(not(feature = "chili"))]
    ("chili", "chili"),
    #[cfg(not(feature = "executors"))]
    ("executors", "executors"),
    #[cfg(not(feature = "futures"))]
    ("futures", "futures"),
    #[cfg(not(feature = "procspawn"))]
    ("procspawn", "procspawn"),
    #[cfg(not(feature = "rayon"))]
    ("rayon", "rayon"),
    #[cfg(not(feature = "rayon-par-iter"))]
    ("rayon-par-iter", "rayon-par-iter"),
    #[cfg(not(feature = "rusty_pool"))]
    ("rusty_pool", "rusty_pool"),
    #[cfg(not(feature = "scheduled-thread-pool"))]
    ("scheduled-thread-pool", "scheduled-thread-pool"),
    #[cfg(not(feature = "switchyard"))]
    ("switchyard", "switchyard"),
    #[cfg(not(feature = "threadpool"))]
    ("threadpool", "threadpool"),
    #[cfg(not(feature = "tokio-spawn"))]
    ("tokio", "tokio-spawn"),
    #[cfg(not(feature = "tokio"))]
    ("tokio-blocking", "tokio"),
    #[cfg(not(feature = "workerpool"))]
    ("workerpool", "workerpool"),
];

/// Crates that people ask for and that cannot be built in, with the reason.
pub(super) const OUT_OF_REACH: &[(&str, &str)] = &[
    (
        "threadfin",
        "threadfin 0.1.2 demands once_cell 1.14 at most, tempfile demands 1.19 at least, and cargo locks a single \
         1.x for a workspace",
    ),
    ("forte", "forte 1.0.0-beta.2 demands Rust 1.96, this project 1.89"),
];
