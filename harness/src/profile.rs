//! The profile: what an executor offers, and the policies on which executors legitimately differ.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Where tasks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// In the submitting thread, at submit.
    Inline,
    /// On threads of this process.
    Thread,
    /// In worker processes of this machine.
    Process,
    /// On other machines.
    Cluster,
}

/// Something an executor may offer; requirements name the one they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Takes a task and returns a future.
    Submit,
    /// More than one task runs at a time: the submitter does not run them itself.
    Concurrency,
    /// Waits for a result with a time limit.
    Timeout,
    /// Takes a task back before it starts.
    Cancel,
    /// Calls back when a future is done.
    Callback,
    /// Applies a task to every item of an input, results in input order.
    Map,
    /// Groups items of a map into chunks.
    Chunksize,
    /// Limits how far a map runs ahead of its reader.
    Buffersize,
    /// Waits for several futures.
    Wait,
    /// Yields futures as they complete.
    AsCompleted,
    /// Refuses new tasks, and waits for those accepted.
    Shutdown,
    /// Shutdown that cancels what has not started.
    CancelFutures,
    /// A function that runs once in each worker before its first task.
    Initialiser,
    /// Tasks that submit to the executor that runs them.
    Nested,
    /// Tasks and results cross the border of a process.
    Isolation,
    /// A worker may die without taking the caller with it.
    WorkerLoss,
    /// A bounded queue.
    Bound,
    /// Panics of tasks are caught and reach the waiter.
    Panic,
    /// Values of the host language beyond those of ours: exceptions with a hierarchy, proxies.
    Exceptions,
    /// Futures can be awaited from asynchronous code.
    Async,
    /// The end of the program waits for what was accepted.
    Exit,
    /// Futures can be completed by others than their executor.
    Completion,
    /// The machine can be made to have no thread and no process left.
    Exhaustion,
    /// Code can interrupt a call in the thread that makes it: signal handlers, finalisers.
    Interruption,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 24] = [
        Self::Submit,
        Self::Concurrency,
        Self::Timeout,
        Self::Cancel,
        Self::Callback,
        Self::Map,
        Self::Chunksize,
        Self::Buffersize,
        Self::Wait,
        Self::AsCompleted,
        Self::Shutdown,
        Self::CancelFutures,
        Self::Initialiser,
        Self::Nested,
        Self::Isolation,
        Self::WorkerLoss,
        Self::Bound,
        Self::Panic,
        Self::Exceptions,
        Self::Async,
        Self::Exit,
        Self::Completion,
        Self::Exhaustion,
        Self::Interruption,
    ];

    /// The word used in records and tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Concurrency => "concurrency",
            Self::Timeout => "timeout",
            Self::Cancel => "cancel",
            Self::Callback => "callback",
            Self::Map => "map",
            Self::Chunksize => "chunksize",
            Self::Buffersize => "buffersize",
            Self::Wait => "wait",
            Self::AsCompleted => "as-completed",
            Self::Shutdown => "shutdown",
            Self::CancelFutures => "cancel-futures",
            Self::Initialiser => "initialiser",
            Self::Nested => "nested",
            Self::Isolation => "isolation",
            Self::WorkerLoss => "worker-loss",
            Self::Bound => "bound",
            Self::Panic => "panic",
            Self::Exceptions => "exceptions",
            Self::Async => "async",
            Self::Exit => "exit",
            Self::Completion => "completion",
            Self::Exhaustion => "exhaustion",
            Self::Interruption => "interruption",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Who provides a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// The executor itself.
    Native,
    /// The harness, on top of the executor.
    Supplied,
    /// Nobody.
    Unsupported,
}

/// What dropping the executor, or a future, does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropPolicy {
    /// Waits for the accepted tasks.
    Waits,
    /// Returns at once; accepted tasks still run.
    Detaches,
    /// Cancels what has not started; an executor of processes may end what runs, too.
    Cancels,
    /// Nobody has said: whatever strands no future is right.
    Undeclared,
}

/// What `cancel` reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CancelPolicy {
    /// There is none.
    Never,
    /// Tasks that have not started; `wait` counts the future as done from that moment.
    Eager,
    /// Tasks that have not started; `wait` counts the future as done when a worker passed it.
    Acknowledged,
    /// It reaches tasks that have not started; nobody has said when `wait` counts the future as done.
    Undeclared,
}

/// What waiting for a task of the same executor from inside a task does, when no worker is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NestedPolicy {
    /// Blocks for ever: documented hazard.
    Deadlocks,
    /// The waiting worker runs the task itself, or another worker is started.
    Progresses,
    /// Tasks cannot reach their executor.
    Unreachable,
    /// Nobody has said.
    Undeclared,
}

/// The order in which one worker starts queued tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartOrder {
    /// First in, first out.
    Fifo,
    /// Last in, first out.
    Lifo,
    /// None is promised.
    Any,
    /// Nobody has said.
    Undeclared,
}

/// When workers start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkerStart {
    /// When tasks need them.
    AsNeeded,
    /// One with each task until all are there, even if others are idle.
    WithEachTask,
    /// All of them, when the executor opens.
    AtOpening,
    /// Nobody has said.
    #[default]
    Undeclared,
}

/// How many tasks may be pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QueuePolicy {
    /// As many as memory holds.
    Unbounded,
    /// This many; then `submit` blocks.
    Blocks(usize),
    /// This many; then `submit` refuses.
    Refuses(usize),
    /// Nobody has said: checks go by what an experiment finds.
    Undeclared,
}

