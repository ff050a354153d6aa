//! The policies on which executors legitimately differ, each with its experiment.

use super::Seen;
use super::experiments::{behind, calls, dropping, ending, failing, line, several, starting};
use crate::trial::{Stop, Trial};
use poolproof_harness::{
    CancelPolicy, Capability, DropPolicy, NestedPolicy, Profile, QueuePolicy, StartOrder, Support, WorkerLossPolicy,
    WorkerStart,
};

/// Finds out what a subject does.
pub(crate) type Experiment = fn(&mut Trial<'_>) -> Result<Seen, Stop>;

/// One policy: a question that executors may answer differently.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Its name in records and on the command line.
    pub id: &'static str,
    /// Its name in the head of a column.
    pub title: &'static str,
    /// The question.
    pub question: &'static str,
    /// How the experiment finds the answer.
    pub experiment: &'static str,
    /// Without these the question does not arise.
    pub needs: &'static [Capability],
    /// What the profile says; nothing where it says nothing.
    pub(crate) declared: fn(&Profile) -> Option<Seen>,
    /// Whether the experiment confirms what is declared.
    pub(crate) agrees: fn(&Seen, &Seen) -> bool,
    /// What is seen when the process that hosts the executor dies.
    pub(crate) death: Option<&'static str>,
    /// What is seen when a call of the experiment never returns.
    pub(crate) hang: Option<&'static str>,
    pub(crate) observe: Experiment,
}

/// Most policies; the fields of the others differ from these.
const PLAIN: Policy = Policy {
    id: "",
    title: "",
    question: "",
    experiment: "",
    needs: &[],
    declared: |_| None,
    agrees: |declared, seen| declared == seen,
    death: None,
    hang: None,
    observe: |_| Err(Stop::Inconclusive("there is no experiment".to_owned())),
};

/// Every policy, in the order of a task's life.
#[must_use]
pub fn policies() -> &'static [Policy] {
    POLICIES
}

/// The policy of that name.
#[must_use]
pub fn find_policy(id: &str) -> Option<&'static Policy> {
    POLICIES.iter().find(|policy| policy.id == id)
}

