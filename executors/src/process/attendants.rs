//! Who works for all links of an executor: its supervisor and, if workers are forked, its template.

use super::builder::StartMethod;
use super::launch::{Process, spawn};
use super::supervisor::Supervisor;
use super::template::Template;
use poolproof_harness::{Patience, worker_arguments};
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Both come with the first worker, but for the template of `fork`, which comes with the executor; both
/// go with the last link.
#[derive(Debug)]
pub(super) struct Attendants {
    start: StartMethod,
    patience: Patience,
    supervisor: Mutex<Option<(Arc<Supervisor>, JoinHandle<()>)>>,
    template: Mutex<Option<Arc<Template>>>,
}

fn relock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code of users runs under these mutexes.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Attendants {
    /// For workers that come to be in this way.
    pub(super) fn new(start: StartMethod, patience: Patience, template: Option<Arc<Template>>) -> Self {
        Self { start, patience, supervisor: Mutex::new(None), template: Mutex::new(template) }
    }

    /// Who watches the workers.
    pub(super) fn supervisor(&self) -> Result<Arc<Supervisor>, String> {
        let mut supervisor = relock(&self.supervisor);
        if let Some((running, _)) = &*supervisor {
            return Ok(Arc::clone(running));
        }
        let (started, thread) =
            Supervisor::start().map_err(|error| format!("nobody can watch over workers: {error}"))?;
        *supervisor = Some((Arc::clone(&started), thread));
        Ok(started)
    }

    /// Starts a process that is to be a worker with this memory.
    pub(super) fn launch(&self, memory: BorrowedFd<'_>) -> Result<Process, String> {
        match self.start {
            StartMethod::Spawn => spawn(&worker_arguments(), memory),
            StartMethod::ForkServer | StartMethod::Fork => self.template()?.worker(memory),
        }
    }

    /// A template that was killed is replaced, if there is a way to make another one.
    fn template(&self) -> Result<Arc<Template>, String> {
        let mut template = relock(&self.template);
        match &*template {
            Some(running) if self.start == StartMethod::Fork || !running.has_ended() => Ok(Arc::clone(running)),
            None if self.start == StartMethod::Fork => Err("the template of workers is gone".to_owned()),
            _ => {
                let started = Template::start(self.patience)?;
                Ok(Arc::clone(template.insert(started)))
            }
        }
    }

    /// Ends both. There are no workers any more, and no links that could start one.
    pub(super) fn dismiss(&self) {
        let supervisor = relock(&self.supervisor).take();
        if let Some((supervisor, thread)) = supervisor {
            supervisor.stop();
            // It does not panic.
            let _ = thread.join();
        }
        let template = relock(&self.template).take();
        drop(template);
    }
}
