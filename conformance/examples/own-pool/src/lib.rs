//! A small thread pool that can run a closure and stop: the pool of somebody who wants to know
//! whether it keeps the promises.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

type Closure = Box<dyn FnOnce() + Send>;

/// Runs closures on a fixed number of threads.
#[derive(Debug)]
pub struct OwnPool {
    queue: Mutex<Option<Sender<Closure>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl OwnPool {
    /// A pool of `workers` threads.
    pub fn new(workers: usize) -> Self {
        let (queue, closures) = channel::<Closure>();
        let closures = Arc::new(Mutex::new(closures));
        let worker = || {
            let closures = Arc::clone(&closures);
            thread::spawn(move || {
                loop {
                    let next = closures.lock().unwrap_or_else(PoisonError::into_inner).recv();
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

    /// Queues `closure`; `false` once the pool is closed.
    pub fn run(&self, closure: impl FnOnce() + Send + 'static) -> bool {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.as_ref().is_some_and(|queue| queue.send(Box::new(closure)).is_ok())
    }

    /// Accepts nothing more; what is queued still runs.
    pub fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Waits until everything that was queued before [`OwnPool::close`] ran.
    pub fn join(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let here = thread::current().id();
        for thread in threads.drain(..).filter(|thread| thread.thread().id() != here) {
            let _ = thread.join();
        }
    }
}
