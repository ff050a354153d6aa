//! Completes a profile by experiment where nobody declared what checks must know.

use super::{
    Policy, Seen,
    experiments::{failing, line},
    find_policy,
};
use poolproof_harness::{Kind, Profile, QueuePolicy, WorkerLossPolicy};

/// The policies without which a check cannot put tasks where they must be, and which `profile`
/// leaves undeclared.
pub(crate) fn decisive(profile: &Profile) -> Vec<&'static Policy> {
    let crosses = matches!(profile.kind, Kind::Process | Kind::Cluster);
    let undeclared = [
        ("worker-limit", profile.worker_limit.is_none()),
        ("queue", profile.queue == QueuePolicy::Undeclared),
        ("worker-loss", crosses && profile.worker_loss == WorkerLossPolicy::Undeclared),
    ];
    undeclared.into_iter().filter(|(_, wanted)| *wanted).filter_map(|(id, _)| find_policy(id)).collect()
}

/// Writes what was seen of an undeclared policy into `profile`. What no policy allows is not
/// written: the checks then expect what is most common, and find it missing.
pub(crate) fn complete(profile: &mut Profile, policy: &Policy, seen: &Seen) {
    match (policy.id, seen.word.as_str(), seen.number) {
        ("worker-limit", line::LIMITS, _) => profile.worker_limit = Some(true),
        ("worker-limit", line::NO_LIMIT | line::INLINE, _) => profile.worker_limit = Some(false),
        ("queue", line::UNBOUNDED, _) => profile.queue = QueuePolicy::Unbounded,
        ("queue", line::BLOCKS, Some(places)) => profile.queue = QueuePolicy::Blocks(places),
        ("queue", line::REFUSES, Some(places)) => profile.queue = QueuePolicy::Refuses(places),
        ("worker-loss", failing::FATAL, _) => profile.worker_loss = WorkerLossPolicy::Fatal,
        ("worker-loss", failing::BROKEN, _) => profile.worker_loss = WorkerLossPolicy::PoolBroken,
        ("worker-loss", failing::REPLACED, _) => profile.worker_loss = WorkerLossPolicy::Replaced,
        _ => {}
    }
}
