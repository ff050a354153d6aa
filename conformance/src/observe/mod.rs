//! Finds out by experiment which policies an executor follows.
//!
//! A check decides whether a promise is kept; an experiment finds out what an executor does where
//! executors legitimately differ. It believes nothing that the profile declares but where tasks
//! run, and a call that never returns is an answer, too.

mod complete;
mod experiments;
mod observation;
mod policy;
mod seen;

pub(crate) use complete::{complete, decisive};
pub use observation::{Observation, Standing};
pub use policy::{Policy, find_policy, policies};
pub use seen::Seen;
