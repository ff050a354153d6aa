//! A control loop: a few tasks, their results, a pause, and again.

use super::{Material, Ran, Shape};
use crate::round::verify;
use crate::{Executor, Future, RoundError, Work, now_ns};
use std::time::Duration;

/// Tasks in each turn, and the pause before it.
const TASKS: u64 = 4;
const PAUSE: Duration = Duration::from_micros(200);

pub(super) fn run<E: Executor>(
    _: Shape,
    material: &Material<'_, E, impl Fn(u64) -> Work + Copy + Send + Sync + 'static>,
) -> Result<Ran, RoundError> {
    let Material { executor, tasks, work } = material;
    let mut trips_ns = Vec::with_capacity(usize::try_from(tasks / TASKS + 1).unwrap_or(0));
    let start = now_ns();
    for first in (0..*tasks).step_by(TASKS as usize) {
        std::thread::sleep(PAUSE);
        let numbers = || first..(first + TASKS).min(*tasks);
        let begin = now_ns();
        let submitted: Result<Vec<_>, _> = numbers().map(|number| executor.submit(work(number))).collect();
        let mut futures = submitted.map_err(|refused| RoundError::Wrong(refused.to_string()))?;
        numbers().zip(&mut futures).try_for_each(|(number, future)| verify(number, future.result_alone(None)))?;
        trips_ns.push(now_ns() - begin);
    }
    Ok(Ran { elapsed_ns: now_ns() - start, trips_ns })
}
