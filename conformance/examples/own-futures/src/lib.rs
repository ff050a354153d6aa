//! A small thread pool with futures of its own, which can be waited for and taken back.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

type Closure = Box<dyn FnOnce() + Send>;

/// Runs closures on a fixed number of threads.
#[derive(Debug)]
pub struct Pool {
    queue: Mutex<Option<Sender<Closure>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

fn relock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// A pool of `workers` threads.
    pub fn new(workers: usize) -> Self {
        let (queue, closures) = channel::<Closure>();
        let closures = Arc::new(Mutex::new(closures));
        let worker = || {
            let closures = Arc::clone(&closures);
            thread::spawn(move || {
                loop {
                    let next = relock(&closures).recv();
                    match next {
                        Ok(closure) => closure(),
                        Err(_) => return,
                    }
                }
            })
        };
        let threads = (0..workers).map(|_| worker()).collect();
        Self { queue: Mutex::new(Some(queue)), threads: Mutex::new(threads) }
    }

    /// Queues `closure`, which must not panic; `None` once the pool is closed.
    pub fn run<T: Send + 'static>(&self, closure: impl FnOnce() -> T + Send + 'static) -> Option<Handle<T>> {
        let slot = Arc::new(Slot { stage: Mutex::new(Stage::Queued), changed: Condvar::new() });
        let theirs = Arc::clone(&slot);
        let body = move || {
            if theirs.begin() {
                theirs.end(Stage::Done(closure()));
            }
        };
        relock(&self.queue).as_ref()?.send(Box::new(body)).ok()?;
        Some(Handle(slot))
    }

    /// Accepts nothing more; what is queued still runs.
    pub fn close(&self) {
        relock(&self.queue).take();
    }

    /// Waits until everything that was queued before [`Pool::close`] ran.
    pub fn join(&self) {
        let here = thread::current().id();
        // Whoever comes second waits for the lock, and with it for the threads.
        let mut threads = relock(&self.threads);
        for thread in threads.drain(..).filter(|thread| thread.thread().id() != here) {
            let _ = thread.join();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
        self.join();
    }
}

/// Where a closure is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage<T> {
    /// In the queue.
    Queued,
    /// On a thread.
    Running,
    /// It returned this.
    Done(T),
    /// It was taken back and never runs.
    TakenBack,
}

struct Slot<T> {
    stage: Mutex<Stage<T>>,
    changed: Condvar,
}

impl<T> Slot<T> {
    fn begin(&self) -> bool {
        let mut stage = relock(&self.stage);
        let begins = matches!(*stage, Stage::Queued);
        if begins {
            *stage = Stage::Running;
        }
        begins
    }

    fn end(&self, last: Stage<T>) {
        *relock(&self.stage) = last;
        self.changed.notify_all();
    }
}

/// What a closure will return.
pub struct Handle<T>(Arc<Slot<T>>);

impl<T: Clone> Handle<T> {
    /// Waits until it is done or taken back, at most so long; says where it is then.
    pub fn wait(&self, limit: Option<Duration>) -> Stage<T> {
        let end = limit.map(|limit| Instant::now() + limit);
        let mut stage = relock(&self.0.stage);
        while matches!(*stage, Stage::Queued | Stage::Running) {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            stage = match left {
                None => self.0.changed.wait(stage).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => break,
                Some(left) => self.0.changed.wait_timeout(stage, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        stage.clone()
    }

    /// Takes it back if it has not begun; whether it never runs.
    pub fn take_back(&self) -> bool {
        let mut stage = relock(&self.0.stage);
        if matches!(*stage, Stage::Queued) {
            *stage = Stage::TakenBack;
            self.0.changed.notify_all();
        }
        matches!(*stage, Stage::TakenBack)
    }
}
