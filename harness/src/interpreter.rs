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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Writes down what is done to it.
    #[derive(Debug, Default)]
    struct Recorder(Mutex<Vec<&'static str>>);
    impl Recorder {
        fn did(&self, what: &'static str) {
            self.0.lock().unwrap().push(what);
        }
    }
    impl InterpreterLock for Recorder {
        fn acquire(&self) {
            self.did("acquire");
        }
        fn release(&self) {
            self.did("release");
        }
        fn checkpoint(&self) {
            self.did("checkpoint");
        }
    }

    fn recorded(body: impl FnOnce(&Arc<dyn InterpreterLock>)) -> Vec<&'static str> {
        let recorder = Arc::new(Recorder::default());
        let lock: Arc<dyn InterpreterLock> = recorder.clone();
        body(&lock);
        recorder.0.lock().unwrap().clone()
    }

    #[test]
    fn a_nested_blocking_call_releases_only_once() {
        let calls = recorded(|lock| {
            with_interpreter(lock, || {
                blocking(|| {
                    checkpoint();
                    blocking(|| ());
                });
                checkpoint();
            });
        });
        assert_eq!(calls, ["acquire", "release", "acquire", "checkpoint", "release"]);
    }

    #[test]
    fn a_holder_enters_again_without_taking_the_lock_twice() {
        let calls = recorded(|lock| with_interpreter(lock, || with_interpreter(lock, checkpoint)));
        assert_eq!(calls, ["acquire", "checkpoint", "release"]);
    }

    #[test]
    fn a_panic_gives_everything_back() {
        let calls = recorded(|lock| {
            let _ = crate::contain(|| with_interpreter(lock, || blocking(|| panic!("on purpose"))));
            checkpoint();
        });
        assert_eq!(calls, ["acquire", "release", "acquire", "release"]);
    }

    #[test]
    fn without_an_interpreter_nothing_happens() {
        assert_eq!(blocking(|| 3), 3);
        checkpoint();
    }
}
