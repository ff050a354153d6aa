//! Awaiting a future of the pool from asynchronous code.

use super::future::{Phase, PoolFuture};
use poolproof_harness::{Outcome, Value};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// The future of the pool, as asynchronous code sees it.
pub(super) struct Awaiting(pub(super) Arc<PoolFuture>);

impl Future for Awaiting {
    type Output = Outcome<Value>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome<Value>> {
        let mut inner = self.0.lock();
        if let Phase::Done(outcome) = &inner.phase {
            return Poll::Ready(outcome.clone());
        }
        inner.wakers.push(context.waker().clone());
        Poll::Pending
    }
}

/// Wakes one sleeping thread.
struct Sleeper(Thread);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest event loop: one future, polled whenever it is woken.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Sleeper(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => return outcome,
            Poll::Pending => thread::park(),
        }
    }
}