/// What the death of a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkerLossPolicy {
    /// Takes the caller with it: workers share its process.
    Fatal,
    /// Every unfinished task fails, and the executor is unusable from then on.
    PoolBroken,
    /// Its own task fails, and a new worker takes its place.
    Replaced,
    /// Nobody has said: checks go by what an experiment finds.
    Undeclared,
}

/// The declared policies of a subject; the suite observes them by experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Where tasks run.
    pub kind: Kind,
    /// Who provides each capability; absent means unsupported.
    pub support: BTreeMap<Capability, Support>,
    /// What dropping the executor without shutdown does.
    pub drop_executor: DropPolicy,
    /// What dropping a future does.
    pub drop_future: DropPolicy,
    /// What `cancel` reaches.
    pub cancel: CancelPolicy,
    /// What a nested wait without a free worker does.
    pub nested: NestedPolicy,
    /// The order in which one worker starts queued tasks.
    pub start_order: StartOrder,
    /// How many tasks may be pending.
    pub queue: QueuePolicy,
    /// What the death of a worker does.
    pub worker_loss: WorkerLossPolicy,
    /// Whether the number of workers limits how many tasks run at a time; `None` if nobody has
    /// said: checks go by what an experiment finds.
    #[serde(default = "limited")]
    pub worker_limit: Option<bool>,
    /// When workers start.
    #[serde(default)]
    pub worker_start: WorkerStart,
}

#[allow(clippy::unnecessary_wraps, reason = "the default of a field that may be absent")]
fn limited() -> Option<bool> {
    Some(true)
}

impl Profile {
    /// A profile that declares `native` capabilities and the most common policies of its kind;
    /// the caller then changes the fields that differ.
    ///
    /// ```
    /// use poolproof_harness::{Capability, Kind, Profile, Support};
    /// let profile = Profile::new(Kind::Thread, &[Capability::Submit, Capability::Shutdown]);
    /// assert_eq!(profile.support(Capability::Submit), Support::Native);
    /// assert_eq!(profile.support(Capability::Map), Support::Unsupported);
    /// ```
    #[must_use]
    pub fn new(kind: Kind, native: &[Capability]) -> Self {
        Self {
            kind,
            support: native.iter().map(|&capability| (capability, Support::Native)).collect(),
            drop_executor: DropPolicy::Waits,
            drop_future: DropPolicy::Detaches,
            cancel: if native.contains(&Capability::Cancel) { CancelPolicy::Eager } else { CancelPolicy::Never },
            nested: if kind == Kind::Process { NestedPolicy::Unreachable } else { NestedPolicy::Deadlocks },
            start_order: StartOrder::Fifo,
            queue: QueuePolicy::Unbounded,
            worker_loss: match kind {
                Kind::Inline | Kind::Thread => WorkerLossPolicy::Fatal,
                Kind::Process | Kind::Cluster => WorkerLossPolicy::PoolBroken,
            },
            worker_limit: Some(true),
            worker_start: WorkerStart::Undeclared,
        }
    }

    /// The profile of a [`Spawn`](crate::Spawn) of which nothing is known but that it runs closures
    /// on threads: everything beyond submit and shutdown is supplied, and its policies are
    /// undeclared, except where the harness is the one to keep them.
    #[must_use]
    pub fn of_spawn() -> Self {
        let supplied = Self::new(
            Kind::Thread,
            &[Capability::Submit, Capability::Concurrency, Capability::Shutdown, Capability::Nested],
        )
        .supplied(&[
            Capability::Timeout,
            Capability::Cancel,
            Capability::Callback,
            Capability::Map,
            Capability::Wait,
            Capability::AsCompleted,
            Capability::Panic,
        ]);
        // Its futures are the harness's, and a dead thread is a dead process.
        let (cancel, drop_future, worker_loss) = (supplied.cancel, supplied.drop_future, supplied.worker_loss);
        Self { cancel, drop_future, worker_loss, ..supplied.undeclared() }
    }

    /// The same capabilities, with nothing said about policies: nobody is judged by a policy that
    /// he never declared.
    #[must_use]
    pub fn undeclared(self) -> Self {
        Self {
            drop_executor: DropPolicy::Undeclared,
            drop_future: DropPolicy::Undeclared,
            cancel: if self.has(Capability::Cancel) { CancelPolicy::Undeclared } else { CancelPolicy::Never },
            nested: NestedPolicy::Undeclared,
            start_order: StartOrder::Undeclared,
            queue: QueuePolicy::Undeclared,
            worker_loss: WorkerLossPolicy::Undeclared,
            worker_limit: None,
            worker_start: WorkerStart::Undeclared,
            ..self
        }
    }

    /// Whether the number of workers limits how many tasks run at a time, as far as is known.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.worker_limit.unwrap_or(true)
    }

    /// Whether dropping the executor may end what runs: where it cancels, or nobody has said that it does not, and
    /// tasks run in processes, which can be ended.
    #[must_use]
    pub fn may_end_tasks_on_drop(&self) -> bool {
        matches!(self.drop_executor, DropPolicy::Cancels | DropPolicy::Undeclared) && self.has(Capability::Isolation)
    }

    /// The same profile with `capabilities` provided by the harness.
    #[must_use]
    pub fn supplied(mut self, capabilities: &[Capability]) -> Self {
        for &capability in capabilities {
            self.support.insert(capability, Support::Supplied);
        }
        if capabilities.contains(&Capability::Cancel) && self.cancel == CancelPolicy::Never {
            self.cancel = CancelPolicy::Eager;
        }
        self
    }

    /// Who provides `capability`.
    #[must_use]
    pub fn support(&self, capability: Capability) -> Support {
        self.support.get(&capability).copied().unwrap_or(Support::Unsupported)
    }

    /// Whether anybody provides `capability`.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.support(capability) != Support::Unsupported
    }
}
