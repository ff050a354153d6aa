//! Runs sweeps.

use super::{Cells, Sweep, SweepOptions};
use crate::engine::{Plan, Start, launch, races};
use crate::{BenchError, Holes};
use poolproof_harness::record::Record;

/// Runs a sweep over the subjects at `addresses`, each in processes of its own, and passes its
/// cells to `sink`.
///
/// The program's `main` must begin with [`serve_if_contender`](crate::serve_if_contender), which
/// is where the addresses are resolved.
///
/// # Errors
///
/// [`BenchError`] if the options are wrong, or no subject gave a
/// figure. A subject that fails while others do not is in the [`Holes`] instead.
pub fn run_sweep(
    sweep: Sweep,
    addresses: &[String],
    options: &SweepOptions,
    sink: &mut dyn FnMut(Record),
) -> Result<Holes, BenchError> {
    run_sweep_with(&mut launch, sweep, addresses, options, sink)
}

/// The same over contenders that `start` makes, in this process or elsewhere.
///
/// # Errors
///
/// As for [`run_sweep`].
pub fn run_sweep_with(
    start: &mut Start<'_>,
    sweep: Sweep,
    addresses: &[String],
    options: &SweepOptions,
    sink: &mut dyn FnMut(Record),
) -> Result<Holes, BenchError> {
    run_sweeps_with(start, &[sweep], addresses, options, sink)?.remove(0)
}

/// Runs several sweeps together, and passes the cells of one after the other to `sink` when all are done: a launch of
/// each in turn, so that each sees the machine over the whole time. One answer for each sweep, as of [`run_sweep`].
///
/// # Errors
///
/// [`BenchError`] if the options are wrong.
pub fn run_sweeps(
    sweeps: &[Sweep],
    addresses: &[String],
    options: &SweepOptions,
    sink: &mut dyn FnMut(Record),
) -> Result<Vec<Result<Holes, BenchError>>, BenchError> {
    run_sweeps_with(&mut launch, sweeps, addresses, options, sink)
}

/// The same over contenders that `start` makes, in this process or elsewhere.
///
/// # Errors
///
/// As for [`run_sweeps`].
pub fn run_sweeps_with(
    start: &mut Start<'_>,
    sweeps: &[Sweep],
    addresses: &[String],
    options: &SweepOptions,
    sink: &mut dyn FnMut(Record),
) -> Result<Vec<Result<Holes, BenchError>>, BenchError> {
    options.check()?;
    let subjects = distinct(addresses)?;
    let plans: Vec<Plan> = sweeps.iter().map(|sweep| sweep.definition().plan(&subjects, options)).collect();
    let measured = races(&plans, start);
    let told = sweeps.iter().zip(&plans).zip(&measured).map(|((&sweep, plan), measured)| {
        let mut cells = Cells::new(sweep.name(), plan, measured);
        sweep.definition().cells(&mut cells);
        let (records, holes) = cells.finish();
        if records.is_empty() {
            return Err(BenchError::NothingMeasured { what: format!("sweep `{sweep}`"), reason: holes.first_reason() });
        }
        records.into_iter().map(Record::Cell).for_each(&mut *sink);
        Ok(holes)
    });
    Ok(told.collect())
}

/// The addresses, each once.
fn distinct(addresses: &[String]) -> Result<Vec<String>, BenchError> {
    let mut subjects: Vec<String> = Vec::new();
    for address in addresses {
        if !subjects.contains(address) {
            subjects.push(address.clone());
        }
    }
    if subjects.is_empty() {
        return Err(BenchError::Options("no subject is given: name at least one, as in `bench thread`".into()));
    }
    Ok(subjects)
}
