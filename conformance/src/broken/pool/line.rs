//! The pool itself: the line of jobs, and how tasks get into it.

use super::{PoolFuture, Steps};
use crate::broken::locked;
use poolproof_harness::{Config, Probe, Raised, Refused};
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, ThreadId};

/// What one worker takes at a time: one task, or the tasks of a chunk.
pub(in crate::broken) type Job = Vec<Arc<PoolFuture>>;

/// What the mutex of the pool guards.
pub(in crate::broken) struct Line {
    pub(in crate::broken) queue: VecDeque<Job>,
    /// Workers that wait for a job.
    pub(in crate::broken) idle: usize,
    /// Workers that have started and not retired.
    pub(in crate::broken) workers: HashSet<ThreadId>,
    /// Workers that were started and have not said their name yet.
    pub(in crate::broken) starting: usize,
    /// How many workers there may be.
    pub(in crate::broken) limit: usize,
    pub(in crate::broken) shut: bool,
    /// Whether no worker can be started.
    pub(in crate::broken) exhausted: bool,
    /// Why nothing runs any more, if so.
    pub(in crate::broken) broken: Option<String>,
    pub(in crate::broken) threads: Vec<JoinHandle<()>>,
}

impl Line {
    /// How many workers exist.
    pub(in crate::broken) fn alive(&self) -> usize {
        self.workers.len() + self.starting
    }
}

/// The pool: a line of jobs and the workers that take them.
pub(in crate::broken) struct Pool {
    pub(in crate::broken) steps: Arc<dyn Steps>,
    pub(in crate::broken) config: Config,
    line: Mutex<Line>,
    /// There is a job, or there will be none any more.
    pub(in crate::broken) work: Condvar,
    /// A worker retired or has nothing to do, or a job left the line.
    pub(in crate::broken) change: Condvar,
    /// What code that interrupts the next submit will submit.
    interrupting: Mutex<Option<Probe>>,
}

impl Pool {
    pub(in crate::broken) fn new(steps: Arc<dyn Steps>, config: &Config) -> Arc<Self> {
        let line = Line {
            queue: VecDeque::new(),
            idle: 0,
            workers: HashSet::new(),
            starting: 0,
            limit: config.workers,
            shut: false,
            exhausted: false,
            broken: None,
            threads: Vec::new(),
        };
        let (work, change) = (Condvar::new(), Condvar::new());
        Arc::new(Self {
            steps,
            config: config.clone(),
            line: Mutex::new(line),
            work,
            change,
            interrupting: Mutex::default(),
        })
    }

    pub(in crate::broken) fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts one task.
    pub(in crate::broken) fn submit(self: &Arc<Self>, task: Probe) -> Result<Arc<PoolFuture>, Refused> {
        let future = PoolFuture::new(&self.steps, task);
        self.steps.enqueue(self, vec![Arc::clone(&future)])?;
        Ok(future)
    }

    /// Puts a job into the line, unless the pool is shut down or broken.
    pub(in crate::broken) fn enqueue(self: &Arc<Self>, job: Job) -> Result<(), Refused> {
        self.interruptible();
        let mut line = self.lock();
        self.steps.admit(&line)?;
        line.queue.push_back(job);
        if self.steps.needs_worker(&line) {
            if line.exhausted {
                return self.steps.cannot_start(&mut line);
            }
            self.start_worker(&mut line);
        }
        drop(line);
        self.steps.alert(self);
        Ok(())
    }
}

impl Pool {
    /// Submits tasks, each while code that interrupts the submitting thread submits one as well.
    pub(in crate::broken) fn submit_interrupted(self: &Arc<Self>, times: usize) -> Result<(), Refused> {
        for _ in 0..times {
            *locked(&self.interrupting) = Some(Probe::idle());
            let _ = self.steps.submit(self, Probe::idle())?.result(None);
        }
        Ok(())
    }

    /// Here the submitting thread may be interrupted: the code that does so runs now.
    pub(in crate::broken) fn interruptible(self: &Arc<Self>) {
        let task = locked(&self.interrupting).take();
        if let Some(task) = task {
            let _ = self.steps.submit(self, task);
        }
    }
}

/// No worker can be started for the job that came last: it is taken back and refused.
pub(in crate::broken) fn cannot_start(line: &mut Line) -> Result<(), Refused> {
    line.queue.pop_back();
    Err(no_worker())
}

/// Why a job is refused for which no worker can be started.
pub(in crate::broken) fn no_worker() -> Refused {
    Refused::Other(Raised::new("RuntimeError", "no worker can be started"))
}

/// Whether the line is open.
pub(in crate::broken) fn admit(line: &Line) -> Result<(), Refused> {
    match &line.broken {
        Some(reason) => Err(Refused::Broken(reason.clone())),
        None if line.shut => Err(Refused::Shutdown),
        None => Ok(()),
    }
}

/// A worker is started when the jobs outnumber the idle workers and there may be one more.
pub(in crate::broken) fn needs_worker(line: &Line) -> bool {
    line.queue.len() > line.idle + line.starting && line.alive() < line.limit
}
