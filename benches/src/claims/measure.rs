//! Measures what the claims rest on and no sweep has measured yet.

use super::{Claim, experiment_cells, judge};
use crate::experiments::{Experiment, completion_order, map_order, submit_result};
use crate::{Holes, Sweep, SweepOptions, run_sweep};
use poolproof_harness::record::{CellRecord, Record};
use poolproof_harness::{SetupError, Subject};

/// The subjects that the claims are about.
pub const SUBJECTS: [&str; 5] = ["thread", "gil", "process", "python:thread", "python:process"];

/// How often an experiment is repeated.
const REPETITIONS: usize = 5;

/// How much the experiments are shortened: sleeps of 30 ms stand for seconds.
const SCALE: f64 = 0.03;

type Run = fn(&dyn Subject, f64) -> Result<Experiment, SetupError>;

const EXPERIMENTS: [(&str, Run); 3] =
    [("map", map_order), ("submit", submit_result), ("as_completed", completion_order)];

/// Makes a subject from an address, or says in one sentence why not.
pub type ResolveSubject<'a> = dyn Fn(&str) -> Result<Box<dyn Subject>, String> + 'a;

/// The sweeps that the claims need.
const SWEEPS: [Sweep; 3] = [Sweep::Workers, Sweep::Chunksize, Sweep::IoCpu];

/// Measures the claims of the notes on those of `subjects` that are found (see [`SUBJECTS`]).
///
/// What `known` holds is not measured again. `resolve` makes a subject from its address. `sink`
/// receives the new cells, the first run of each experiment, and the claims.
pub fn measure(
    subjects: &[String],
    known: &[CellRecord],
    options: &SweepOptions,
    resolve: &ResolveSubject<'_>,
    sink: &mut dyn FnMut(Record),
) -> (Vec<Claim>, Holes) {
    let mut cells = known.to_vec();
    let mut holes = Holes::default();
    for sweep in SWEEPS {
        let missing: Vec<String> =
            subjects.iter().filter(|subject| !has(&cells, sweep.name(), subject)).cloned().collect();
        if missing.is_empty() {
            continue;
        }
        let mut collect = |record: Record| {
            if let Record::Cell(cell) = &record {
                cells.push(cell.clone());
            }
            sink(record);
        };
        match run_sweep(sweep, &missing, options, &mut collect) {
            Ok(found) => holes.append(found),
            Err(error) => missing.iter().for_each(|subject| holes.add(sweep.name(), subject, "all", &error)),
        }
    }
    for address in subjects {
        match resolve(address) {
            Ok(subject) => experiments(&*subject, options.seed, &mut cells, &mut holes, sink),
            Err(reason) => holes.add(experiment_cells::SWEEP, address, "experiments", reason),
        }
    }
    let claims = judge(&cells);
    claims.iter().map(|claim| Record::Claim(claim.record())).for_each(sink);
    (claims, holes)
}

fn has(cells: &[CellRecord], sweep: &str, subject: &str) -> bool {
    cells.iter().any(|cell| cell.sweep == sweep && cell.subject == subject)
}

/// Repeats each experiment on one subject.
fn experiments(
    subject: &dyn Subject,
    seed: u64,
    cells: &mut Vec<CellRecord>,
    holes: &mut Holes,
    sink: &mut dyn FnMut(Record),
) {
    for (name, run) in EXPERIMENTS {
        let runs: Result<Vec<Experiment>, SetupError> = (0..REPETITIONS).map(|_| run(subject, SCALE)).collect();
        let found = match &runs {
            Ok(runs) => experiment_cells::cells(runs, SCALE, seed).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match found {
            Ok(found) => {
                runs.iter().flatten().take(1).map(|run| Record::Experiment(run.record())).for_each(&mut *sink);
                found.iter().cloned().map(Record::Cell).for_each(&mut *sink);
                cells.extend(found);
            }
            Err(reason) => holes.add(experiment_cells::SWEEP, subject.address(), name, reason),
        }
    }
}
