//! The list of workloads.

use super::kind::Kind;
use super::{Work, calibrate_spin, cpu, cpu90, file, hash, io90, laws, memory, pipe, sleep, socket};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

macro_rules! workloads {
    ($($(#[$documentation:meta])* $name:ident: $($module:ident)::+;)*) => {
        /// What one benchmark task does, apart from returning its number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Workload {
            /// Nothing.
            Empty,
            $($(#[$documentation])* $name(u64),)*
        }

        impl Workload {
            /// All kinds but [`Workload::Empty`], and what makes a workload of an amount.
            const KINDS: &[(Kind, fn(u64) -> Self)] = &[$(($($module)::+::KIND, Self::$name),)*];

            /// What is known of it, and its amount; `None` for [`Workload::Empty`].
            fn kind(self) -> Option<(Kind, u64)> {
                match self {
                    Self::Empty => None,
                    $(Self::$name(amount) => Some(($($module)::+::KIND, amount)),)*
                }
            }

            /// Does what `work`, a task of this workload, does.
            #[inline]
            pub(super) fn run(self, work: &Work) -> io::Result<()> {
                match self {
                    Self::Empty => Ok(()),
                    $(Self::$name(amount) => $($module)::+::run(work, amount),)*
                }
            }
        }
    };
}

workloads! {
    /// Computes for about this many microseconds, calibrated on this machine.
    Cpu: cpu;
    /// Sleeps for this many microseconds: blocking I/O at its purest.
    Sleep: sleep;
    /// Sends one byte over a loopback TCP connection and waits for the echo, this many times.
    Socket: socket;
    /// Writes and reads back a temporary file of this many KiB.
    File: file;
    /// Sends one byte through a pipe of its own and reads it back, this many times.
    Pipe: pipe;
    /// Hashes this many KiB outside of the interpreter lock.
    Hash: hash;
    /// Writes this many KiB of memory and reads them back, one after the other.
    Memory: memory;
    /// Sleeps for nine tenths of this many microseconds and computes for one.
    Io90: io90;
    /// Computes for nine tenths of this many microseconds and sleeps for one.
    Cpu90: cpu90;
    /// Computes, exponentially distributed about this mean in microseconds.
    Exponential: laws::exponential;
    /// Computes: nine tasks of ten for half of this mean in microseconds, the tenth for 5.5 times.
    Bimodal: laws::bimodal;
    /// Computes, with a heavy tail (Pareto, shape 1.5) about this mean in microseconds.
    Pareto: laws::pareto;
    /// Computes, each task longer than the one before, about this mean in microseconds.
    Ascending: laws::ascending;
    /// Computes, each task shorter than the one before, about this mean in microseconds.
    Descending: laws::descending;
    /// Computes, ever longer through ten tasks and then anew, about this mean in microseconds.
    Cyclic: laws::cyclic;
}

impl Workload {
    /// About how long one task takes, in microseconds, when the echo server waits for `latency`
    /// before it answers; `None` for the empty one. Rounds are sized by it.
    #[must_use]
    pub fn nominal_micros(self, latency: Duration) -> Option<u64> {
        self.kind().map(|(kind, amount)| (kind.nominal_micros)(amount, latency))
    }

    /// For how many microseconds the task `number` of `tasks` computes; 0 if it does something else.
    #[must_use]
    pub fn micros(self, number: u64, tasks: u64) -> f64 {
        let Some((kind, amount)) = self.kind() else { return 0.0 };
        amount as f64 * kind.computes * kind.law.map_or(1.0, |law| law(number, tasks.max(1)))
    }

    /// How tasks are made: the task with a number, out of `tasks`, whose sockets go to `port`.
    pub fn works(self, tasks: u64, port: u16) -> impl Fn(u64) -> Work + Copy + Send + Sync + 'static {
        let kind = self.kind().map(|(kind, _)| kind);
        let law = kind.and_then(|kind| kind.law);
        // Measured once for a process, and only where something computes.
        let rate = if kind.is_some_and(|kind| kind.computes > 0.0) { calibrate_spin() } else { 0.0 };
        let equal = (self.micros(0, tasks) * rate) as u64;
        move |number| {
            let turns = if law.is_some() { (self.micros(number, tasks) * rate) as u64 } else { equal };
            Work { number, workload: self, turns, port }
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            None => f.write_str("empty"),
            Some((kind, amount)) => write!(f, "{}-{amount}{}", kind.name, kind.unit),
        }
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name == "empty" {
            return Ok(Self::Empty);
        }
        let amount = |kind: &Kind| {
            let amount = name.strip_prefix(kind.name)?.strip_prefix('-')?.strip_suffix(kind.unit)?;
            amount.parse::<u64>().ok()
        };
        let found = Self::KINDS.iter().find_map(|(kind, make)| amount(kind).map(make));
        found.ok_or_else(|| {
            let examples = Self::KINDS.iter().map(|(kind, make)| make(kind.example).to_string());
            format!("unknown workload `{name}`: use empty, {}", examples.collect::<Vec<_>>().join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Workload;
    use crate::Task;
    use std::time::Duration;

    #[test]
    fn every_workload_is_read_as_it_is_written_and_does_its_work() {
        for (kind, make) in Workload::KINDS {
            let workload = make(kind.example);
            assert_eq!(workload.to_string().parse(), Ok(workload));
            assert!(workload.nominal_micros(Duration::ZERO).is_some_and(|micros| micros > 0), "{workload}");
            let wire = serde_json::to_string(&workload).expect("it can be written");
            assert_eq!(wire, format!("{{\"{}\":{}}}", kind.name, kind.example));
            if !matches!(workload, Workload::Socket(_)) {
                let done = make(1).works(3, 0)(2).run();
                assert_eq!(done.expect("it does its work"), crate::Work::answer(2), "{workload}");
            }
        }
        let unknown = "cpu-100".parse::<Workload>().unwrap_err();
        assert!(unknown.contains("use empty, cpu-100us, sleep-1000us, socket-1, file-64KiB"), "{unknown}");
    }

    #[test]
    fn sockets_that_lead_nowhere_fail_the_task() {
        assert!(Workload::Socket(1).works(1, 1)(0).run().is_err());
    }
}
