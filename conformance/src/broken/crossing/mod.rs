//! The pool over worker processes: each worker of the pool drives one process and sends it the
//! tasks that it takes.
//!
//! [`Crossing`] are the steps by which a task crosses into a process and its outcome comes back;
//! as with [`Steps`], the defaults are correct and a broken executor overrides one.

mod link;
mod message;
mod serve;

pub(super) use link::{Link, Lost};
pub(super) use message::{Request, pack, unpack};
pub(crate) use serve::serve_if_worker;

use super::locked;
use super::pool::{Job, Phase, Pool, PoolFuture, Steps, Worker, call_back, predicates};
use poolproof_harness::{
    Callback, Capability, Failure, Kind, NestedPolicy, Outcome, Probe, Profile, Raised, Refused, Shutdown, State,
    Support, TimedOut, Value, WorkerLossPolicy,
};
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

/// The steps of a pool over processes.
pub(super) trait Crossing: Send + Sync + 'static {
    /// What the executor declares, starting from what the pool over processes offers.
    fn declare(&self, profile: Profile) -> Profile {
        profile
    }
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        pool.enqueue(job)
    }
    /// Writes a request down.
    fn pack(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        pack(request).map_err(Failure::Unserialisable)
    }
    /// Reads an answer.
    fn unpack(&self, answer: &[u8]) -> Outcome<Value> {
        unpack(answer).unwrap_or_else(|reason| Err(Failure::Unserialisable(reason)))
    }
    /// The outcome of a task whose process died.
    fn lost(&self, _processes: &Processes, _task: &Probe) -> Outcome<Value> {
        Err(Failure::Broken("its worker process died".into()))
    }
    /// Whether a process that died before it started the task is replaced, and the task sent again.
    fn replaces_idle(&self) -> bool {
        true
    }
    /// Has the task run.
    fn run(&self, processes: &Processes, task: Probe) -> Outcome<Value> {
        processes.cross(task)
    }
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        future.finish(outcome);
    }
    /// Whether a worker takes another job.
    fn goes_on(&self, pool: &Pool, worker: &Worker) -> bool {
        pool.config.max_tasks_per_worker.is_none_or(|most| worker.ran < most)
    }
    /// Has a new process run the initialiser.
    fn prepare(&self, processes: &Processes, link: &mut Link, initialiser: Probe) -> Result<(), Raised> {
        processes.prepare(link, initialiser)
    }
    fn call_back(&self, _processes: &Processes, callback: Callback) {
        call_back(callback);
    }
    /// Calls back in the order of registration, once the future is done.
    fn call_all_back(&self, processes: &Processes, callbacks: Vec<Callback>) {
        for callback in callbacks {
            self.call_back(processes, callback);
        }
    }
    fn predicates(&self, phase: &Phase) -> State {
        predicates(phase)
    }
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        future.result(timeout)
    }
    /// How much the stored error of a future holds.
    fn error_weight(&self, _future: &PoolFuture) -> usize {
        1
    }
    /// A task whose pool broke before it started fails.
    fn fail_stranded(&self, future: &PoolFuture, reason: &str) {
        future.finish(Err(Failure::Broken(reason.to_owned())));
    }
    /// A task that shutdown took out of the line is cancelled like any other.
    fn cancel_stranded(&self, future: &PoolFuture) {
        future.cancel();
    }
    /// Ends the process of a worker that retires.
    fn end(&self, link: Link) {
        link.end();
    }
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        pool.shutdown(how)
    }
    fn await_workers(&self, pool: &Pool) {
        pool.await_workers();
    }
    /// The executor was dropped: what was accepted still runs.
    fn release(&self, _processes: &Processes, pool: &Arc<Pool>) {
        let _ = pool.shutdown(Shutdown::NO_WAIT);
    }
}

thread_local! {
    /// The process that this worker drives.
    static LINK: RefCell<Option<Link>> = const { RefCell::new(None) };
}

/// A pool over processes.
pub(super) struct Processes {
    crossing: Box<dyn Crossing>,
    /// What each process runs first.
    initialiser: OnceLock<Option<Probe>>,
    pool: OnceLock<Weak<Pool>>,
    /// The processes that are not being waited for.
    alive: Mutex<HashSet<u32>>,
}

impl Processes {
    /// The pool over processes that crosses as `crossing` says.
    pub(super) fn new(crossing: impl Crossing) -> Arc<Self> {
        Arc::new(Self {
            crossing: Box::new(crossing),
            initialiser: OnceLock::new(),
            pool: OnceLock::new(),
            alive: Mutex::default(),
        })
    }

    /// Starts the process of this worker.
    fn start(&self) -> Result<(), Raised> {
        let mut link = Link::start().map_err(|error| Raised::new("IoError", error.to_string()))?;
        if let Some(initialiser) = self.initialiser.get().cloned().flatten()
            && let Err(raised) = self.crossing.prepare(self, &mut link, initialiser)
        {
            link.end();
            return Err(raised);
        }
        locked(&self.alive).insert(link.pid());
        LINK.set(Some(link));
        Ok(())
    }

    /// Ends a process.
    fn end(&self, link: Link) {
        locked(&self.alive).remove(&link.pid());
        self.crossing.end(link);
    }

