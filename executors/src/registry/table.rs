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
    #[cfg(feature = "rayon")]
    Row::of::<crate::adapters::rayon::RayonNative>(),
    #[cfg(feature = "tokio")]
    Row::of::<crate::adapters::tokio_blocking::TokioBlockingNative>(),
];

/// Crates that this build leaves out, with the feature that brings each in.
pub(super) const LEFT_OUT: &[(&str, &str)] = &[
    #[cfg(not(feature = "rayon"))]
    ("rayon", "rayon"),
    #[cfg(not(feature = "tokio"))]
    ("tokio-blocking", "tokio"),
];
