//! Where a handle is, and what is known of its task: what the lock of a [`Handled`](super::Handled) guards.

use super::{Given, Handle};
use crate::adapters::pump::Pump;
use poolproof_harness::{CellFuture, Failure, Future as _, Payload, Promise};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// A handle, and what is known of its task.
pub(super) struct Place<T, H> {
    /// Away in a pump, or let go, if `None`. One that was used up stays.
    pub(super) handle: Option<H>,
    pub(super) known: Known<T, H>,
}

/// What is known of a task, and who asks.
pub(super) enum Known<T, H> {
    /// The handle is here and was not ready. Nobody waits for it.
    Nothing,
    /// The same; this thread waits for it alone.
    Awaited(Thread),
    /// The handle is in a pump.
    Shared(Box<Shared<T, H>>),
    /// The handle was used up, and gave this.
    Value(T),
    /// The handle was used up, and gave this. Failures are large and rare.
    Failed(Box<Failure>),
}

/// A handle for which several may wait.
pub(super) struct Shared<T, H> {
    pump: Arc<Pump<T, H>>,
    /// What the pump resolves.
    pub(super) future: CellFuture<T>,
}

impl<T, H> Clone for Shared<T, H> {
    fn clone(&self) -> Self {
        Self { pump: Arc::clone(&self.pump), future: CellFuture::clone(&self.future) }
    }
}

impl<T: Payload, H: Handle<T>> Shared<T, H> {
    /// The outcome, if the handle is ready now.
    pub(super) fn look(&self) -> Option<Given<T>> {
        // The thread that polls it may not have come to it yet. Where the worker itself polls it, it does so before
        // anything else, and calls back itself.
        let limit = if H::IS_WOKEN_LOCKED && self.pump.is_emptied() {
            // Who used the handle up is about to resolve the future.
            None
        } else {
            Some(Duration::ZERO)
        };
        let outcome = self.future.result(limit).ok()?;
        Some(outcome.map_err(Box::new))
    }
}

/// What a thread that waits alone does next.
pub(super) enum Next<T> {
    Return(Given<T>),
    /// It sleeps, at most so long.
    Sleep(Option<Duration>),
    TimeOut,
    /// Somebody else waits, has moved the handle, or has used it up.
    Share,
}

impl<T: Payload, H: Handle<T>> Place<T, H> {
    /// The handle, if it is here and not used up.
    #[inline]
    fn here(&mut self) -> Option<&mut H> {
        match self.known {
            Known::Nothing | Known::Awaited(_) => self.handle.as_mut(),
            Known::Shared(_) | Known::Value(_) | Known::Failed(_) => None,
        }
    }

    /// Polls the handle, if it is here, and keeps what it gave.
    #[inline]
    pub(super) fn poll(&mut self, waker: &Waker) -> Option<Given<T>> {
        match self.here()?.poll(&mut Context::from_waker(waker)) {
            Poll::Ready(given) => Some(self.keep(given)),
            Poll::Pending => None,
        }
    }

    /// Has the handle wait to the end, if it is here, and keeps what it gave.
    #[inline]
    pub(super) fn join(&mut self) -> Option<Given<T>> {
        let given = self.here()?.join();
        Some(self.keep(given))
    }

    #[inline]
    fn keep(&mut self, given: Given<T>) -> Given<T> {
        match given {
            Ok(value) => {
                self.know(Known::Value(value.clone()));
                Ok(value)
            }
            Err(failure) => {
                self.know(Known::Failed(failure.clone()));
                Err(failure)
            }
        }
    }

    /// Notes what became of the handle, and tells a thread that waits for it alone.
    #[inline]
    fn know(&mut self, known: Known<T, H>) {
        #[cold]
        fn tell<T, H>(before: Known<T, H>) {
            if let Known::Awaited(thread) = before {
                thread.unpark();
            }
        }
        match std::mem::replace(&mut self.known, known) {
            // Nothing to drop, which is what is found nearly always.
            Known::Nothing => {}
            before => tell(before),
        }
    }

    /// What the handle gave, if it was used up.
    pub(super) fn given(&self) -> Option<Given<T>> {
        match &self.known {
            Known::Value(value) => Some(Ok(value.clone())),
            Known::Failed(failure) => Some(Err(failure.clone())),
            Known::Nothing | Known::Awaited(_) | Known::Shared(_) => None,
        }
    }

    /// Polls the handle for the thread of `own`, which waits alone; `first`: it has only come.
    #[inline]
    pub(super) fn attend(&mut self, own: &Waker, first: bool, deadline: Option<Instant>) -> Next<T> {
        match &self.known {
            Known::Nothing => {}
            Known::Awaited(_) if !first => self.known = Known::Nothing,
            _ => return Next::Share,
        }
        if let Some(given) = self.poll(own) {
            return Next::Return(given);
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return Next::TimeOut;
        }
        self.known = Known::Awaited(thread::current());
        Next::Sleep(left)
    }

    /// The future that several may wait for, or what the handle gave.
    pub(super) fn share(&mut self) -> Result<CellFuture<T>, Given<T>> {
        if self.here().is_some()
            && let Some(handle) = self.handle.take()
        {
            let (promise, future) = Promise::pair();
            let pump = Arc::new(Pump::new());
            pump.fill(handle, promise);
            self.know(Known::Shared(Box::new(Shared { pump, future })));
        }
        match &self.known {
            Known::Shared(shared) => Ok(CellFuture::clone(&shared.future)),
            _ => Err(self.given().expect("it was moved above, and is let go only at the end")),
        }
    }
}
