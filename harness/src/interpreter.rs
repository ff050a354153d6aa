//! Where a task may be interrupted: the hooks of a global interpreter lock.
//!
//! A task under an interpreter lock must give the lock up around blocking calls and look, now and
//! then, whether another thread asked for it. Tasks say where with [`blocking`] and [`checkpoint`];
//! on every other executor both cost one thread-local read.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Arc;

/// A lock that one thread at a time holds while it interprets a task.
pub trait InterpreterLock: Debug + Send + Sync {
    /// Takes the lock; blocks until it is free.
    fn acquire(&self);
    /// Gives the lock back.
    fn release(&self);
    /// Hands the lock over if somebody asked for it, and takes it again afterwards.
    fn checkpoint(&self);
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<dyn InterpreterLock>>> = const { RefCell::new(None) };
}

fn current() -> Option<Arc<dyn InterpreterLock>> {
    CURRENT.with(|current| current.borrow().clone())
}

/// Runs `body` holding `lock`, which [`blocking`] and [`checkpoint`] inside it refer to. A thread
/// that holds `lock` already just runs it.
pub fn with_interpreter<R>(lock: &Arc<dyn InterpreterLock>, body: impl FnOnce() -> R) -> R {
    struct Restore(Option<Arc<dyn InterpreterLock>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let mine = CURRENT.with(|current| std::mem::replace(&mut *current.borrow_mut(), self.0.take()));
            if let Some(lock) = mine {
                lock.release();
            }
        }
    }
    if current().is_some_and(|held| Arc::ptr_eq(&held, lock)) {
        return body();
    }
    lock.acquire();
    let _restore = Restore(CURRENT.with(|current| current.borrow_mut().replace(Arc::clone(lock))));
    body()
}

/// Runs `call`, which may block, without the interpreter lock. Inside `call` no lock is held: a
/// nested `blocking` or [`checkpoint`] has nothing to give up.
///
/// ```
/// poolproof_harness::blocking(|| std::thread::yield_now());
/// ```
pub fn blocking<R>(call: impl FnOnce() -> R) -> R {
    struct Reacquire(Arc<dyn InterpreterLock>);
    impl Drop for Reacquire {
        fn drop(&mut self) {
            self.0.acquire();
            CURRENT.with(|current| current.borrow_mut().replace(Arc::clone(&self.0)));
        }
    }
    match CURRENT.with(|current| current.borrow_mut().take()) {
        None => call(),
        Some(lock) => {
            lock.release();
            let _reacquire = Reacquire(lock);
            call()
        }
    }
}

/// A point at which the task may lose the interpreter to another thread.
pub fn checkpoint() {
    CURRENT.with(|current| {
        if let Some(lock) = &*current.borrow() {
            lock.checkpoint();
        }
    });
}
