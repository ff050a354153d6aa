//! The subject behind a driver.

use super::executor::DriverExecutor;
use super::launch::Launch;
use super::link::{CallError, Link};
use super::wire::{Call, WireFault, described};
use poolproof_harness::{AnyExecutor, Config, Description, Gatehouse, OpenError, SetupError, Subject};
use std::sync::{Arc, Mutex, PoisonError};

/// An executor that a driver reaches. The driver is started when it is first needed, serves every
/// executor that is opened, and ends with the last of what it made.
#[derive(Debug)]
pub struct DriverSubject {
    launch: Launch,
    link: Mutex<Option<Arc<Link>>>,
}

impl DriverSubject {
    pub(super) fn new(launch: Launch) -> Self {
        Self { launch, link: Mutex::default() }
    }

    /// The running driver; a new one if there is none or it died.
    fn link(&self) -> Result<Arc<Link>, SetupError> {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = link.as_ref().filter(|link| link.is_alive()) {
            return Ok(Arc::clone(link));
        }
        let started = Link::start(&self.launch)?;
        *link = Some(Arc::clone(&started));
        Ok(started)
    }
}

impl Subject for DriverSubject {
    fn address(&self) -> &str {
        &self.launch.address
    }

    fn describe(&self) -> Result<Description, SetupError> {
        let link = self.link()?;
        let hello = link.hello().ok_or_else(|| SetupError::failed("the driver said no hello"))?;
        Ok(Description {
            address: self.launch.address.clone(),
            language: hello.language.clone(),
            version: hello.version.clone(),
            versions: hello.versions.clone(),
            profile: hello.profile.clone(),
            check_seconds: hello.check_seconds,
        })
    }

    fn open(&self, config: &Config, house: &Gatehouse) -> Result<(Arc<dyn AnyExecutor>, u32), OpenError> {
        let link = self.link()?;
        let address = house.listen()?;
        let executor = Arc::new(DriverExecutor::new(Arc::clone(&link)));
        let any: Arc<dyn AnyExecutor> = Arc::clone(&executor) as Arc<dyn AnyExecutor>;
        let number = house.register(&any);
        let call = Call::Open {
            executor: executor.handle(),
            house: address,
            number,
            workers: config.workers,
            initialiser: config.initialiser.clone().map(described),
            max_tasks_per_worker: config.max_tasks_per_worker,
        };
        match link.call::<()>(&call) {
            Ok(()) => Ok((any, number)),
            Err(CallError::Fault(WireFault::Raised(raised))) => Err(OpenError::Rejected(raised)),
            Err(CallError::Fault(WireFault::Unsupported)) => Err(OpenError::Setup(SetupError::failed(format!(
                "`{}` does not take the initialiser or the number of tasks per worker that it was opened with",
                self.launch.address
            )))),
            Err(other) => Err(OpenError::Setup(other.into())),
        }
    }
}
