//! The workers: each takes jobs from the line until there will be none any more.

use super::{Job, Line, Pool};
use poolproof_harness::{Failure, Outcome, Raised, Value, contain, run_initialiser};
use std::sync::{Arc, PoisonError};
use std::thread;

/// What a worker knows of itself.
#[derive(Default)]
pub(in crate::broken) struct Worker {
    /// How many jobs it ran.
    pub(in crate::broken) ran: usize,
    /// Whether its last job failed.
    pub(in crate::broken) failed: bool,
    /// Whether its last job panicked.
    pub(in crate::broken) panicked: bool,
    /// Whether its last job was cancelled before.
    pub(in crate::broken) skipped: bool,
}

impl Worker {
    /// Keeps in mind how a task ended.
    pub(in crate::broken) fn saw(&mut self, outcome: &Outcome<Value>) {
        self.failed |= outcome.is_err();
        self.panicked |= matches!(outcome, Err(Failure::Panicked(_)));
    }
}

/// Retires the worker however its thread ends.
struct Duty(Arc<Pool>);

impl Drop for Duty {
    fn drop(&mut self) {
        self.0.steps.retire(&self.0);
    }
}

impl Pool {
    /// Starts one more worker.
    pub(in crate::broken) fn start_worker(self: &Arc<Self>, line: &mut Line) {
        let pool = Arc::clone(self);
        line.starting += 1;
        line.threads.push(thread::spawn(move || {
            {
                let mut line = pool.lock();
                line.starting -= 1;
                line.workers.insert(thread::current().id());
            }
            let duty = Duty(pool);
            duty.0.work();
        }));
    }

    fn work(self: &Arc<Self>) {
        if let Err(raised) = self.steps.initialise(self) {
            self.steps.initialiser_failed(self, &raised.to_string());
            return;
        }
        let mut worker = Worker::default();
        while let Some(job) = self.steps.next(self) {
            self.steps.execute(self, job, &mut worker);
            worker.ran += 1;
            if !self.steps.goes_on(self, &worker) {
                return;
            }
        }
    }

    /// Runs the initialiser in this worker.
    pub(in crate::broken) fn initialise(&self) -> Result<(), Raised> {
        let Some(initialiser) = self.config.initialiser.clone() else { return Ok(()) };
        contain(|| run_initialiser(initialiser)).unwrap_or_else(|panic| Err(Raised::new("Panic", panic)))
    }

    /// A pool whose workers cannot be initialised is broken.
    pub(in crate::broken) fn initialiser_failed(&self, reason: &str) {
        self.break_down(&format!("the initialiser of a worker failed: {reason}"));
    }

    /// Breaks the pool: what waits fails, what comes is refused.
    pub(in crate::broken) fn break_down(&self, reason: &str) {
        let mut line = self.lock();
        line.broken = Some(reason.to_owned());
        let stranded = std::mem::take(&mut line.queue);
        drop(line);
        self.work.notify_all();
        for future in stranded.into_iter().flatten() {
            self.steps.fail_stranded(&future, reason);
        }
    }

    /// The next job of this worker; `None` when there will be none any more.
    pub(in crate::broken) fn next(&self) -> Option<Job> {
        let mut line = self.lock();
        loop {
            if let Some(job) = self.steps.pick(&mut line.queue) {
                self.change.notify_all();
                return Some(job);
            }
            if line.shut || line.broken.is_some() {
                return None;
            }
            line.idle += 1;
            self.change.notify_all();
            line = self.work.wait(line).unwrap_or_else(PoisonError::into_inner);
            line.idle -= 1;
        }
    }

    /// Runs the tasks of a job, those that were cancelled excepted.
    pub(in crate::broken) fn execute(&self, job: Job, worker: &mut Worker) {
        *worker = Worker { ran: worker.ran, ..Worker::default() };
        for future in job {
            let Some(task) = future.claim() else {
                worker.skipped = true;
                continue;
            };
            let outcome = self.steps.run(task);
            worker.saw(&outcome);
            self.steps.finish(&future, outcome);
        }
    }

    /// Takes this worker off the list; another one takes its place if there is work for it.
    pub(in crate::broken) fn retire(self: &Arc<Self>) {
        let mut line = self.lock();
        line.workers.remove(&thread::current().id());
        if self.steps.needs_worker(&line) {
            self.start_worker(&mut line);
        }
        drop(line);
        self.change.notify_all();
    }

    /// Whether the calling thread is one of the workers.
    pub(in crate::broken) fn is_mine(&self) -> bool {
        self.lock().workers.contains(&thread::current().id())
    }
}
