//! From the addresses on the command line to subjects that can be tested.

use super::Failure;
use crate::resolve;
use poolproof_harness::Description;
use poolproof_harness::record::SubjectRecord;

/// The subjects that were asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Those that can be tested, in the order of the command line.
    pub(super) here: Vec<Description>,
    /// All of them, as records.
    pub(super) records: Vec<SubjectRecord>,
}

impl Asked {
    /// Whether one of them cannot be set up.
    pub(super) fn lacks_some(&self) -> bool {
        self.records.iter().any(|record| record.description.is_none())
    }
}

/// Looks all addresses up before anything runs: a mistake in the last one costs nothing.
pub(super) fn ask(addresses: &[String]) -> Result<Asked, Failure> {
    let mut asked = Asked::default();
    for (place, address) in addresses.iter().enumerate() {
        if addresses[..place].contains(address) {
            continue;
        }
        let record = resolve::find(address).map_err(|error| Failure::usage(error.to_string()))?;
        asked.here.extend(record.description.clone());
        asked.records.push(record);
    }
    Ok(asked)
}
