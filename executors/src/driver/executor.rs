//! Executors, futures and iterators behind a driver: handles, each call a message.

use super::link::Link;
use super::wire::{Call, described, described_input, micros};
use poolproof_harness::{
    AnyCompleted, AnyExecutor, AnyFuture, AnyMap, AnyWaited, Callback, Failure, Fault, Input, MapOptions, Outcome,
    Probe, Refused, ReturnWhen, Shutdown, State, Value,
};
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Something that the driver holds for us; it lets go of it when this is dropped.
struct Held {
    link: Arc<Link>,
    handle: u64,
}

impl Held {
    /// A fresh handle, to be bound by the call that makes the thing.
    fn new(link: &Arc<Link>) -> Self {
        Self { link: Arc::clone(link), handle: link.handle() }
    }

    fn release(&self) -> Result<(), Fault> {
        Ok(self.link.call(&Call::Drop { handle: self.handle })?)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.link.is_alive() {
            // A driver that dies now has let go of everything.
            let _ = self.release();
        }
    }
}

/// An open executor behind a driver.
pub(super) struct DriverExecutor {
    held: Held,
    released: AtomicBool,
}

impl fmt::Debug for DriverExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DriverExecutor").field("handle", &self.held.handle).finish_non_exhaustive()
    }
}

impl DriverExecutor {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { held: Held::new(&link), released: AtomicBool::new(false) }
    }

    /// The handle under which the driver knows it.
    pub(super) fn handle(&self) -> u64 {
        self.held.handle
    }

    /// The link, unless the executor was released.
    fn link(&self) -> Result<&Arc<Link>, Fault> {
        if self.released.load(Ordering::Acquire) { Err(Fault::Refused(Refused::Shutdown)) } else { Ok(&self.held.link) }
    }

    fn handles(&self, futures: &[Arc<dyn AnyFuture>]) -> Result<Vec<u64>, Fault> {
        let own = |future: &Arc<dyn AnyFuture>| {
            let future = future.as_any().downcast_ref::<DriverFuture>().ok_or(Fault::Unsupported)?;
            if Arc::ptr_eq(&future.held.link, &self.held.link) {
                Ok(future.held.handle)
            } else {
                Err(Fault::Unsupported)
            }
        };
        futures.iter().map(own).collect()
    }
}

impl AnyExecutor for DriverExecutor {
    fn submit(&self, probe: Probe) -> Result<Arc<dyn AnyFuture>, Fault> {
        let link = self.link()?;
        // Not a `Held` yet: a future that was refused is not there to be dropped.
        let (handle, executor) = (link.handle(), self.handle());
        link.call::<()>(&Call::Submit { executor, future: handle, probe: described(probe) })?;
        Ok(Arc::new(DriverFuture { held: Held { link: Arc::clone(link), handle } }))
    }

    fn map(&self, input: Input, options: MapOptions) -> Result<Box<dyn AnyMap>, Fault> {
        let link = self.link()?;
        let (handle, executor) = (link.handle(), self.handle());
        let input = described_input(input);
        link.call::<()>(&Call::Map { executor, map: handle, input, options: options.into() })?;
        Ok(Box::new(DriverMap { held: Held { link: Arc::clone(link), handle } }))
    }

    fn wait(
        &self,
        futures: &[Arc<dyn AnyFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault> {
        let (executor, futures) = (self.handle(), self.handles(futures)?);
        Ok(self.held.link.call(&Call::Wait { executor, futures, when, timeout_us: micros(timeout) })?)
    }

    fn as_completed(
        &self,
        futures: &[Arc<dyn AnyFuture>],
        timeout: Option<Duration>,
    ) -> Result<Box<dyn AnyCompleted>, Fault> {
        let (executor, futures) = (self.handle(), self.handles(futures)?);
        let link = &self.held.link;
        let completed = link.handle();
        link.call::<()>(&Call::AsCompleted { executor, completed, futures, timeout_us: micros(timeout) })?;
        Ok(Box::new(DriverCompleted { held: Held { link: Arc::clone(link), handle: completed } }))
    }

    fn shutdown(&self, how: Shutdown) -> Result<(), Fault> {
        let Shutdown { wait, cancel_futures } = how;
        Ok(self.link()?.call(&Call::Shutdown { executor: self.handle(), wait, cancel_futures })?)
    }

    fn release(&self) -> Result<(), Fault> {
        if self.released.swap(true, Ordering::AcqRel) { Ok(()) } else { self.held.release() }
    }

    fn exhaust(&self, exhausted: bool) -> Result<(), Fault> {
        Ok(self.link()?.call(&Call::Exhaust { executor: self.handle(), exhausted })?)
    }

    fn submit_interrupted(&self, times: usize) -> Result<(), Fault> {
        Ok(self.link()?.call(&Call::SubmitInterrupted { executor: self.handle(), times })?)
    }

    fn end_program(&self) -> Result<i32, Fault> {
        Ok(self.held.link.end_program()?)
    }
}

struct DriverFuture {
    held: Held,
}

impl DriverFuture {
    fn call<T: serde::de::DeserializeOwned>(&self, call: &Call) -> Result<T, Fault> {
        Ok(self.held.link.call(call)?)
    }
}

impl AnyFuture for DriverFuture {
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<Value>, Fault> {
        self.call(&Call::Result { future: self.held.handle, timeout_us: micros(timeout) })
    }

    fn exception(&self, timeout: Option<Duration>) -> Result<Option<Failure>, Fault> {
        self.call(&Call::Exception { future: self.held.handle, timeout_us: micros(timeout) })
    }

    fn state(&self) -> Result<State, Fault> {
        self.call(&Call::State { future: self.held.handle })
    }

    fn cancel(&self) -> Result<bool, Fault> {
        self.call(&Call::Cancel { future: self.held.handle })
    }

    fn on_done(&self, callback: Callback) -> Result<(), Fault> {
        self.call(&Call::OnDone { future: self.held.handle, probe: described(callback) })
    }

    fn awaited(&self) -> Result<Outcome<Value>, Fault> {
        self.call(&Call::Await { future: self.held.handle })
    }

    fn complete(&self, value: Value) -> Result<(), Fault> {
        let value = serde_json::to_value(value).unwrap_or_default();
        self.call(&Call::Complete { future: self.held.handle, value })
    }

    fn error_weight(&self) -> Result<usize, Fault> {
        self.call(&Call::ErrorWeight { future: self.held.handle })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct DriverMap {
    held: Held,
}

impl AnyMap for DriverMap {
    fn next(&mut self) -> Result<Option<Outcome<Value>>, Fault> {
        Ok(self.held.link.call(&Call::MapNext { map: self.held.handle })?)
    }
}

struct DriverCompleted {
    held: Held,
}

impl AnyCompleted for DriverCompleted {
    fn next(&mut self) -> Result<Option<usize>, Fault> {
        Ok(self.held.link.call(&Call::CompletedNext { completed: self.held.handle })?)
    }
}
