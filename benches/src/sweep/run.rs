//! Runs sweeps.

use super::{Cells, Sweep, SweepOptions};
use crate::engine::{Measured, Plan, Start, launch, races};
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
    let (mut told, _) = run_beside(start, &[sweep], addresses, options, (None, &mut || ()), sink)?;
    told.remove(0)
}

/// One answer for each sweep.
pub type Answers = Vec<Result<Holes, BenchError>>;

/// What runs beside sweeps: a plan that takes turns with them, and something to do each time the first has its turn.
pub(crate) type Beside<'a> = (Option<&'a Plan>, &'a mut dyn FnMut());

/// Runs several sweeps together, with something else beside them, and passes the cells of one after the other to `sink`
/// when all are done. They take turns, launch by launch, so that each sees the machine over the whole time. One answer for
/// each sweep, as of [`run_sweep`], and the figures of the plan beside them.
///
/// # Errors
///
/// [`BenchError`] if the options are wrong.
pub(crate) fn run_beside(
    start: &mut Start<'_>,
    sweeps: &[Sweep],
    addresses: &[String],
    options: &SweepOptions,
    (beside, between): Beside<'_>,
    sink: &mut dyn FnMut(Record),
) -> Result<(Answers, Option<Measured>), BenchError> {
    options.check()?;
    let subjects = if sweeps.is_empty() { Vec::new() } else { distinct(addresses)? };
    let of_sweeps = sweeps.iter().map(|sweep| sweep.definition().plan(&subjects, options));
    let plans: Vec<Plan> = of_sweeps.chain(beside.cloned()).collect();
    let mut measured = races(&plans, start, between);
    let of_beside = beside.and_then(|_| measured.pop());
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
    Ok((told.collect(), of_beside))
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
