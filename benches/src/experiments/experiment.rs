//! What an experiment showed.

use poolproof_harness::record::{ExperimentRecord, SCHEMA, SpanRecord};

/// One task's stay on a worker.
pub type Span = SpanRecord;

/// What one experiment showed of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experiment {
    /// Its name.
    pub name: &'static str,
    /// The subject's address.
    pub subject: String,
    /// What the notes promise.
    pub expected: String,
    /// What the executor returned, in the order in which it came.
    pub results: Vec<i64>,
    /// Whether that is the promised order: of the input, or of completion.
    pub in_promised_order: bool,
    /// Whether the call returned before any task had ended.
    pub returned_at_once: bool,
    /// How long the call itself took, in nanoseconds.
    pub call_ns: u64,
    /// From the call to the last result.
    pub total_ns: u64,
    /// The same for an executor without any overhead.
    pub ideal_ns: u64,
    /// Which task ran when and where.
    pub timeline: Vec<Span>,
}

impl Experiment {
    /// The experiment as a record.
    #[must_use]
    pub fn record(&self) -> ExperimentRecord {
        ExperimentRecord {
            schema: SCHEMA,
            subject: self.subject.clone(),
            experiment: self.name.to_owned(),
            expected: self.expected.clone(),
            results: self.results.clone(),
            in_promised_order: self.in_promised_order,
            call_ns: self.call_ns,
            total_ns: self.total_ns,
            ideal_ns: self.ideal_ns,
            timeline: self.timeline.clone(),
        }
    }
}
