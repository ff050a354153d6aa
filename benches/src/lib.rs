//! Sweeps.
pub mod stats;
