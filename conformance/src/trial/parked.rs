//! Executors whose workers are all held at a gate, so that what is queued stays queued.

use super::{ExecutorUnderTest, FutureUnderTest, Stop, Trial};
use poolproof_harness::{Gate, Kind, QueuePolicy, StartOrder};

/// Every worker of an executor, held at a gate.
#[derive(Debug)]
pub struct Parked {
    gate: Gate,
    futures: Vec<FutureUnderTest>,
    /// Kept only because dropping a future may cancel its task.
    _claimed: Vec<FutureUnderTest>,
}

impl Parked {
    /// Lets the workers go.
    pub fn open(&self) {
        self.gate.open();
    }

    /// The futures of the tasks that hold the workers.
    #[must_use]
    pub fn futures(&self) -> &[FutureUnderTest] {
        &self.futures
    }
}

impl Trial<'_> {
    /// Holds every worker of `executor`. Whatever is submitted afterwards, `behind` tasks at most,
    /// is queued and not claimed by anybody before [`Parked::open`].
    ///
    /// # Errors
    ///
    /// [`Stop::Unsupported`] where nothing is ever queued, or the queue is too short;
    /// [`Stop::Hangs`] if the workers do not start.
    pub fn park(&mut self, executor: &ExecutorUnderTest, behind: usize) -> Result<Parked, Stop> {
        self.needs_queue()?;
        let workers = executor.workers();
        let ahead = self.claimed_ahead(workers);
        self.needs_room(ahead + behind)?;
        let gate = self.gate();
        let holding: Vec<_> = self.probes(workers).into_iter().map(|probe| probe.pass(&gate)).collect();
        let futures = executor.submit_all(holding)?;
        self.await_arrivals(&gate, workers)?;
        let claimed = self.probes(ahead);
        let claimed = executor.submit_all(claimed)?;
        Ok(Parked { gate, futures, _claimed: claimed })
    }

    /// How many queued tasks may already be on their way to `workers` busy workers. They count as
    /// running and cannot be cancelled. The standard library has one for each worker and one more
    /// on their way; others have two for each, and say so nowhere.
    #[must_use]
    pub fn claimed_ahead(&self, workers: usize) -> usize {
        match self.profile().kind {
            Kind::Inline | Kind::Thread => 0,
            Kind::Process | Kind::Cluster => 2 * workers + 1,
        }
    }

    /// Ends the check where tasks are never queued: each gets a worker of its own.
    ///
    /// # Errors
    ///
    /// [`Stop::Unsupported`] there.
    pub fn needs_queue(&self) -> Result<(), Stop> {
        if self.profile().is_limited() {
            return Ok(());
        }
        Err(Stop::Unsupported("needs queued tasks, and the profile declares a worker for each task".into()))
    }

    /// Ends the check where one worker starts queued tasks in another order than that of submit.
    ///
    /// # Errors
    ///
    /// [`Stop::Unsupported`] there.
    pub fn needs_fifo(&self) -> Result<(), Stop> {
        self.needs_queue()?;
        match self.profile().start_order {
            StartOrder::Fifo => Ok(()),
            StartOrder::Lifo | StartOrder::Any | StartOrder::Undeclared => {
                Err(Stop::Unsupported("needs tasks that start in order, which the profile does not declare".into()))
            }
        }
    }

    /// Ends the check where the queue does not hold `tasks` tasks.
    ///
    /// # Errors
    ///
    /// [`Stop::Unsupported`] there.
    pub fn needs_room(&self, tasks: usize) -> Result<(), Stop> {
        match self.profile().queue {
            QueuePolicy::Blocks(room) | QueuePolicy::Refuses(room) if room < tasks => {
                Err(Stop::Unsupported(format!("needs room for {tasks} queued tasks, and the queue holds {room}")))
            }
            _ => Ok(()),
        }
    }
}
