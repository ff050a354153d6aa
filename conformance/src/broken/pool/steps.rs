//! Everything the pool does, step by step. The defaults are correct.

use super::combine::{self, Completing};
use super::{Board, Job, Line, Mapping, Noted, Phase, Pool, PoolFuture, Worker, future, line, shutdown};
use poolproof_harness::{
    AnyWaited, Callback, Capability, Config, Failure, Fault, MapOptions, Outcome, Probe, Profile, Raised, Refused,
    ReturnWhen, Shutdown, State, TimedOut, Value, run_caught,
};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

/// The steps of the pool; a broken executor overrides one.
pub(in crate::broken) trait Steps: Send + Sync + 'static {
    /// What the executor declares, starting from what the pool offers.
    fn declare(&self, profile: Profile) -> Profile {
        profile
    }

    /// Whether a call is answered that belongs to this capability.
    fn offers(&self, capability: Capability) -> bool {
        self.declare(super::subject::profile()).has(capability)
    }

    /// Looks at the arguments of an executor to be opened.
    fn check(&self, config: &Config) -> Result<(), Raised> {
        if config.workers == 0 {
            return Err(Raised::new("ValueError", "workers must be at least 1"));
        }
        Ok(())
    }

    /// The executor was opened; workers start when they are needed.
    fn opened(&self, _pool: &Arc<Pool>) {}

    // Accepting tasks.

    fn submit(&self, pool: &Arc<Pool>, task: Probe) -> Result<Arc<PoolFuture>, Refused> {
        pool.submit(task)
    }
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        pool.enqueue(job)
    }
    fn admit(&self, line: &Line) -> Result<(), Refused> {
        line::admit(line)
    }
    fn needs_worker(&self, line: &Line) -> bool {
        line::needs_worker(line)
    }
    /// No worker can be started for the job that came last.
    fn cannot_start(&self, line: &mut Line) -> Result<(), Refused> {
        line::cannot_start(line)
    }
    /// There is a new job.
    fn alert(&self, pool: &Pool) {
        pool.work.notify_one();
    }

    // Workers.

    fn initialise(&self, pool: &Pool) -> Result<(), Raised> {
        pool.initialise()
    }
    fn initialiser_failed(&self, pool: &Pool, reason: &str) {
        pool.initialiser_failed(reason);
    }
    /// A task whose pool broke before it started fails.
    fn fail_stranded(&self, future: &PoolFuture, reason: &str) {
        future.finish(Err(shutdown::broken(reason)));
    }
    fn next(&self, pool: &Pool) -> Option<Job> {
        pool.next()
    }
    /// Jobs start in the order in which they came.
    fn pick(&self, queue: &mut VecDeque<Job>) -> Option<Job> {
        queue.pop_front()
    }
    fn execute(&self, pool: &Arc<Pool>, job: Job, worker: &mut Worker) {
        pool.execute(job, worker);
    }
    /// Runs a task; its panic is its outcome.
    fn run(&self, task: Probe) -> Outcome<Value> {
        run_caught(task)
    }
    /// Whether the worker takes another job.
    fn goes_on(&self, pool: &Pool, worker: &Worker) -> bool {
        pool.config.max_tasks_per_worker.is_none_or(|most| worker.ran < most)
    }
    fn retire(&self, pool: &Arc<Pool>) {
        pool.retire();
    }

    // Futures.

    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        future.finish(outcome);
    }
    /// Wakes everybody who waits for this future.
    fn wake(&self, future: &PoolFuture, _cancelled: bool) {
        future.changed.notify_all();
    }
    /// Wakes asynchronous code that awaits this future.
    fn wake_awaiting(&self, wakers: Vec<Waker>, _failed: bool) {
        wakers.into_iter().for_each(Waker::wake);
    }
    /// Tells those who wait for several futures.
    fn announce(&self, watchers: Vec<(Arc<Board>, usize)>, failed: bool, _cancelled: bool) {
        for (board, key) in watchers {
            board.completed(key, failed);
        }
    }
    /// Calls back in the order of registration.
    fn call_all_back(&self, _future: &PoolFuture, callbacks: Vec<Callback>) {
        for callback in callbacks {
            self.call_back(callback);
        }
    }
    /// The future was done before the callback came: calls back here and now.
    fn call_late(&self, _future: &PoolFuture, callback: Callback) {
        self.call_back(callback);
    }
    /// Runs one callback; its panic goes no further.
    fn call_back(&self, callback: Callback) {
        future::call_back(callback);
    }
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        future.result(timeout)
    }
    fn exception(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Option<Failure>, TimedOut> {
        self.result(future, timeout).map(Result::err)
    }
    fn state(&self, future: &PoolFuture) -> State {
        future.state()
    }
    fn predicates(&self, phase: &Phase) -> State {
        future::predicates(phase)
    }
    fn cancel(&self, future: &PoolFuture) -> bool {
        future.cancel()
    }
    fn on_done(&self, future: &PoolFuture, callback: Callback) {
        future.on_done(callback);
    }
    /// Somebody else than the pool completes the future.
    fn complete(&self, future: &PoolFuture, value: Value) -> Result<(), Raised> {
        future.complete(value)
    }
    /// How much the stored error holds: always the same.
    fn error_weight(&self, _future: &PoolFuture) -> usize {
        1
    }
    /// The caller let the future go: its task still runs.
    fn drop_future(&self, _future: &PoolFuture) {}

    // Maps.

    fn map(
        &self,
        pool: &Arc<Pool>,
        items: Box<dyn Iterator<Item = Probe> + Send>,
        options: MapOptions,
    ) -> Result<Mapping, Fault> {
        pool.map(items, options)
    }
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        mapping.begin(options)
    }
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        mapping.next()
    }
    /// A result was read: one more item may be submitted.
    fn refill(&self, mapping: &mut Mapping) -> Result<(), Refused> {
        mapping.submit_chunk().map(drop)
    }
    fn map_timed_out(&self, mapping: &mut Mapping) {
        mapping.cancel_rest();
    }
    /// A reader that stopped half-way wants no more; one that never began only submitted.
    fn drop_map(&self, mapping: &mut Mapping) {
        if mapping.started {
            mapping.cancel_rest();
        }
    }

    // Several futures.

    /// The positions of a wait that it counts.
    fn waits_for(&self, futures: &[Arc<PoolFuture>]) -> Vec<usize> {
        combine::distinct(futures)
    }
    /// The positions that `as_completed` will yield.
    fn yields(&self, futures: &[Arc<PoolFuture>]) -> Vec<usize> {
        combine::distinct(futures)
    }
    fn wait(
        &self,
        pool: &Pool,
        futures: &[Arc<PoolFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault> {
        Ok(pool.wait(futures, when, timeout))
    }
    fn enough(&self, noted: &Noted, count: usize, when: ReturnWhen) -> bool {
        combine::enough(noted, count, when)
    }
    fn abandon(&self, futures: &[Arc<PoolFuture>], board: &Arc<Board>) {
        combine::abandon(futures, board);
    }
    fn watch(&self, future: &PoolFuture, board: &Arc<Board>, key: usize) {
        future.watch(board, key);
    }
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        completing.next()
    }
    fn forget_yielded(&self, futures: &mut [Option<Arc<PoolFuture>>], position: usize) {
        combine::forget_yielded(futures, position);
    }

    // Stopping.

    /// Nothing is accepted any more; workers that have nothing to do may go.
    fn close(&self, pool: &Pool) {
        pool.close();
    }
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        pool.shutdown(how)
    }
    /// A task that shutdown took out of the line is cancelled like any other.
    fn cancel_stranded(&self, future: &PoolFuture) {
        future.cancel();
    }
    fn await_workers(&self, pool: &Pool) {
        pool.await_workers();
    }
    /// The executor was dropped: what was accepted still runs.
    fn release(&self, pool: &Arc<Pool>) {
        let _ = pool.shutdown(Shutdown::NO_WAIT);
    }
    /// The program ends: what was accepted still runs.
    fn program_ends(&self, pool: &Arc<Pool>) {
        self.close(pool);
        self.await_workers(pool);
    }
}
