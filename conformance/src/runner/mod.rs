//! The runner: one child process per check, a deadline kept from outside, one verdict each.
//!
//! ```text
//! runner ──> lane ──socket──> warden ──fork──> child ──> whatever the subject starts
//!            one a job        watches,         decides,
//!                             sweeps           reports
//! ```

#[cfg(test)]
mod asleep;
mod audit;
mod autopsy;
mod check;
mod child;
mod conclude;
mod family;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod judge;
mod lane;
#[cfg(test)]
mod late;
mod limits;
mod listen;
mod machine;
mod observe;
mod observing;
mod options;
mod protocol;
mod starved;
#[cfg(test)]
mod starving;
mod turns;
#[cfg(test)]
mod unsaid;
mod warden;
mod watched;
#[cfg(test)]
mod within;

pub(crate) use check::Held;
pub use check::Runner;
pub use child::serve_if_child;
pub(crate) use child::{run as run_child, take_assignment};
pub(crate) use family::{ThreadStat, with_descendants};
pub(crate) use lane::Reentry;
pub use limits::Limits;
pub(crate) use machine::Calibration;
pub(crate) use observe::Observed;
pub use options::Options;
