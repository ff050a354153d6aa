//! What the runner and the child process of a check tell each other.
//!
//! The child gets its assignment in an environment variable and answers with JSON Lines over an
//! inherited socket of its own, so that nothing the subject prints can be mistaken for an answer.

use crate::trial::{Assertions, Judged, Stop};
use poolproof_harness::{Event, Verdict};
use serde::{Deserialize, Serialize};

/// The environment variable that makes a process the child of a check.
pub(crate) const ASSIGNMENT: &str = "POOLPROOF_CHECK";

/// What a child is asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// The descriptor to answer on.
    pub(crate) descriptor: i32,
    /// The subject's address.
    pub(crate) subject: String,
    /// The requirement's id.
    pub(crate) requirement: String,
    /// How many workers executors have.
    pub(crate) workers: usize,
    /// The seed of random choices.
    pub(crate) seed: u64,
    /// How many ticks something that must happen is waited for.
    pub(crate) ticks: u32,
    /// What is done with the assertions of the check.
    pub(crate) assertions: Assertions,
}

/// What the child is doing; a hang is attributed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// Finding the subject.
    Setup,
    /// The check itself.
    Check,
    /// Whether all workers are still there.
    Capacity,
    /// Shutting down what the check left open.
    Teardown,
}

/// One line of a child's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    /// Something happened.
    Event(Event),
    /// An assertion was judged; only said when asked.
    Assertion(Judged),
    /// From here on the child does this.
    Phase(Phase),
    /// The subject cannot be set up.
    SetupFailed(String),
    /// What the check came to.
    Verdict(Verdict, Option<String>),
    /// What the clean-up after the check found about another requirement.
    Finding(String, Verdict, String),
    /// Nothing more follows.
    End,
}

impl Stop {
    /// The verdict and its message.
    pub(crate) fn verdict(self) -> (Verdict, String) {
        match self {
            Self::Violates(message) => (Verdict::Violates, message),
            Self::Hangs(message) => (Verdict::Hangs, message),
            Self::Crashes(message) => (Verdict::Crashes, message),
            Self::Unsupported(message) => (Verdict::Unsupported, message),
            Self::Overclaims(message) => (Verdict::Overclaims, message),
            Self::Inconclusive(message) => (Verdict::Inconclusive, message),
        }
    }
}
