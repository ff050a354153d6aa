//! How a process executor is configured, and what is refused before anything is started.

use super::ProcessExecutor;
use super::attendants::Attendants;
use super::draft::Room;
use super::launch::program;
use super::message::Items;
use super::shared::{Setup, Shared};
use super::template::Template;
use super::worker::{VARIABLE, asked_with};
use crate::arguments::{at_least_one_worker, rejected};
use poolproof_harness::{Config, OpenError, Patience, Probe, SetupError, Task, worker_arguments};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// How long a program may take from its start to the top of its `main`.
///
/// A tenth of a second is ample on an idle machine; a program that is linked slowly or waits for
/// a busy disk is given a hundred times that.
const START: Duration = Duration::from_secs(10);

/// How worker processes come to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartMethod {
    /// The program is started once more, and serves as a worker.
    #[default]
    Spawn,
    /// The program is started once more as a template, and workers are forked from that.
    ///
    /// Faster than `Spawn` from the second worker on, whatever the program has in memory. The program must
    /// have one thread when it calls [`serve_if_worker`](super::serve_if_worker): first thing in
    /// `main`, and not in a test of a harness, which runs tests in threads of their own.
    ForkServer,
    /// A template is forked from this process when the executor is opened, and workers from that.
    ///
    /// Workers have what the program had set up by then. This process must have one thread when the executor is
    /// opened, and must have called [`serve_if_worker`](super::serve_if_worker): a fork copies one thread alone, and
    /// what others were holding stays locked in the copy. Descriptors that are open then are open in
    /// the workers, too. What the program does at its exit (`atexit`, buffers of C) is not done by workers.
    Fork,
}

impl fmt::Display for StartMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spawn => f.write_str("spawn"),
            Self::ForkServer => f.write_str("forkserver"),
            Self::Fork => f.write_str("fork"),
        }
    }
}

impl FromStr for StartMethod {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "spawn" => Ok(Self::Spawn),
            "forkserver" => Ok(Self::ForkServer),
            "fork" => Ok(Self::Fork),
            _ => Err(format!("unknown start method `{name}`: use `spawn`, `forkserver` or `fork`")),
        }
    }
}

/// Configures a [`ProcessExecutor`]; made by [`ProcessExecutor::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    config: Config,
    /// The request that initialises a worker, or why there is none, if it is not the probe of `config`.
    initialiser: Option<Result<Vec<u8>, String>>,
    start: StartMethod,
    patience: Patience,
}

impl From<&Config> for Builder {
    fn from(config: &Config) -> Self {
        Self {
            config: config.clone(),
            initialiser: None,
            start: StartMethod::default(),
            patience: Patience::at_least(START),
        }
    }
}

impl Builder {
    /// A probe that each worker runs once, before its first task.
    #[must_use]
    pub fn initialiser(mut self, probe: Probe) -> Self {
        self.config.initialiser = Some(probe);
        self.initialiser = None;
        self
    }

    /// A task that each worker runs once, before its first task, instead of a probe. Workers must know it
    /// ([`Tasks::with`](super::Tasks::with)); if it fails, the executor is broken. One that cannot be serialised is an
    /// error of [`Builder::open`].
    #[must_use]
    pub fn initialised_by<T: Task<Output = ()>>(mut self, task: T) -> Self {
        let mut items = Items::run(T::NAME, Room::Anywhere);
        let pushed = items.push(&task);
        self.initialiser = Some(pushed.map(|()| items.bytes()));
        self
    }

    /// A worker is replaced after this many tasks; the items of a chunk count one by one, and a
    /// chunk is not divided.
    #[must_use]
    pub fn max_tasks_per_worker(mut self, most: usize) -> Self {
        self.config.max_tasks_per_worker = Some(most);
        self
    }

    /// How worker processes come to be.
    #[must_use]
    pub fn start_method(mut self, start: StartMethod) -> Self {
        self.start = start;
        self
    }

