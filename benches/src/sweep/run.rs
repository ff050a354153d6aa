//! Runs sweeps.

use super::{Cells, Sweep, SweepOptions};
use crate::engine::{Measured, Plan, Start, launch, race};
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
    let plan = plan(sweep, addresses, options)?;
    let measured = race(&plan, start);
    answer(sweep, &plan, &measured, sink)
}

/// One answer for each sweep.
pub type Answers = Vec<Result<Holes, BenchError>>;

/// What a sweep measures.
pub(crate) fn plan(sweep: Sweep, addresses: &[String], options: &SweepOptions) -> Result<Plan, BenchError> {
    options.check()?;
    Ok(sweep.definition().plan(&distinct(addresses)?, options))
}

/// Passes the cells that a sweep makes of what was measured to `sink`.
pub(crate) fn answer(
    sweep: Sweep,
    plan: &Plan,
    measured: &Measured,
    sink: &mut dyn FnMut(Record),
) -> Result<Holes, BenchError> {
    let mut cells = Cells::new(sweep.name(), plan, measured);
    sweep.definition().cells(&mut cells);
    let (records, holes) = cells.finish();
    if records.is_empty() {
        return Err(BenchError::NothingMeasured { what: format!("sweep `{sweep}`"), reason: holes.first_reason() });
    }
    records.into_iter().map(Record::Cell).for_each(sink);
    Ok(holes)
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
