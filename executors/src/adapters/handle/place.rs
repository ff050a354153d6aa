//! Where a handle is, and what is known of its task: what the lock of a [`Handled`](super::Handled) guards.

use super::{Given, Handle};
use crate::adapters::pump::Pump;
use crate::adapters::started::Started;
use crate::adapters::told;
use poolproof_harness::{CellFuture, Failure, Payload, Promise};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// A handle, and what is known of its task.
pub(super) struct Place<T, H> {
    /// Away in a pump, or let go, if `None`. One that was used up stays.
    pub(super) handle: Option<H>,
    pub(super) known: Known<T>,
}

/// What is known of a task, and who asks.
pub(super) enum Known<T> {
    /// The handle is here and was not ready. Nobody waits for it.
    Nothing,
    /// The same; this thread waits for it alone.
    Awaited(Thread),
    /// The handle is in a pump, which resolves this.
    Shared(Box<CellFuture<T>>),
    /// The handle is here and was not ready. The worker resolves this when the task has ended.
    Told(Box<CellFuture<()>>),
    /// The handle was used up, and gave this.
    Value(T),
    /// The handle was used up, and gave this. Failures are large and rare.
    Failed(Box<Failure>),
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
            Known::Nothing | Known::Awaited(_) | Known::Told(_) => self.handle.as_mut(),
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
    fn know(&mut self, known: Known<T>) {
        #[cold]
        fn tell<T>(before: Known<T>) {
            if let Known::Awaited(thread) = before {
                thread.unpark();
            }
        }
        let nothing = matches!(self.known, Known::Nothing);
        let before = std::mem::replace(&mut self.known, known);
        if nothing {
            // Nothing to drop, which is what is found nearly always. To say so saves the call that would find it out.
            std::mem::forget(before);
        } else {
            tell(before);
        }
    }

    /// What the handle gave, if it was used up.
    pub(super) fn given(&self) -> Option<Given<T>> {
        match &self.known {
            Known::Value(value) => Some(Ok(value.clone())),
            Known::Failed(failure) => Some(Err(failure.clone())),
            Known::Nothing | Known::Awaited(_) | Known::Shared(_) | Known::Told(_) => None,
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
            self.know(Known::Shared(Box::new(future)));
        }
        match &self.known {
            Known::Shared(future) => Ok(CellFuture::clone(future)),
            _ => Err(self.given().expect("it was moved above, and is let go only at the end")),
        }
    }

    /// The future of the end of `task`, of which its worker tells, or what the handle gave. Who gets it looks once more
    /// whether the task has ended.
    pub(super) fn told(&mut self, task: Started) -> Result<CellFuture<()>, Given<T>> {
        if let Known::Nothing | Known::Awaited(_) = self.known {
            self.know(Known::Told(Box::new(told::ask(task))));
        }
        match &self.known {
            Known::Told(future) => Ok(CellFuture::clone(future)),
            _ => Err(self.given().expect("a handle of this kind is not moved, and is let go only at the end")),
        }
    }
}
