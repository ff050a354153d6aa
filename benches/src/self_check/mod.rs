//! The instrument is checked before it is believed.
//!
//! * [`overheads`]: executors that waste a known time on each task are measured like any other,
//!   and what the engine says they waste is compared with what they do;
//! * floors: what this machine needs for the things that every executor is made of, so that
//!   figures can be read as multiples of them;
//! * [`trials`]: the same comparison over and over. It takes too long to run with every measurement:
//!   `cargo run --release -p poolproof-benches --example credibility` does.
//!
//! The first two give cells of the sweep `self-check`.

mod floors;
mod overheads;
mod trials;

use crate::engine::launch;
use crate::sweep::{Answers, Beside, run_beside};
use crate::{BenchError, Holes, Sweep, SweepOptions};
use floors::Floors;
use overheads::Overheads;
use poolproof_harness::record::{CellRecord, Record, SCHEMA};
use std::collections::BTreeMap;

pub use overheads::{overheads, overheads_with};
pub use trials::{Trials, trials, trials_with};

/// The sweep that cells of the self-check name.
pub const SELF_CHECK: &str = "self-check";

/// Runs the whole self-check and passes its cells and holes to `sink`.
///
/// The program's `main` must begin with [`serve_if_contender`](crate::serve_if_contender).
pub fn self_check(options: &SweepOptions, sink: &mut dyn FnMut(Record)) {
    if let Err(error) = run_sweeps_checked(&[], &[], options, sink) {
        let mut holes = Holes::default();
        holes.add(SELF_CHECK, "calibration", "all", error);
        holes.into_iter().map(Record::Hole).for_each(sink);
    }
}

/// Runs several sweeps and the self-check together, which take turns, launch by launch, so that each sees the machine over
/// the whole time. Passes the cells of the sweeps to `sink`, then those of the self-check.
///
/// # Errors
///
/// [`BenchError`] if the options are wrong; one answer for each sweep otherwise.
pub fn run_sweeps_checked(
    sweeps: &[Sweep],
    addresses: &[String],
    options: &SweepOptions,
    sink: &mut dyn FnMut(Record),
) -> Result<Answers, BenchError> {
    let overheads = Overheads::new(options);
    let mut floors = Floors::default();
    let mut look = || floors.look();
    let beside: Beside<'_> = (Some(overheads.plan()), &mut look);
    let (told, measured) = run_beside(&mut launch, sweeps, addresses, options, beside, sink)?;
    floors.told(sink);
    overheads.told(measured.as_ref(), sink);
    Ok(told)
}

/// The address of the calibration executor that adds `nanoseconds` to each task. It is known
/// wherever subjects are measured, and has one worker: its submitter.
#[must_use]
pub fn calibration_address(nanoseconds: u64) -> String {
    crate::engine::calibration_address(nanoseconds)
}

/// A cell of the self-check.
struct Figure<'a> {
    subject: &'a str,
    workload: &'a str,
    axes: BTreeMap<String, f64>,
    metric: &'a str,
    interval: crate::stats::Interval,
    launches: u32,
    samples: u32,
}

impl Figure<'_> {
    fn record(self) -> Record {
        Record::Cell(CellRecord {
            schema: SCHEMA,
            subject: self.subject.to_owned(),
            sweep: SELF_CHECK.to_owned(),
            workload: self.workload.to_owned(),
            axes: self.axes,
            metric: self.metric.to_owned(),
            unit: "ns".to_owned(),
            better: "neither".to_owned(),
            value: self.interval.value(),
            low: self.interval.low(),
            high: self.interval.high(),
            confidence: crate::sweep::CONFIDENCE,
            launches: self.launches,
            samples: self.samples,
            taint: None,
        })
    }
}
