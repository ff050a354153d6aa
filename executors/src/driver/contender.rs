//! The contender behind a driver: rounds are run and timed inside the driver.

use super::launch::Launch;
use super::link::{CallError, Link};
use super::wire::{Call, WireFault};
use poolproof_harness::{Contender, Fault, HouseAddress, Round, RoundError, RoundSpec, SetupError};
use std::sync::Arc;

/// An executor that a driver reaches, to be measured.
#[derive(Debug)]
pub struct DriverContender {
    launch: Launch,
    link: Option<Arc<Link>>,
    open: Option<u64>,
}

impl DriverContender {
    pub(super) fn new(launch: Launch) -> Self {
        Self { launch, link: None, open: None }
    }
}

impl Contender for DriverContender {
    fn address(&self) -> &str {
        &self.launch.address
    }

    fn open(&mut self, workers: usize) -> Result<(), SetupError> {
        self.close();
        let link = match self.link.take().filter(|link| link.is_alive()) {
            Some(link) => link,
            None => Link::start(&self.launch)?,
        };
        let link = self.link.insert(link);
        let executor = link.handle();
        let call = Call::Open {
            executor,
            house: HouseAddress::default(),
            number: 0,
            workers,
            initialiser: None,
            max_tasks_per_worker: None,
        };
        link.call::<()>(&call)?;
        self.open = Some(executor);
        Ok(())
    }

    fn round(&mut self, spec: &RoundSpec) -> Result<Round, RoundError> {
        let (Some(link), Some(executor)) = (&self.link, self.open) else {
            return Err(RoundError::Died("no executor is open".into()));
        };
        link.call(&Call::Round { executor, spec: *spec }).map_err(|error| match error {
            CallError::Fault(WireFault::Wrong(what)) => RoundError::Wrong(what),
            CallError::Fault(WireFault::Unsupported) => RoundError::Unsupported("its driver does not know it".into()),
            CallError::Fault(fault) => RoundError::Wrong(Fault::from(fault).to_string()),
            CallError::Broke(reason) => RoundError::Died(reason),
        })
    }

    fn close(&mut self) {
        if let (Some(link), Some(executor)) = (&self.link, self.open.take()) {
            // A driver that died has closed everything.
            let _ = link.call::<()>(&Call::Shutdown { executor, wait: true, cancel_futures: false });
            let _ = link.call::<()>(&Call::Drop { handle: executor });
        }
    }
}

impl Drop for DriverContender {
    fn drop(&mut self) {
        self.close();
    }
}
