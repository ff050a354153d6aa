//! Records of the experiments of the notes, and of what could not be measured.

use super::SCHEMA;
use serde::{Deserialize, Serialize};

fn schema() -> u32 {
    SCHEMA
}

/// One task's stay on a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanRecord {
    /// What ran.
    pub label: String,
    /// The process it ran in.
    pub pid: u32,
    /// The thread it ran on.
    pub tid: u64,
    /// When it began, in nanoseconds since the experiment did.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: u64,
}

/// One experiment of the notes on one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// The subject's address.
    pub subject: String,
    /// The experiment's name.
    pub experiment: String,
    /// What the notes promise.
    pub expected: String,
    /// The results, in the order in which they came.
    pub results: Vec<i64>,
    /// Whether that is the promised order.
    pub in_promised_order: bool,
    /// How long the call itself took before it returned, in nanoseconds.
    pub call_ns: u64,
    /// How long it took until the last result was there.
    pub total_ns: u64,
    /// How long an executor without any overhead would take.
    pub ideal_ns: u64,
    /// What ran when and where.
    #[serde(default)]
    pub timeline: Vec<SpanRecord>,
}

/// One claim of the notes, measured again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// What the notes say.
    pub claim: String,
    /// How it was measured.
    pub experiment: String,
    /// What was measured, with its interval.
    pub statement: String,
    /// `holds`, `does not hold`, `unclear` or `not measured`.
    pub verdict: String,
}

/// A measurement that was asked for and has no figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoleRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// The subject's address.
    pub subject: String,
    /// The sweep, or the phase of the run, that it belongs to.
    pub sweep: String,
    /// Which point of it, in words.
    pub point: String,
    /// Why there is no figure, in one sentence.
    pub reason: String,
}
