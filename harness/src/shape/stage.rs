//! Where tasks find the executor that runs them, and each other.

use super::plot::Plot;
use super::{Material, Ran, Shape};
use crate::{DropPolicy, Executor, Kind, Profile, QueuePolicy, Raised, RoundError, Task, Work, now_ns};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// One round whose tasks submit tasks.
struct Stage<E: Executor> {
    executor: Arc<E>,
    plot: &'static dyn Plot,
    work: Box<dyn Fn(u64) -> Work + Send + Sync>,
    /// Whether each number was worked on.
    done: Vec<AtomicBool>,
    /// How many of those that lead to each number have not ended.
    leading: Vec<AtomicU64>,
    /// How many numbers are still to be worked on.
    left: AtomicU64,
    /// What an executor that cancels what nobody holds would cancel.
    held: Option<Mutex<Vec<E::Future<u64>>>>,
    outcome: Mutex<Option<Result<(), String>>>,
    over: Condvar,
}

/// Runs a round of a shape with a plot.
pub(super) fn run<E: Executor>(
    shape: Shape,
    material: &Material<'_, E, impl Fn(u64) -> Work + Copy + Send + Sync + 'static>,
) -> Result<Ran, RoundError> {
    let Some(plot) = shape.plot() else { return Ok(Ran::default()) };
    let profile = material.executor.profile();
    if let Some(reason) = hindrance(&profile) {
        return Err(RoundError::Unsupported(format!("workers cannot submit: {reason}")));
    }
    let of = material.tasks;
    let stage = Arc::new(Stage {
        executor: Arc::clone(material.executor),
        plot,
        work: Box::new(material.work),
        done: (0..of).map(|_| AtomicBool::new(false)).collect(),
        leading: (0..of).map(|number| AtomicU64::new(plot.led_by(number, of))).collect(),
        left: AtomicU64::new(of),
        held: (profile.drop_future != DropPolicy::Detaches).then(|| Mutex::new(Vec::new())),
        outcome: Mutex::new((of == 0).then_some(Ok(()))),
        over: Condvar::new(),
    });
    let start = now_ns();
    for number in plot.first(of) {
        submit(&stage, number);
    }
    let outcome = stage.wait();
    let elapsed_ns = now_ns() - start;
    // Whoever drops the stage last may be a worker, which must not be the one to drop futures, too.
    drop(stage.held.as_ref().map(|held| std::mem::take(&mut *held.lock().unwrap_or_else(PoisonError::into_inner))));
    outcome.map_err(RoundError::Wrong)?;
    // Whoever ended last had climbed before.
    if let Some(number) = stage.leading.iter().position(|leading| leading.load(Ordering::Acquire) != 0) {
        return Err(RoundError::Wrong(format!("task {number} was never joined")));
    }
    match stage.done.iter().position(|done| !done.load(Ordering::Acquire)) {
        Some(number) => Err(RoundError::Wrong(format!("task {number} never ran"))),
        None => Ok(Ran { elapsed_ns, trips_ns: Vec::new() }),
    }
}

/// Why tasks of such an executor cannot submit to it without waiting for themselves.
fn hindrance(profile: &Profile) -> Option<&'static str> {
    match (profile.kind, profile.queue) {
        (Kind::Inline, _) => Some("it runs each task where it is submitted, and tasks within tasks without end"),
        (Kind::Process | Kind::Cluster, _) => Some("they are other processes, and the executor is not there"),
        (Kind::Thread, QueuePolicy::Blocks(_) | QueuePolicy::Refuses(_)) => {
            Some("its queue has an end, and whoever waits for room in it may be the one to make it")
        }
        (Kind::Thread, _) => None,
    }
}

impl<E: Executor> Stage<E> {
    fn count(&self) -> u64 {
        self.done.len() as u64
    }

    fn end(&self, outcome: Result<(), String>) {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(outcome);
        self.over.notify_all();
    }

    fn wait(&self) -> Result<(), String> {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match outcome.take() {
                Some(found) => return found,
                None => outcome = self.over.wait(outcome).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Works on `number`, and says whether it was the first time.
    fn work_on(&self, number: u64) -> Result<(), String> {
        let answer = (self.work)(number).run().map_err(|raised| format!("task {number}: {}", raised.message))?;
        if answer != Work::answer(number) {
            return Err(format!("task {number} answered {answer:#x}"));
        }
        if self.done[number as usize].swap(true, Ordering::AcqRel) {
            return Err(format!("task {number} ran twice"));
        }
        Ok(())
    }

    /// Follows the way from `number` upwards as far as it was the last; the number to submit there, if any.
    fn climb(&self, number: u64) -> Option<u64> {
        let mut number = number;
        loop {
            let above = self.plot.leads_to(number, self.count())?;
            // Ordered after all that the others did who lead there.
            if self.leading[above as usize].fetch_sub(1, Ordering::AcqRel) > 1 {
                return None;
            }
            if self.plot.gathers() {
                return Some(above);
            }
            number = above;
        }
    }
}

/// Submits a task of the stage; a refusal ends the round.
fn submit<E: Executor>(stage: &Arc<Stage<E>>, number: u64) {
    match stage.executor.submit(Node { stage: Some(Arc::clone(stage)), number }) {
        Ok(future) => {
            if let Some(held) = &stage.held {
                held.lock().unwrap_or_else(PoisonError::into_inner).push(future);
            }
        }
        Err(refused) => stage.end(Err(format!("task {number}: {refused}"))),
    }
}

/// One task of a stage. It cannot leave the process; whoever tries finds no stage there.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Node<E: Executor> {
    #[serde(skip)]
    stage: Option<Arc<Stage<E>>>,
    number: u64,
}

impl<E: Executor> Task for Node<E> {
    const NAME: &'static str = "node";
    type Output = u64;

    fn run(self) -> Result<u64, Raised> {
        let Some(stage) = self.stage else {
            return Err(Raised::new("NoStage", "the task left the process of its stage"));
        };
        let of = stage.count();
        let mut worked = 0;
        for level in 0.. {
            let within = stage.plot.within(self.number, level, of);
            if within.is_empty() {
                break;
            }
            for number in within {
                if let Err(wrong) = stage.work_on(number) {
                    stage.end(Err(wrong));
                    return Ok(0);
                }
                worked += 1;
            }
        }
        for number in stage.plot.next(self.number, of) {
            submit(&stage, number);
        }
        // A node with others below it is closed by the last of them.
        if (stage.plot.gathers() || stage.plot.led_by(self.number, of) == 0)
            && let Some(number) = stage.climb(self.number)
        {
            submit(&stage, number);
        }
        if stage.left.fetch_sub(worked, Ordering::AcqRel) == worked {
            stage.end(Ok(()));
        }
        Ok(Work::answer(self.number))
    }
}