    /// How long a new worker may take to say that it is one.
    #[must_use]
    pub fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Opens the executor. No worker is started before there is a task for it.
    ///
    /// # Errors
    ///
    /// [`OpenError::Rejected`] for an argument that cannot be; [`OpenError::Setup`] if the program
    /// would not serve as a worker, with what it has to do.
    pub fn open(self) -> Result<ProcessExecutor, OpenError> {
        let Config { workers, initialiser, max_tasks_per_worker } = self.config;
        at_least_one_worker(workers)?;
        if max_tasks_per_worker == Some(0) {
            return Err(rejected("max_tasks_per_worker must be at least 1"));
        }
        let initialiser = self.initialiser.or_else(|| initialiser.as_ref().map(encode_initialiser)).transpose();
        let initialiser =
            initialiser.map_err(|problem| rejected(format!("the initialiser cannot be serialised: {problem}")))?;
        would_serve()?;
        let max_tasks_per_worker = max_tasks_per_worker.map(|most| u64::try_from(most).unwrap_or(u64::MAX));
        let template = match self.start {
            StartMethod::Spawn | StartMethod::ForkServer => None,
            StartMethod::Fork => Some(copy_of_this()?),
        };
        let attendants = Attendants::new(self.start, self.patience, template);
        let setup = Setup { workers, initialiser, max_tasks_per_worker, patience: self.patience };
        Ok(ProcessExecutor { shared: Shared::new(setup, attendants) })
    }
}

fn encode_initialiser(probe: &Probe) -> Result<Vec<u8>, String> {
    let mut items = Items::initialise();
    items.push(probe).map(|()| items.bytes())
}

/// The template of the start method `fork`.
fn copy_of_this() -> Result<Arc<Template>, SetupError> {
    let Some(tasks) = asked_with() else {
        return Err(SetupError::failed(format!(
            "the program {} cannot be forked as a worker process: {ADVICE}, so that its workers know its tasks",
            program()
        )));
    };
    Template::copy(tasks).map_err(SetupError::failed)
}

const ADVICE: &str = "call `poolproof_executors::process::serve_if_worker()` first thing in its `main`";

/// Refuses at once where a worker could not but fail to serve, instead of starting it: above all
/// in a worker that would start workers in turn, without end.
fn would_serve() -> Result<(), SetupError> {
    if std::env::var_os(VARIABLE).is_some() {
        return Err(SetupError::failed(format!(
            "the program {} was started as a worker process and opens a process executor instead of serving: {ADVICE}",
            program()
        )));
    }
    if asked_with().is_none() && worker_arguments().is_empty() {
        return Err(SetupError::failed(format!(
            "the program {} cannot be started again as a worker process: {ADVICE}; a test program calls it in a test \
             of its own, and names that test with `poolproof_harness::set_worker_arguments`",
            program()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_methods_are_told_apart() {
        assert_eq!("spawn".parse(), Ok(StartMethod::Spawn));
        for start in [StartMethod::Spawn, StartMethod::ForkServer, StartMethod::Fork] {
            assert_eq!(start.to_string().parse(), Ok(start));
        }
        assert!("clone".parse::<StartMethod>().unwrap_err().contains("unknown start method `clone`"));
    }

    #[test]
    fn impossible_arguments_are_rejected() {
        let mut config = Config::workers(0);
        assert!(
            matches!(Builder::from(&config).open(), Err(OpenError::Rejected(raised)) if raised.kind == "ValueError")
        );
        config.workers = 1;
        let builder = Builder::from(&config).max_tasks_per_worker(0);
        assert!(matches!(builder.open(), Err(OpenError::Rejected(raised)) if raised.kind == "ValueError"));
    }

    #[test]
    fn a_program_that_never_asked_is_refused_at_once() {
        // This test program has no worker test and has not named one.
        let refused = Builder::from(&Config::workers(1)).open().unwrap_err();
        assert!(refused.to_string().contains("serve_if_worker()` first thing in its `main`"), "{refused}");
    }
}
