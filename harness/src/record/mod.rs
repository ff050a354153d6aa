//! The versioned records that runs are written in and reports are rendered from.
//!
//! One JSON object a line. Readers ignore unknown keys; a missing required key, a wrong type or an
//! unknown schema number is an error that names file and line. See [`read`] and [`Writer`].

mod experiment;
mod kinds;
mod policy;
mod reader;
mod taint;
mod writer;

pub use experiment::{ClaimRecord, ExperimentRecord, HoleRecord, SpanRecord};
pub use kinds::{
    CellRecord, ComparisonRecord, DeadlineRecord, Evidence, FindingRecord, KillRecord, Record, RequirementRecord,
    RunRecord, SoakRecord, SubjectRecord, SummaryRecord, VerdictRecord,
};
pub use policy::PolicyRecord;
pub use reader::{Damage, Reading, read, read_lines};
pub use taint::TaintRecord;
pub use writer::{Writer, write_json};

/// The schema number this version reads and writes.
pub const SCHEMA: u32 = 1;
