//! Several threads submit at the same time.

use super::{Material, Ran, Shape};
use crate::round::verify;
use crate::{Executor, Future, RoundError, Work, now_ns};
use std::sync::Barrier;

const PRODUCERS: u64 = 4;

pub(super) fn run<E: Executor>(
    _: Shape,
    material: &Material<'_, E, impl Fn(u64) -> Work + Copy + Send + Sync + 'static>,
) -> Result<Ran, RoundError> {
    let Material { executor, tasks, work } = material;
    // Starting and joining these threads is no part of what is measured.
    let ready = Barrier::new(PRODUCERS as usize);
    let produce = |producer: u64| -> Result<(u64, u64), RoundError> {
        ready.wait();
        let begin = now_ns();
        let numbers = || (producer..*tasks).step_by(PRODUCERS as usize);
        let submitted: Result<Vec<_>, _> = numbers().map(|number| executor.submit(work(number))).collect();
        let mut futures = submitted.map_err(|refused| RoundError::Wrong(refused.to_string()))?;
        numbers().zip(&mut futures).try_for_each(|(number, future)| verify(number, future.result_alone(None)))?;
        Ok((begin, now_ns()))
    };
    let spans: Result<Vec<(u64, u64)>, RoundError> = std::thread::scope(|scope| {
        let produce = &produce;
        let producers: Vec<_> = (0..PRODUCERS).map(|producer| scope.spawn(move || produce(producer))).collect();
        let joined = producers.into_iter().map(|producer| {
            producer.join().unwrap_or_else(|_| Err(RoundError::Died("a thread that submits panicked".into())))
        });
        joined.collect()
    });
    // From the first that began to the last that ended.
    let spans = spans?;
    let begin = spans.iter().map(|span| span.0).min().unwrap_or(0);
    let end = spans.iter().map(|span| span.1).max().unwrap_or(0);
    Ok(Ran { elapsed_ns: end - begin, trips_ns: Vec::new() })
}
