//! Sweeps: what users ask of executors, as data.
//!
//! A sweep is one file here, with the arms it measures and the cells it makes of them, and one
//! line in [`Sweep::definition`].

mod cells;
mod chunksize;
mod granularity;
mod idle;
mod io_cpu;
mod latency;
mod lifecycle;
mod memory;
mod options;
mod run;
mod scaling;
mod workers;

pub(crate) use cells::{CONFIDENCE, Cells, Metric};

pub use options::SweepOptions;
pub use run::{run_sweep, run_sweep_with};

use crate::BenchError;
use crate::engine::Plan;
use std::fmt;
use std::str::FromStr;

/// The sweeps, by the names that the command line and the records use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sweep {
    /// Throughput and speed-up by number of workers.
    Workers,
    /// Time per item of a map by chunksize.
    Chunksize,
    /// Speed-up of computing, sleeping, sockets and files.
    IoCpu,
    /// Efficiency by size of task.
    Granularity,
    /// Round trip of one task at a time.
    Latency,
    /// Wake-up after a gap, and what waiting for it costs.
    Idle,
    /// Start, shutdown and recovery.
    Lifecycle,
    /// Bytes per pending task and per worker.
    Memory,
}

/// A sweep's procedure.
pub(crate) trait Definition: Sync {
    /// What is measured.
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan;

    /// What is made of it.
    fn cells(&self, cells: &mut Cells<'_>);
}

impl Sweep {
    /// Every sweep.
    pub const ALL: [Self; 8] = [
        Self::Workers,
        Self::Chunksize,
        Self::IoCpu,
        Self::Granularity,
        Self::Latency,
        Self::Idle,
        Self::Lifecycle,
        Self::Memory,
    ];

    /// The sweeps that the main job runs in quick mode.
    pub const QUICK: [Self; 4] = [Self::Workers, Self::Chunksize, Self::IoCpu, Self::Latency];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Workers => "workers",
            Self::Chunksize => "chunksize",
            Self::IoCpu => "io-cpu",
            Self::Granularity => "granularity",
            Self::Latency => "latency",
            Self::Idle => "idle",
            Self::Lifecycle => "lifecycle",
            Self::Memory => "memory",
        }
    }

    /// The table of sweeps.
    fn definition(self) -> &'static dyn Definition {
        match self {
            Self::Workers => &workers::Workers,
            Self::Chunksize => &chunksize::Chunksize,
            Self::IoCpu => &io_cpu::IoCpu,
            Self::Granularity => &granularity::Granularity,
            Self::Latency => &latency::Latency,
            Self::Idle => &idle::Idle,
            Self::Lifecycle => &lifecycle::Lifecycle,
            Self::Memory => &memory::Memory,
        }
    }
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Sweep {
    type Err = BenchError;

    fn from_str(name: &str) -> Result<Self, BenchError> {
        Self::ALL
            .into_iter()
            .find(|sweep| sweep.name() == name)
            .ok_or_else(|| BenchError::UnknownSweep(name.to_owned()))
    }
}
