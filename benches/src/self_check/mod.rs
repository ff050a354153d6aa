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

use crate::engine::{Plan, launch, races};
use crate::sweep::{Answers, answer, plan};
use crate::{BenchError, Sweep, SweepOptions};
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
    beside(&[], Vec::new(), options, sink);
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
    let plans: Result<_, _> = sweeps.iter().map(|&sweep| plan(sweep, addresses, options)).collect();
    Ok(beside(sweeps, plans?, options, sink))
}

/// The self-check, beside sweeps with these plans.
fn beside(sweeps: &[Sweep], mut plans: Vec<Plan>, options: &SweepOptions, sink: &mut dyn FnMut(Record)) -> Answers {
    let overheads = Overheads::new(options);
    plans.push(overheads.plan().clone());
    let mut floors = Floors::default();
    let measured = races(&plans, &mut launch, &mut || floors.look());
    let told = sweeps.iter().zip(&plans).zip(&measured);
    let answers = told.map(|((&sweep, plan), measured)| answer(sweep, plan, measured, sink)).collect();
    floors.told(sink);
    measured.last().into_iter().for_each(|measured| overheads.told(measured, sink));
    answers
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
