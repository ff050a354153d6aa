//! A run: its directory, the machine it ran on, its records while they come and afterwards.

mod directory;
mod error;
mod halves;
mod host;
mod lines;
mod outcome;
mod partition;
mod quota;
mod reading;
mod recorder;
#[cfg(test)]
mod tests;

pub use directory::{default_directory, latest, utc_stamp};
pub use error::RunError;
pub use host::facts;
pub use lines::{Line, lines, lines_of_invocation};
pub use outcome::{Exit, Tally, exit_of};
pub(crate) use outcome::{KNOWN, is_broken_must};
pub use partition::Partition;
pub use reading::Run;
pub(crate) use reading::evidence_anchor;
pub use recorder::{Recorder, files};
