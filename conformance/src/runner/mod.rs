//! The runner: one child process per check, a deadline kept from outside, one verdict each.

mod audit;
mod autopsy;
mod check;
mod child;
mod launch;
mod observe;
mod options;
mod protocol;

pub(crate) use autopsy::with_descendants;
pub use check::Runner;
pub use child::serve_if_child;
pub(crate) use child::{run as run_child, take_assignment};
pub(crate) use launch::Reentry;
pub(crate) use observe::Observed;
pub use options::Options;
