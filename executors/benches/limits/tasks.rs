//! Tasks that a row needs beyond [`Work`](poolproof_harness::Work): closures, and trees of forks.

use poolproof_harness::{Executor, Future, Raised, Task, Work};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

type Body = Arc<dyn Fn(u64) -> u64 + Send + Sync>;

/// Runs a closure of this process.
#[derive(Serialize, Deserialize)]
pub(crate) struct Call {
    number: u64,
    #[serde(skip)]
    body: Option<Body>,
}

impl Call {
    pub(crate) fn new(number: u64, body: &Body) -> Self {
        Self { number, body: Some(Arc::clone(body)) }
    }
}

impl Task for Call {
    const NAME: &'static str = "call";
    type Output = u64;
    fn run(self) -> Result<u64, Raised> {
        Ok(self.body.map_or(0, |body| body(self.number)))
    }
}

/// Nothing but its number, as the closures that the peers are given by hand.
#[derive(Serialize, Deserialize)]
pub(crate) struct Number(pub(crate) u64);

impl Task for Number {
    const NAME: &'static str = "number";
    type Output = u64;
    fn run(self) -> Result<u64, Raised> {
        Ok(Work::answer(self.0))
    }
}

/// The Fibonacci number of its depth, with one task for each addition.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Fork<E> {
    depth: u32,
    #[serde(skip)]
    executor: Option<Arc<E>>,
}

impl<E: Executor> Fork<E> {
    pub(crate) fn new(depth: u32, executor: &Arc<E>) -> Self {
        Self { depth, executor: Some(Arc::clone(executor)) }
    }
}

fn fork<E: Executor>(depth: u32, executor: &Arc<E>) -> u64 {
    if depth < 2 {
        return u64::from(depth);
    }
    let left = executor.submit(Fork::new(depth - 1, executor)).expect("it is open");
    let right = fork(depth - 2, executor);
    left.result(None).expect("there is no limit").expect("the task cannot fail") + right
}

impl<E: Executor> Task for Fork<E> {
    const NAME: &'static str = "fork";
    type Output = u64;
    fn run(self) -> Result<u64, Raised> {
        Ok(self.executor.map_or(0, |executor| fork(self.depth, &executor)))
    }
}

/// The same number by rayon's `scope` and `spawn`.
pub(crate) fn scoped(depth: u32) -> u64 {
    if depth < 2 {
        return u64::from(depth);
    }
    let (mut left, mut right) = (0, 0);
    rayon::scope(|scope| {
        scope.spawn(|_| left = scoped(depth - 1));
        right = scoped(depth - 2);
    });
    left + right
}

/// The same number by rayon's `join`.
pub(crate) fn joined(depth: u32) -> u64 {
    if depth < 2 {
        return u64::from(depth);
    }
    let (left, right) = rayon::join(|| joined(depth - 1), || joined(depth - 2));
    left + right
}
