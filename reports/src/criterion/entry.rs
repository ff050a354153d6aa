//! One benchmark as criterion left it.

use crate::tables::Quantity;
use std::time::SystemTime;

/// One benchmark in one state: the last run, or a saved baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The group, which is what is compared.
    pub group: String,
    /// The function, which is who is compared; empty where the group is the function.
    pub function: String,
    /// The parameter; empty where there is none.
    pub value: String,
    /// The whole id. Directory names are cut to 64 bytes, ids are not.
    pub id: String,
    /// `new` for the last run, or the baseline's name.
    pub state: String,
    /// The median time of an iteration, with criterion's own interval.
    pub median: Quantity,
    /// The confidence of the interval.
    pub confidence: f64,
    /// How many samples; 0 where no file says so.
    pub samples: u32,
    /// Elements or bytes of an iteration, and their unit.
    pub throughput: Option<(f64, &'static str)>,
    /// When it was written, as the file system knows it.
    pub written: Option<SystemTime>,
    /// Whether it was left over from an earlier run: renamed and removed benchmarks stay for ever.
    pub stale: bool,
}

impl Entry {
    /// Who is compared: the function, or, where there is none, the group.
    #[must_use]
    pub fn contender(&self) -> &str {
        if self.function.is_empty() { &self.group } else { &self.function }
    }
}
