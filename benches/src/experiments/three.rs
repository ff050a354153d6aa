//! The three experiments.

use super::Experiment;
use super::stage::{Course, Stage};
use poolproof_harness::{Fault, Input, MapOptions, SetupError, Subject, now_ns};

/// `map` over sleeps of 3, 2 and 1 seconds on 4 workers: the call returns at once, and reading it
/// gives 6, 4, 2, the order of the input, although the last task ends first.
///
/// # Errors
///
/// [`SetupError`] if the subject does not open, or does not finish the experiment.
pub fn map_order(subject: &dyn Subject, scale: f64) -> Result<Experiment, SetupError> {
    let seconds = [3, 2, 1];
    let stage = Stage::open(subject, 4, scale)?;
    let probes = seconds.iter().map(|&seconds| stage.sleeper(seconds)).collect();
    let input = Input { probes, fails_at: None, house: stage.house.local_address() };
    let map = stage.executor.map(input, MapOptions::default());
    let call_returned_ns = now_ns();
    let mut map = map.map_err(|fault| stage.fault(&fault))?;
    let mut results = Vec::new();
    while let Some(outcome) = map.next().map_err(|fault| stage.fault(&fault))? {
        results.push(stage.number_in(outcome)?);
    }
    let of_input: Vec<i64> = seconds.iter().map(|&seconds| 2 * i64::from(seconds)).collect();
    stage.close(Course {
        name: "map",
        expected: "6, 4, 2: the order of the input".into(),
        in_promised_order: results == of_input,
        results,
        call_returned_ns,
        ideal_seconds: 3,
    })
}

/// `submit` of a sleep of 3 seconds on 1 worker: the call returns at once, `result()` waits and
/// gives 6.
///
/// # Errors
///
/// As for [`map_order`].
pub fn submit_result(subject: &dyn Subject, scale: f64) -> Result<Experiment, SetupError> {
    let stage = Stage::open(subject, 1, scale)?;
    let future = stage.executor.submit(stage.sleeper(3));
    let call_returned_ns = now_ns();
    let future = future.map_err(|fault| stage.fault(&fault))?;
    let result = stage.number_in(future.result(None).map_err(|fault| stage.fault(&fault))?)?;
    stage.close(Course {
        name: "submit",
        expected: "6: what the task returned".into(),
        in_promised_order: result == 6,
        results: vec![result],
        call_returned_ns,
        ideal_seconds: 3,
    })
}

/// `as_completed` over sleeps of 5 to 1 seconds on 5 workers gives 2, 4, 6, 8, 10: the order of
/// completion, the reverse of that of submission.
///
/// # Errors
///
/// As for [`map_order`].
pub fn completion_order(subject: &dyn Subject, scale: f64) -> Result<Experiment, SetupError> {
    let seconds = [5, 4, 3, 2, 1];
    let stage = Stage::open(subject, 5, scale)?;
    let submit = |&seconds: &u32| stage.executor.submit(stage.sleeper(seconds));
    let futures: Result<Vec<_>, Fault> = seconds.iter().map(submit).collect();
    let futures = futures.map_err(|fault| stage.fault(&fault))?;
    let completed = stage.executor.as_completed(&futures, None);
    let call_returned_ns = now_ns();
    let mut completed = completed.map_err(|fault| stage.fault(&fault))?;
    let mut results = Vec::new();
    while let Some(position) = completed.next().map_err(|fault| stage.fault(&fault))? {
        let future = futures.get(position).ok_or_else(|| {
            stage.fault(&Fault::Driver(format!("as_completed yielded future {position} of {}", futures.len())))
        })?;
        results.push(stage.number_in(future.result(None).map_err(|fault| stage.fault(&fault))?)?);
    }
    let in_promised_order = results.len() == seconds.len() && stage.is_completion_order(&results);
    stage.close(Course {
        name: "as_completed",
        expected: "2, 4, 6, 8, 10: the order of completion".into(),
        in_promised_order,
        results,
        call_returned_ns,
        ideal_seconds: 5,
    })
}
