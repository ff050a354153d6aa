//! chili: fork and join, and nothing else. It can be measured and not checked.
//!
//! chili has no `submit`: a scope runs two closures and returns when both are done. What it can do is a
//! map: halves, halves of halves, down to pieces of `chunksize` items.

use crate::registry::BenchOnly;
use chili::{Config, Scope, ThreadPool};
use poolproof_harness::{Contender, Dispatch, Round, RoundError, RoundSpec, SetupError, Task, Work, now_ns};
use std::num::NonZero;

/// chili's pool, for rounds that are maps.
#[derive(Debug, Default)]
pub struct Chili {
    pool: Option<ThreadPool>,
}

/// Runs the tasks, halved down to pieces of at most `piece`, and puts their answers in place.
fn join(scope: &mut Scope<'_>, tasks: &[Work], answers: &mut [u64], piece: usize) {
    if tasks.len() <= piece {
        for (task, answer) in tasks.iter().zip(answers) {
            *answer = task.clone().run().unwrap_or(0);
        }
    } else {
        let middle = tasks.len() / 2;
        let (left, right) = tasks.split_at(middle);
        let (to_left, to_right) = answers.split_at_mut(middle);
        scope.join(|scope| join(scope, left, to_left, piece), |scope| join(scope, right, to_right, piece));
    }
}

impl Contender for Chili {
    fn address(&self) -> &str {
        ChiliBenched::NAME
    }

    fn open(&mut self, workers: usize) -> Result<(), SetupError> {
        self.close();
        // The thread that opens a scope works, too.
        let config = Config { thread_count: NonZero::new(workers), ..Config::default() };
        self.pool = Some(ThreadPool::with_config(config));
        Ok(())
    }

    fn round(&mut self, spec: &RoundSpec) -> Result<Round, RoundError> {
        let pool = self.pool.as_ref().ok_or_else(|| RoundError::Died("no pool is open".into()))?;
        let piece = match spec.dispatch {
            Dispatch::Map(chunksize) => chunksize.unwrap_or(1).max(1),
            Dispatch::Submit => 1,
            // One task at a time, or tasks that go on while others come.
            _ => {
                return Err(RoundError::Unsupported(
                    "chili is fork and join: there is no task that others come after".into(),
                ));
            }
        };
        let work = spec.workload.works(spec.tasks, spec.port);
        let start = now_ns();
        let tasks: Vec<Work> = (0..spec.tasks).map(work).collect();
        let mut answers = vec![0; tasks.len()];
        join(&mut pool.scope(), &tasks, &mut answers, piece);
        let elapsed_ns = now_ns() - start;
        match (0..).zip(&answers).find(|&(number, &answer)| answer != Work::answer(number)) {
            Some((number, answer)) => Err(RoundError::Wrong(format!("task {number} answered {answer:#x}"))),
            None => Ok(Round { elapsed_ns, trips_ns: Vec::new(), stamps: Vec::new() }),
        }
    }

    fn close(&mut self) {
        self.pool = None;
    }
}

/// `chili` in the registry.
#[derive(Debug)]
pub struct ChiliBenched;

impl BenchOnly for ChiliBenched {
    const NAME: &'static str = "chili";
    const SUMMARY: &'static str = "chili's fork and join, as a map; can be measured, not checked";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_CHILI");
    const LACKS: &'static str = "is fork and join, without `submit`";

    fn contender() -> Box<dyn Contender> {
        Box::new(Chili::default())
    }
}
