//! The native executors, driven with gates: what they promise beyond what a conformance check
//! asks, and the races inside them.

mod adapters;
mod every;
mod gil;
mod map;
mod map_release;
mod serial;
mod stage;
mod thread_bound;
mod thread_initialiser;
mod thread_nested;
mod thread_shutdown;
mod thread_workers;
