//! Several threads submit at the same time.

use super::{Material, Shape};
use crate::round::verify;
use crate::{Executor, Future, RoundError, Work};

const PRODUCERS: u64 = 4;

pub(super) fn run<E: Executor>(
    _: Shape,
    material: &Material<'_, E, impl Fn(u64) -> Work + Copy + Send + Sync + 'static>,
) -> Result<Vec<u64>, RoundError> {
    let Material { executor, tasks, work } = material;
    let produce = |producer: u64| -> Result<(), RoundError> {
        let numbers = || (producer..*tasks).step_by(PRODUCERS as usize);
        let submitted: Result<Vec<_>, _> = numbers().map(|number| executor.submit(work(number))).collect();
        let futures = submitted.map_err(|refused| RoundError::Wrong(refused.to_string()))?;
        numbers().zip(&futures).try_for_each(|(number, future)| verify(number, future.result(None)))
    };
    std::thread::scope(|scope| {
        let produce = &produce;
        let producers: Vec<_> = (0..PRODUCERS).map(|producer| scope.spawn(move || produce(producer))).collect();
        producers.into_iter().try_for_each(|producer| {
            producer.join().unwrap_or_else(|_| Err(RoundError::Died("a thread that submits panicked".into())))
        })
    })?;
    Ok(Vec::new())
}
