//! A handle that is polled by whoever wakes it, so that a promise is resolved with what it gives.

use super::handle::{Handle, outcome};
use poolproof_harness::Promise;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Holds a handle and the promise that stands for it.
///
/// Of the threads that wake it at once one polls, for all of them, and again for those that come
/// meanwhile: a handle may wake from within its own poll.
pub(super) struct Pump<T, H> {
    /// Wake-ups that no poll has answered.
    wakes: AtomicUsize,
    content: Mutex<Option<(H, Promise<T>)>>,
}

impl<T, H> Pump<T, H> {
    pub(super) fn new() -> Self {
        Self { wakes: AtomicUsize::new(0), content: Mutex::new(None) }
    }
}

impl<T: Send + Sync + 'static, H: Handle<T>> Pump<T, H> {
    /// Puts the handle in and polls it for the first time.
    pub(super) fn fill(self: &Arc<Self>, handle: H, promise: Promise<T>) {
        *self.content.lock().unwrap_or_else(PoisonError::into_inner) = Some((handle, promise));
        self.answer();
    }

    /// Polls the handle for this wake-up, unless somebody polls it already, who does so once more.
    fn answer(self: &Arc<Self>) {
        if self.wakes.fetch_add(1, Ordering::SeqCst) > 0 {
            return;
        }
        loop {
            let seen = self.wakes.load(Ordering::SeqCst);
            self.poll();
            if self.wakes.compare_exchange(seen, 0, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                return;
            }
        }
    }

    /// Polls the handle; if it is ready, resolves the promise with the lock released.
    fn poll(self: &Arc<Self>) {
        let waker = Waker::from(Arc::clone(self));
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((handle, _)) = &mut *content else { return };
        if let Poll::Ready(given) = handle.poll(&mut Context::from_waker(&waker))
            && let Some((handle, promise)) = content.take()
        {
            drop(content);
            drop(handle);
            promise.complete(outcome(given));
        }
    }
}

impl<T: Send + Sync + 'static, H: Handle<T>> Wake for Pump<T, H> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.answer();
    }
}
