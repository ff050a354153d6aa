use own_futures::{Handle, Pool, Stage};
use poolproof_conformance::*;
use std::time::Duration;

struct Own(Pool);
impl Executor for Own {
    type Future<T: Payload> = OwnFuture<T>;
    fn profile(&self) -> Profile {
        use Capability::{Cancel, Concurrency, Nested, Shutdown, Submit, Timeout};
        Profile::new(Kind::Thread, &[Submit, Concurrency, Timeout, Cancel, Shutdown, Nested]).supplied(&[Capability::Panic])
    }
    fn submit<T: Task>(&self, task: T) -> Result<OwnFuture<T::Output>, Refused> {
        self.0.run(move || run_caught(task)).map(OwnFuture).ok_or(Refused::Shutdown)
    }
    fn shutdown(&self, how: Shutdown) {
        self.0.close();
        how.wait.then(|| self.0.join());
    }
}
struct OwnFuture<T>(Handle<Outcome<T>>);
impl<T: Payload> Future<T> for OwnFuture<T> {
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<T>, TimedOut> {
        match self.0.wait(timeout) {
            Stage::Done(outcome) => Ok(outcome),
            Stage::TakenBack => Ok(Err(Failure::Cancelled)),
            Stage::Queued | Stage::Running => Err(TimedOut),
        }
    }
    fn state(&self) -> State {
        match self.0.wait(Some(Duration::ZERO)) {
            Stage::Queued => State::PENDING,
            Stage::Running => State::RUNNING,
            Stage::Done(_) => State::FINISHED,
            Stage::TakenBack => State::CANCELLED,
        }
    }
    fn cancel(&self) -> Result<bool, Unsupported> { Ok(self.0.take_back()) }
}
suite!(own, executor: |config: &Config| super::Own(Pool::new(config.workers)));
