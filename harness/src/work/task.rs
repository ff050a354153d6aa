//! One benchmark task.

use super::Workload;
use crate::{Raised, Task};
use serde::{Deserialize, Serialize};

/// One benchmark task. It returns a number that only this task can return.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Work {
    /// Its position in the round.
    pub number: u64,
    /// What it does.
    pub workload: Workload,
    /// For workloads that compute: how many turns of the spin loop that is on this machine.
    pub turns: u64,
    /// For [`Workload::Socket`]: the port of the echo server.
    pub port: u16,
}

impl Work {
    /// What the task `number` must return: a fixed mix of its number.
    #[must_use]
    pub fn answer(number: u64) -> u64 {
        let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
    }
}

impl Task for Work {
    const NAME: &'static str = "work";
    type Output = u64;

    fn run(self) -> Result<u64, Raised> {
        self.workload.run(&self).map_err(|error| Raised::new("IoError", error.to_string()))?;
        Ok(Self::answer(self.number))
    }
}
