//! The record of a policy: observed beside declared.

use super::SCHEMA;
use serde::{Deserialize, Serialize};

fn schema() -> u32 {
    SCHEMA
}

/// What an executor does where executors legitimately differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// The subject's address.
    pub subject: String,
    /// The policy's name (`queue`, `drop-executor`).
    pub policy: String,
    /// What the profile declares; absent where nobody has said.
    pub declared: Option<String>,
    /// What the experiment saw; absent where it saw nothing.
    pub observed: Option<String>,
    /// `agrees`, `undeclared`, `unsupported`, `undecided` or `overclaims`.
    pub standing: String,
    /// Why there is no answer.
    pub message: Option<String>,
}
