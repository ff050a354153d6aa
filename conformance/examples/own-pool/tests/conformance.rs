use poolproof_conformance::{Job, Refused, Shutdown, Spawn, suite};
struct Pool(own_pool::OwnPool);
impl Spawn for Pool {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        if self.0.run(move || job.run()) { Ok(()) } else { Err(Refused::Shutdown) }
    }
    fn shutdown(&self, how: Shutdown) {
        self.0.close();
        how.wait.then(|| self.0.join());
    }
}
suite!(own_pool_suite, spawn: |config| super::Pool(own_pool::OwnPool::new(config.workers)));
