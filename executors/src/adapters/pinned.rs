//! Handles that must not be moved once they were polled.
//!
//! Such a handle may be listed, by its address, with those who wait for the task. Callers move their futures about, so
//! it is put in a box before it is polled. Who has the future alone and waits for the end needs no box: the handle
//! stays where it is until it was ready, and is dropped there.
#![allow(unsafe_code)]

use super::awaited::{Gives, given};
use super::handle::{Given, Handle, to_the_end};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A handle that is a future and must not be moved once it was polled. Dropped, it lets its task go on.
#[derive(Debug)]
pub struct Pinned<F>(Spot<F>);

#[derive(Debug)]
enum Spot<F> {
    /// It was not polled yet.
    Movable(F),
    Boxed(Pin<Box<F>>),
    /// It was ready where it was, and is gone.
    UsedUp,
}

impl<F> Pinned<F> {
    /// A handle that was not polled yet.
    #[inline]
    pub(super) fn new(handle: F) -> Self {
        Self(Spot::Movable(handle))
    }

    /// The handle, where it stays from now on, if it is not used up.
    fn boxed(&mut self) -> Option<Pin<&mut F>> {
        self.0 = match std::mem::replace(&mut self.0, Spot::UsedUp) {
            Spot::Movable(handle) => Spot::Boxed(Box::pin(handle)),
            other => other,
        };
        match &mut self.0 {
            Spot::Boxed(handle) => Some(handle.as_mut()),
            Spot::Movable(_) | Spot::UsedUp => None,
        }
    }
}

impl<T, F> Handle<T> for Pinned<F>
where
    F: Future<Output: Gives<T>> + Send + 'static,
{
    // Who is listed by address is woken under the lock of the list.
    const IS_WOKEN_LOCKED: bool = true;

    fn let_go(self) {}

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Given<T>> {
        self.boxed().map_or(Poll::Pending, |handle| given(handle, context))
    }

    #[inline]
    fn join(&mut self) -> Given<T> {
        let Spot::Movable(handle) = &mut self.0 else { return to_the_end(|context| self.poll(context)) };
        // SAFETY: it stays in its place until it is dropped, which the assignment below does there: nothing else
        // has `self` until then, and nothing between here and there unwinds, as `given` contains what a poll panics
        // with, and neither the waker nor `park` panics.
        let mut handle = unsafe { Pin::new_unchecked(handle) };
        let given = to_the_end(|context| given(handle.as_mut(), context));
        self.0 = Spot::UsedUp;
        given
    }
}

#[cfg(test)]
mod tests {
    use super::super::handle::Handled;
    use super::super::started::Started;
    use poolproof_harness::{Future as _, TimedOut};
    use std::marker::PhantomPinned;
    use std::sync::{Arc, Mutex};
    use std::task::Waker;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[derive(Default)]
    struct Facts {
        given: Option<u32>,
        waker: Option<Waker>,
        polled_at: Vec<usize>,
        dropped_at: Option<usize>,
    }

    /// Notes where it is polled and dropped.
    struct Listed(Arc<Mutex<Facts>>, PhantomPinned);

    impl Listed {
        fn future() -> (Arc<Mutex<Facts>>, Handled<u32, Pinned<Self>>) {
            let facts = Arc::new(Mutex::new(Facts::default()));
            let handle = Pinned::new(Self(Arc::clone(&facts), PhantomPinned));
            (facts, Handled::new(Started::number(), handle))
        }
    }

    impl Future for Listed {
        type Output = super::super::awaited::Ran<u32>;
        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
            let mut facts = self.0.lock().unwrap();
            facts.polled_at.push(std::ptr::from_ref(&*self).addr());
            facts.waker = Some(context.waker().clone());
            facts.given.map_or(Poll::Pending, |given| Poll::Ready(Ok(given)))
        }
    }

    impl Drop for Listed {
        fn drop(&mut self) {
            let at = std::ptr::from_ref(self).addr();
            self.0.lock().unwrap().dropped_at = Some(at);
        }
    }

    fn complete(facts: &Mutex<Facts>) {
        let mut facts = facts.lock().unwrap();
        facts.given = Some(7);
        let waker = facts.waker.take();
        drop(facts);
        waker.unwrap().wake();
    }

    fn polled(facts: &Mutex<Facts>, times: usize) {
        while facts.lock().unwrap().polled_at.len() < times {
            thread::yield_now();
        }
    }

    /// It was polled in one place only, and dropped there.
    fn stayed(facts: &Mutex<Facts>) {
        let facts = facts.lock().unwrap();
        let place = facts.polled_at[0];
        assert!(facts.polled_at.iter().all(|at| *at == place) && facts.dropped_at == Some(place));
    }

    #[test]
    fn who_waits_alone_to_the_end_has_it_stay_where_it_is_and_may_ask_again() {
        let (facts, mut future) = Listed::future();
        thread::scope(|scope| {
            let waiting = scope.spawn(move || (future.result_alone(None), future.result_alone(None)));
            polled(&facts, 1);
            complete(&facts);
            assert_eq!(waiting.join().unwrap(), (Ok(Ok(7)), Ok(Ok(7))));
        });
        stayed(&facts);
    }

    #[test]
    fn once_polled_it_stays_although_its_future_moves() {
        let (facts, mut future) = Listed::future();
        assert_eq!(future.result_alone(Some(Duration::ZERO)), Err(TimedOut));
        let mut moved = Box::new(future);
        let polls = facts.lock().unwrap().polled_at.len();
        thread::scope(|scope| {
            let waiting = scope.spawn(move || moved.result_alone(None));
            polled(&facts, polls + 1);
            complete(&facts);
            assert_eq!(waiting.join().unwrap(), Ok(Ok(7)));
        });
        stayed(&facts);
    }
}
