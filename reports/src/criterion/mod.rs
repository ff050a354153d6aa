//! Reads what `cargo bench` with criterion leaves behind, of any project, into comparison tables.
//!
//! Criterion keeps a directory for each benchmark, `target/criterion/GROUP/FUNCTION/VALUE/`, in it
//! `new` for the last run and one for each saved baseline (`base` is the run before). The format is
//! its own and has changed: the current layout has lower-case keys, the older one capitalised ones,
//! and the oldest no `benchmark.json`. All three are read; what cannot be is named.

mod entry;
mod layout;
mod records;
mod tables;
mod walk;

pub use entry::Entry;
pub use tables::tables;
pub use walk::{Collection, read};
