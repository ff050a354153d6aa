//! A sound pool, but for one deed at one place.

use poolproof_conformance::{
    Config, Job, NativeSubject, Profile, QueuePolicy, Refused, Shutdown, Spawn, Subject, Supplied,
};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// Where the deed is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the thread of the check, when it submits.
    Submit,
    /// In a worker, before the task.
    Task,
    /// In the thread that shuts down, when everything has been.
    Shutdown,
    /// When the pool is dropped.
    Drop,
    /// Nowhere.
    Nowhere,
}

/// What is done there.
pub(super) type Deed = fn();

/// The pool.
#[derive(Debug)]
pub(super) struct Pool {
    queue: Mutex<Option<Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    place: Place,
    deed: Deed,
}

impl Pool {
    fn new(workers: usize, place: Place, deed: Deed) -> Self {
        let (queue, jobs) = channel::<Job>();
        let jobs = Arc::new(Mutex::new(jobs));
        let worker = || {
            let jobs = Arc::clone(&jobs);
            thread::spawn(move || {
                loop {
                    let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(job) = next else { return };
                    if place == Place::Task {
                        deed();
                    }
                    job.run();
                }
            })
        };
        let threads = (0..workers).map(|_| worker()).collect();
        Self { queue: Mutex::new(Some(queue)), threads: Mutex::new(threads), place, deed }
    }

    fn do_at(&self, place: Place) {
        if self.place == place {
            (self.deed)();
        }
    }
}

impl Spawn for Pool {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        self.do_at(Place::Submit);
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        match &*queue {
            Some(queue) => queue.send(job).map_err(|_| Refused::Broken("no worker is left".into())),
            None => Err(Refused::Shutdown),
        }
    }

    fn shutdown(&self, how: Shutdown) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if how.wait {
            let threads: Vec<_> = self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
            threads.into_iter().for_each(|thread| drop(thread.join()));
        }
        self.do_at(Place::Shutdown);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.do_at(Place::Drop);
    }
}

/// A subject whose pools do `deed` at `place`.
pub(super) fn subject(address: &str, place: Place, deed: Deed) -> Box<dyn Subject> {
    let open = move |config: &Config| Ok(Supplied::new(Pool::new(config.workers, place, deed)));
    // Declared, so that no experiment has to find it out first: each would meet the deed as well.
    let profile = Profile { queue: QueuePolicy::Unbounded, worker_limit: Some(true), ..Profile::of_spawn() };
    Box::new(NativeSubject::new(address, "1.0.0", profile, open))
}
