//! What disturbed the machine while it was measured.

use serde::{Deserialize, Serialize};

/// Rounds that the machine disturbed, by rules that see no figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaintRecord {
    /// How many rounds were set aside and run again.
    pub rerun: u32,
    /// How many count although they were disturbed, because their repetitions were disturbed as well.
    pub kept: u32,
    /// Of all of these: the hypervisor gave time of this machine to another one.
    pub steal: u32,
    /// The control group used up its quota.
    pub throttled: u32,
    /// Somebody else wanted a processor when the round began.
    pub pressure: u32,
}

impl TaintRecord {
    /// Whether nothing was disturbed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