    /// Breaks the pool because a process died: the other processes are killed, and every task that
    /// has not ended is lost.
    fn break_down(&self, reason: &str) {
        if let Some(pool) = self.pool.get().and_then(Weak::upgrade) {
            pool.break_down(reason);
        }
        self.kill();
    }

    /// Kills the processes, whatever they run.
    pub(super) fn kill(&self) {
        for pid in std::mem::take(&mut *locked(&self.alive)) {
            Link::kill(pid);
        }
    }

    /// Takes jobs out of the line, and tells nobody; only a broken executor does that.
    pub(super) fn forget(&self, which: impl Fn(&Job) -> bool) {
        if let Some(pool) = self.pool.get().and_then(Weak::upgrade) {
            pool.lock().queue.retain(|job| !which(job));
        }
    }

    fn prepare(&self, link: &mut Link, initialiser: Probe) -> Result<(), Raised> {
        match self.ask(link, &Request::Initialise(initialiser)) {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(failure)) => Err(Raised::new("InitialiserError", failure.to_string())),
            Err(_) => Err(Raised::new("InitialiserError", "the worker process died")),
        }
    }

    fn ask(&self, link: &mut Link, request: &Request) -> Result<Outcome<Value>, Lost> {
        match self.crossing.pack(request) {
            Ok(bytes) => link.ask(&bytes).map(|answer| self.crossing.unpack(&answer)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    /// Has the process of this worker run `task`, or another process if that one died before.
    pub(super) fn cross(&self, task: Probe) -> Outcome<Value> {
        let request = Request::Run(task);
        loop {
            let Some(mut link) = LINK.take() else {
                self.start().map_err(|raised| Failure::Broken(raised.to_string()))?;
                continue;
            };
            match self.ask(&mut link, &request) {
                Ok(outcome) => {
                    LINK.set(Some(link));
                    return outcome;
                }
                Err(Lost::BeforeTheStart) if self.crossing.replaces_idle() => self.end(link),
                Err(_) => {
                    self.end(link);
                    let Request::Run(task) = &request else { unreachable!("the request is the task") };
                    return self.crossing.lost(self, task);
                }
            }
        }
    }

    /// Has the process of this worker run a callback, if this is a worker.
    pub(super) fn call_back_there(&self, callback: Callback) {
        let Some(mut link) = LINK.take() else { return call_back(callback) };
        let _ = self.ask(&mut link, &Request::CallBack(callback));
        LINK.set(Some(link));
    }
}

impl Steps for Processes {
    fn declare(&self, mut profile: Profile) -> Profile {
        profile.kind = Kind::Process;
        profile.support.remove(&Capability::Nested);
        for capability in [Capability::Isolation, Capability::WorkerLoss] {
            profile.support.insert(capability, Support::Native);
        }
        profile.nested = NestedPolicy::Unreachable;
        profile.worker_loss = WorkerLossPolicy::Replaced;
        self.crossing.declare(profile)
    }
    fn opened(&self, pool: &Arc<Pool>) {
        let _ = self.initialiser.set(pool.config.initialiser.clone());
        let _ = self.pool.set(Arc::downgrade(pool));
    }
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        self.crossing.enqueue(pool, job)
    }
    fn initialise(&self, _pool: &Pool) -> Result<(), Raised> {
        self.start()
    }
    fn run(&self, task: Probe) -> Outcome<Value> {
        self.crossing.run(self, task)
    }
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        self.crossing.finish(future, outcome);
    }
    fn goes_on(&self, pool: &Pool, worker: &Worker) -> bool {
        self.crossing.goes_on(pool, worker)
    }
    fn retire(&self, pool: &Arc<Pool>) {
        if let Some(link) = LINK.take() {
            self.end(link);
        }
        pool.retire();
    }
    fn call_back(&self, callback: Callback) {
        self.crossing.call_back(self, callback);
    }
    fn call_all_back(&self, _future: &PoolFuture, callbacks: Vec<Callback>) {
        self.crossing.call_all_back(self, callbacks);
    }
    fn predicates(&self, phase: &Phase) -> State {
        self.crossing.predicates(phase)
    }
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        self.crossing.result(future, timeout)
    }
    fn error_weight(&self, future: &PoolFuture) -> usize {
        self.crossing.error_weight(future)
    }
    fn fail_stranded(&self, future: &PoolFuture, reason: &str) {
        self.crossing.fail_stranded(future, reason);
    }
    fn cancel_stranded(&self, future: &PoolFuture) {
        self.crossing.cancel_stranded(future);
    }
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        self.crossing.shutdown(pool, how)
    }
    fn await_workers(&self, pool: &Pool) {
        self.crossing.await_workers(pool);
    }
    fn release(&self, pool: &Arc<Pool>) {
        self.crossing.release(self, pool);
    }
}

/// The whole pool breaks when one of its processes dies, and the profile says so.
pub(super) struct BreaksDown;

impl Crossing for BreaksDown {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { worker_loss: WorkerLossPolicy::PoolBroken, ..profile }
    }
    fn replaces_idle(&self) -> bool {
        false
    }
    fn lost(&self, processes: &Processes, _task: &Probe) -> Outcome<Value> {
        processes.break_down("a worker process died");
        Err(Failure::Broken("a worker process died".into()))
    }
}
