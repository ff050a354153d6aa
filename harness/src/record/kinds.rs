//! The kinds of records.

use super::{ClaimRecord, ExperimentRecord, HoleRecord, PolicyRecord, SCHEMA, TaintRecord};
use crate::{Description, Event, Level, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Any record, as it stands on one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Record {
    /// The conclusion of a check.
    Verdict(VerdictRecord),
    /// A broken executor and what caught it.
    Kill(KillRecord),
    /// A measurement.
    Cell(CellRecord),
    /// A paired comparison of two subjects.
    Comparison(ComparisonRecord),
    /// One sentence of the contract.
    Requirement(RequirementRecord),
    /// A subject that was tested, or why it was not.
    Subject(SubjectRecord),
    /// An experiment of the notes.
    Experiment(ExperimentRecord),
    /// A claim of the notes, measured again.
    Claim(ClaimRecord),
    /// A measurement that has no figure.
    Hole(HoleRecord),
    /// A policy, observed beside declared.
    Policy(PolicyRecord),
    /// The last line of a run.
    Summary(SummaryRecord),
}

fn schema() -> u32 {
    SCHEMA
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// What a verdict rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The last events of the history.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Event>,
    /// What it was waited for, if that was in vain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DeadlineRecord>,
    /// Who waited for whom, and the stacks of the threads of what hung.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacks: Option<String>,
    /// What the subject printed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The command that repeats the check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// Why the ledger expects this failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<String>,
    /// What the clean-up after the check found about other requirements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingRecord>,
}

/// How long something was waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadlineRecord {
    /// The limit for one thing that must happen, in milliseconds on an idle machine. A whole check
    /// may be silent for twice that.
    pub limit_ms: f64,
    /// How long was really waited, in milliseconds.
    pub waited_ms: f64,
    /// What the limit derives from.
    pub because: String,
}

/// What the clean-up after one check found about another requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// The requirement's id.
    pub requirement: String,
    /// What is wrong with it.
    pub verdict: Verdict,
    /// How that showed.
    pub message: String,
}

/// The conclusion of one check on one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerdictRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// The subject's address.
    pub subject: String,
    /// The requirement's id.
    pub requirement: String,
    /// The requirement's level.
    pub level: Level,
    /// The conclusion; of several runs, the worst.
    pub verdict: Verdict,
    /// Whether the ledger of known failures names it.
    pub known: bool,
    /// How often the check ran.
    pub runs: u32,
    /// In how many of the runs each verdict was reached, if not in all of them the same: what shows
    /// only sometimes depends on the schedule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tally: BTreeMap<Verdict, u32>,
    /// The time that took, in milliseconds.
    pub elapsed_ms: f64,
    /// The seed of its random choices.
    pub seed: u64,
    /// What was expected and what happened instead, in one sentence.
    pub message: Option<String>,
    /// What the verdict rests on.
    #[serde(default)]
    pub evidence: Evidence,
}

/// A broken executor and the requirements that caught it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KillRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// The broken executor's name.
    pub broken: String,
    /// The area of the contract that its defect lies in.
    pub area: String,
    /// How hard it is to provoke: A always, G with gates, S schedule-dependent, R rare, F with faults.
    pub difficulty: String,
    /// The requirements that must catch it.
    pub expected: Vec<String>,
    /// The requirements that did.
    pub caught_by: Vec<String>,
    /// Whether one of the expected ones did.
    pub caught: bool,
    /// How often, if it was provoked again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soak: Option<SoakRecord>,
}

/// How often a broken executor was caught when it was provoked again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SoakRecord {
    /// How often the requirements that it breaks were checked.
    pub runs: u64,
    /// In how many of these runs one of them caught it.
    pub catches: u64,
    /// The share of these runs.
    pub rate: f64,
    /// The lower end of its interval (Clopper and Pearson).
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The confidence of the interval.
    pub confidence: f64,
    /// After how many seconds it was caught first.
    pub first_s: Option<f64>,
    /// How many seconds all runs took.
    pub elapsed_s: f64,
}

/// One measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// The subject's address.
    pub subject: String,
    /// The sweep it belongs to (`workers`, `chunksize`, `io-cpu`, `claims` ...).
    pub sweep: String,
    /// What each task did (`cpu-100us`).
    pub workload: String,
    /// Where on the sweep's axes it lies (`workers`, `chunksize`, `tasks`).
    pub axes: BTreeMap<String, f64>,
    /// What was measured (`throughput`, `speed-up`, `round-trip-p50`).
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Which way is better: `higher` or `lower`; `none` where neither is.
    pub better: String,
    /// The estimate.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// The confidence of the interval.
    pub confidence: f64,
    /// How many process launches it rests on.
    pub launches: u32,
    /// How many samples it rests on.
    pub samples: u32,
    /// What disturbed the machine meanwhile; absent if nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taint: Option<TaintRecord>,
}

/// A paired comparison of two subjects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparisonRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// The first subject.
    pub a: String,
    /// The second, to which the first is compared.
    pub b: String,
    /// What each task did.
    pub workload: String,
    /// What was compared.
    pub metric: String,
    /// The first's figure over the second's.
    pub ratio: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// How much the same subject differs from itself in this run, as a share.
    pub noise_floor: f64,
    /// `faster`, `slower`, `equivalent` or `unclear`, of this comparison alone.
    pub verdict: String,
    /// How likely a ratio so far from 1 is where there is no difference; absent in older records. Tables that make
    /// several claims correct them by it and by the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_difference: Option<f64>,
    /// How likely a ratio so close to 1 is where the difference is as large as the margin; absent in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_equivalence: Option<f64>,
}

/// One sentence of the contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequirementRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// Its permanent id.
    pub id: String,
    /// The area of the contract.
    pub area: String,
    /// How binding it is.
    pub level: Level,
    /// The sentence.
    pub text: String,
    /// The capability it needs.
    pub capability: String,
    /// Where the promise comes from.
    pub sources: Vec<String>,
    /// CPython's tests that assert the same.
    pub cpython_tests: Vec<String>,
}

/// A subject of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubjectRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// The address it was asked for by.
    pub subject: String,
    /// What it says of itself; absent if it could not be set up.
    pub description: Option<Description>,
    /// `installed`, `not installed` or `failed`.
    pub status: String,
    /// Why it could not be set up, and the command that installs it.
    pub message: Option<String>,
}

/// The last line: what the run came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SummaryRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// How many verdicts of each kind, by word; known failures are counted under `known` instead.
    pub verdicts: BTreeMap<String, u64>,
    /// How many checks ran.
    pub checks: u64,
    /// The exit code.
    pub exit: i32,
}

/// `run.json`: one invocation and the machine it ran on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The schema number.
    #[serde(default = "schema")]
    pub schema: u32,
    /// The version of Poolproof.
    pub poolproof: String,
    /// The commit that the program was built from, followed by `with changes` if its sources were not as committed;
    /// `unknown` if they were no checkout, and in older records.
    #[serde(default = "unknown")]
    pub commit: String,
    /// The command line.
    pub command: Vec<String>,
    /// When it started, seconds since 1970.
    pub started_unix: u64,
    /// How long it took, in seconds; absent while it runs or if it was killed.
    #[serde(default)]
    pub elapsed_s: Option<f64>,
    /// The seed of every random choice.
    pub seed: u64,
    /// Facts about the machine: CPU model, cores, kernel, load, clock, quota.
    pub host: BTreeMap<String, String>,
    /// The exact versions of the subjects, by address.
    pub subjects: BTreeMap<String, String>,
}
