//! Sweeps: what users ask of executors, as data.
//!
//! A sweep is one file here, with its metrics, the arms it measures and the cells it makes of them,
//! and one line in the list below.

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
mod shapes;
mod splitting;
mod workers;

pub(crate) use cells::{CONFIDENCE, Cells, Metric};
pub(crate) use latency::trips_interval;

pub use options::SweepOptions;
pub use run::{Answers, run_sweep, run_sweep_with};
pub(crate) use run::{answer, plan};

use crate::BenchError;
use crate::engine::Plan;
use std::fmt;
use std::str::FromStr;

macro_rules! sweeps {
    ($($(#[$documentation:meta])* $name:ident: $text:literal, $definition:expr;)*) => {
        /// The sweeps, by the names that the command line and the records use.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Sweep {
            $($(#[$documentation])* $name,)*
        }

        impl Sweep {
            /// Every sweep.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            fn definition(self) -> &'static dyn Definition {
                match self {
                    $(Self::$name => &$definition,)*
                }
            }
        }
    };
}

sweeps! {
    /// Throughput and speed-up by number of workers.
    Workers: "workers", workers::Workers;
    /// Time per item of a map by chunksize.
    Chunksize: "chunksize", chunksize::Chunksize;
    /// Speed-up of computing, sleeping, sockets and files.
    IoCpu: "io-cpu", io_cpu::IoCpu;
    /// Efficiency by size of task.
    Granularity: "granularity", granularity::Granularity;
    /// Round trip of one task at a time.
    Latency: "latency", latency::Latency;
    /// Wake-up after a gap, and what waiting for it costs.
    Idle: "idle", idle::Idle;
    /// Start, shutdown and recovery.
    Lifecycle: "lifecycle", lifecycle::Lifecycle;
    /// Bytes per pending task and per worker.
    Memory: "memory", memory::Memory;
    /// Time per task by how tasks hang together, and who submits them.
    Shapes: "shapes", shapes::Shapes;
}

/// A sweep's procedure.
pub(crate) trait Definition: Sync {
    /// What is measured.
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan;

    /// What is made of it.
    fn cells(&self, cells: &mut Cells<'_>);
}

impl Sweep {
    /// The sweeps that the main job runs in quick mode.
    pub const QUICK: [Self; 4] = [Self::Workers, Self::Chunksize, Self::IoCpu, Self::Latency];
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
            .iter()
            .copied()
            .find(|sweep| sweep.name() == name)
            .ok_or_else(|| BenchError::UnknownSweep(name.to_owned()))
    }
}
