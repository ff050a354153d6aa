//! The native executors, one line each.

use super::native::Row;

/// Every native executor of this build.
pub(super) const ROWS: &[Row] = &[
    Row::of::<crate::serial::SerialNative>(),
    Row::of::<crate::thread::ThreadNative>(),
    Row::of::<crate::process::ProcessNative>(),
];

/// Crates that this build leaves out, with the feature that brings each in.
pub(super) const LEFT_OUT: &[(&str, &str)] = &[
    #[cfg(not(feature = "rayon"))]
    ("rayon", "rayon"),
    #[cfg(not(feature = "tokio"))]
    ("tokio-blocking", "tokio"),
];