const POLICIES: &[Policy] = &[
    Policy {
        id: "zero-workers",
        title: "zero workers",
        question: "What does opening it with zero workers do?",
        experiment: "Opens it with zero workers, and submits one task if that succeeds.",
        needs: &[Capability::Submit],
        observe: starting::zero_workers,
        ..PLAIN
    },
    Policy {
        id: "worker-start",
        title: "workers start",
        question: "When do its workers start?",
        experiment: "Counts threads and processes before and after opening it with eight workers, and after one task.",
        needs: &[Capability::Submit, Capability::Concurrency],
        declared: |profile| match profile.worker_start {
            WorkerStart::AsNeeded => Some(Seen::word(starting::AS_NEEDED)),
            WorkerStart::WithEachTask => Some(Seen::word(starting::WITH_EACH_TASK)),
            WorkerStart::AtOpening => Some(Seen::word(starting::AT_OPENING)),
            WorkerStart::Undeclared => None,
        },
        // The first task needs one of them; how many more then start is not what is declared.
        agrees: |declared, seen| (declared.word == starting::AT_OPENING) == (seen.word == starting::AT_OPENING),
        observe: starting::worker_start,
        ..PLAIN
    },
    Policy {
        id: "worker-limit",
        title: "workers limit",
        question: "Does the number of workers limit how many tasks run at a time?",
        experiment: "Submits two tasks more than there are workers, all of which stop at a gate, and counts those that \
                     reach it.",
        needs: &[Capability::Submit],
        declared: |profile| {
            profile.worker_limit.map(|limited| Seen::word(if limited { line::LIMITS } else { line::NO_LIMIT }))
        },
        // Tasks that run in the caller are one at a time, whatever the number of workers.
        agrees: |declared, seen| declared == seen || seen.word == line::INLINE && declared.word == line::NO_LIMIT,
        observe: line::worker_limit,
        ..PLAIN
    },
    Policy {
        id: "start-order",
        title: "start order",
        question: "In which order does one worker start queued tasks?",
        experiment: "Queues tasks behind one at a gate, opens it, and reads the order of their starts.",
        needs: &[Capability::Submit, Capability::Concurrency],
        declared: |profile| match profile.start_order {
            StartOrder::Fifo => Some(Seen::word(behind::FIFO)),
            StartOrder::Lifo => Some(Seen::word(behind::LIFO)),
            StartOrder::Any => Some(Seen::word("any")),
            StartOrder::Undeclared => None,
        },
        agrees: |declared, seen| declared == seen || declared.word == "any" || seen.word == behind::NOT_QUEUED,
        observe: behind::start_order,
        ..PLAIN
    },
    Policy {
        id: "queue",
        title: "queue",
        question: "How many tasks may be pending, and what does submit do then?",
        experiment: "Holds the only worker at a gate and submits until submit blocks, refuses, or has accepted many.",
        needs: &[Capability::Submit, Capability::Concurrency],
        declared: |profile| match profile.queue {
            QueuePolicy::Unbounded => Some(Seen::word(line::UNBOUNDED)),
            QueuePolicy::Blocks(places) => Some(Seen::number(line::BLOCKS, places)),
            QueuePolicy::Refuses(places) => Some(Seen::number(line::REFUSES, places)),
            QueuePolicy::Undeclared => None,
        },
        observe: line::queue,
        ..PLAIN
    },
    Policy {
        id: "running-ahead",
        title: "running ahead",
        question: "How many queued tasks count as running although no worker has begun them?",
        experiment: "Holds every worker at a gate, queues as many tasks again and more, and asks each whether it runs.",
        needs: &[Capability::Submit, Capability::Concurrency],
        observe: behind::running_ahead,
        ..PLAIN
    },
    Policy {
        id: "cancel",
        title: "cancel",
        question: "Does cancel reach a queued task, and from when on does `wait` count it as done?",
        experiment: "Cancels a task behind one at a gate, and waits for it before and after the gate opens.",
        needs: &[Capability::Submit, Capability::Concurrency],
        declared: |profile| match profile.cancel {
            CancelPolicy::Never => Some(Seen::word(behind::NEVER)),
            CancelPolicy::Eager => Some(Seen::word(behind::EAGER)),
            CancelPolicy::Acknowledged => Some(Seen::word(behind::ACKNOWLEDGED)),
            CancelPolicy::Undeclared => None,
        },
        agrees: |declared, seen| {
            declared == seen || [behind::NOT_QUEUED, behind::CANCELS].contains(&seen.word.as_str())
        },
        observe: behind::cancel,
        ..PLAIN
    },
    Policy {
        id: "nested",
        title: "nested wait",
        question: "What does a task do that waits for another one of the same executor when no worker is free?",
        experiment: "A task of an executor with one worker submits another one and waits for it.",
        needs: &[Capability::Submit, Capability::Concurrency],
        declared: |profile| match profile.nested {
            NestedPolicy::Deadlocks => Some(Seen::word(line::DEADLOCKS)),
            NestedPolicy::Progresses => Some(Seen::word(line::PROGRESSES)),
            NestedPolicy::Unreachable => Some(Seen::word(line::UNREACHABLE)),
            NestedPolicy::Undeclared => None,
        },
        hang: Some(line::DEADLOCKS),
        observe: line::nested,
        ..PLAIN
    },
    Policy {
        id: "panic",
        title: "panic of a task",
        question: "What does a panic of a task, or the worst error of its language, do?",
        experiment: "A task panics; its outcome is awaited, and then as many tasks as there are workers must meet.",
        needs: &[Capability::Submit, Capability::Concurrency],
        declared: |profile| match profile.support(Capability::Panic) {
            Support::Unsupported => None,
            Support::Native | Support::Supplied => Some(Seen::word(failing::REACHES)),
        },
        death: Some(failing::FATAL),
        hang: Some(failing::SILENT),
        observe: failing::panic,
        ..PLAIN
    },
    Policy {
        id: "worker-loss",
        title: "death of a worker",
        question: "What does the death of a worker do?",
        experiment: "Of two tasks at gates one kills its worker, with others queued; their outcomes are awaited.",
        needs: &[Capability::Submit, Capability::Concurrency],
        declared: |profile| match profile.worker_loss {
            WorkerLossPolicy::Fatal => Some(Seen::word(failing::FATAL)),
            WorkerLossPolicy::PoolBroken => Some(Seen::word(failing::BROKEN)),
            WorkerLossPolicy::Replaced => Some(Seen::word(failing::REPLACED)),
            WorkerLossPolicy::Undeclared => None,
        },
        death: Some(failing::FATAL),
        observe: failing::worker_loss,
        ..PLAIN
    },
    Policy {
        id: "callback-place",
        title: "callbacks run in",
        question: "In which thread do callbacks run that were registered before the task ended?",
        experiment: "Registers a callback with a task at a gate, opens it, and compares the threads of the two.",
        needs: &[Capability::Submit, Capability::Concurrency, Capability::Callback],
        observe: calls::callback_place,
        ..PLAIN
    },
    Policy {
        id: "drop-future",
        title: "drop of a future",
        question: "What does dropping the future of a queued task do to the task?",
        experiment: "Drops the future of a task behind one at a gate, opens it, and sees whether the task runs.",
        needs: &[Capability::Submit, Capability::Concurrency],
        declared: |profile| dropped(profile.drop_future),
        agrees: |declared, seen| declared == seen || seen.word == behind::NOT_QUEUED,
        observe: dropping::future,
        ..PLAIN
    },
    Policy {
        id: "drop-executor",
        title: "drop of the executor",
        question: "What does dropping the executor without shutdown do to queued tasks?",
        experiment: "Drops an executor whose only worker stands at a gate, with tasks queued, and opens the gate.",
        needs: &[Capability::Submit, Capability::Concurrency],
        declared: |profile| dropped(profile.drop_executor),
        observe: dropping::executor,
        ..PLAIN
    },
    Policy {
        id: "shutdown-without-waiting",
        title: "shutdown(wait=False)",
        question: "What becomes of queued tasks when shutdown does not wait?",
        experiment: "Shuts an executor down without waiting whose only worker stands at a gate, with tasks queued.",
        needs: &[Capability::Submit, Capability::Concurrency, Capability::Shutdown],
        hang: Some(dropping::WAITS),
        observe: ending::without_waiting,
        ..PLAIN
    },
    Policy {
        id: "submit-after-shutdown",
        title: "submit after shutdown",
        question: "What does submit do after shutdown?",
        experiment: "Shuts an unused executor down, waiting, and submits a task.",
        needs: &[Capability::Submit, Capability::Shutdown],
        hang: Some(ending::BLOCKS),
        death: Some(failing::FATAL),
        observe: ending::submit_after,
        ..PLAIN
    },
    Policy {
        id: "map-reads",
        title: "map reads its input",
        question: "When does map take the items from its input?",
        experiment: "Maps over eight items, reads no result, and counts the items that were taken.",
        needs: &[Capability::Submit, Capability::Map],
        observe: several::map_reads,
        ..PLAIN
    },
    Policy {
        id: "map-failure",
        title: "map after a failure",
        question: "Does the iterator of a map go on after an item that failed?",
        experiment: "Maps over four items of which the second fails, and reads on after the failure.",
        needs: &[Capability::Submit, Capability::Map],
        observe: several::map_failure,
        ..PLAIN
    },
    Policy {
        id: "map-dropped",
        title: "map dropped half-way",
        question: "What becomes of queued items when the iterator of a map is dropped half-way?",
        experiment: "Reads one result of a map whose second item stands at a gate, drops it, and opens the gate.",
        needs: &[Capability::Submit, Capability::Concurrency, Capability::Map],
        observe: several::map_dropped,
        ..PLAIN
    },
    Policy {
        id: "completed-limit",
        title: "as_completed's limit",
        question: "From when on does the time limit of as_completed count?",
        experiment: "Calls as_completed with a limit for a task at a gate, lets the limit pass, and asks for the first.",
        needs: &[Capability::Submit, Capability::Concurrency, Capability::AsCompleted],
        observe: several::completed_limit,
        ..PLAIN
    },
];

fn dropped(policy: DropPolicy) -> Option<Seen> {
    match policy {
        DropPolicy::Waits => Some(Seen::word(dropping::WAITS)),
        DropPolicy::Detaches => Some(Seen::word(dropping::DETACHES)),
        DropPolicy::Cancels => Some(Seen::word(dropping::CANCELS)),
        DropPolicy::Undeclared => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poolproof_harness::Kind;
    use std::collections::HashSet;

    #[test]
    fn every_policy_explains_itself() {
        let mut seen = HashSet::new();
        for policy in policies() {
            assert!(seen.insert(policy.id), "{} stands twice", policy.id);
            assert!(policy.question.ends_with('?'), "{}", policy.id);
            assert!(policy.experiment.ends_with('.') && !policy.title.is_empty(), "{}", policy.id);
        }
    }

    #[test]
    fn a_profile_that_says_nothing_declares_nothing() {
        let profile = Profile::new(Kind::Thread, &[Capability::Submit, Capability::Cancel]).undeclared();
        let declared: Vec<_> = policies().iter().filter(|policy| (policy.declared)(&profile).is_some()).collect();
        assert!(declared.is_empty(), "{declared:?}");
    }
}
