//! The gallery: every hostile subject, and what the runner must say of it.

use super::deeds;
use super::pool::{Deed, Place};
use poolproof_conformance::Verdict::{self, Conforms, Crashes, Hangs, Leaks, Violates};

/// A hostile subject.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hostile {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) deed: Deed,
    /// The requirement that is said to be broken: the one that is checked, or one of the clean-up.
    pub(super) blamed: &'static str,
    pub(super) verdict: Verdict,
    /// What the message must hold.
    pub(super) words: &'static [&'static str],
}

/// The requirement that is checked on every one of them: a result that arrives.
pub(super) const CHECKED: &str = "RES-001";
/// The requirement of what is left behind.
pub(super) const LEFT: &str = "SHUT-016";
/// The requirement of a shutdown that ends.
pub(super) const DOWN: &str = "SHUT-002";

const fn at(
    name: &'static str,
    place: Place,
    deed: Deed,
    blamed: &'static str,
    verdict: Verdict,
    words: &'static [&'static str],
) -> Hostile {
    Hostile { name, place, deed, blamed, verdict, words }
}

pub(super) const GALLERY: &[Hostile] = &[
    at("deadlock", Place::Submit, deeds::deadlock, CHECKED, Hangs, &["no sign of life", "submit"]),
    at("deadlock-in-a-worker", Place::Task, deeds::deadlock, CHECKED, Hangs, &["gate"]),
    at("livelock", Place::Submit, deeds::livelock, CHECKED, Hangs, &["no sign of life"]),
    at("abort", Place::Task, deeds::abort, CHECKED, Crashes, &["signal 6", "abort", "last event"]),
    at("segfault", Place::Task, deeds::segfault, CHECKED, Crashes, &["signal 11"]),
    at("stack-overflow", Place::Task, deeds::overflow, CHECKED, Crashes, &["signal 6", "stack overflow"]),
    at("exit", Place::Task, deeds::exit, CHECKED, Crashes, &["exited with code 0"]),
    at("becomes-another-program", Place::Submit, deeds::become_another, CHECKED, Crashes, &["exited with code 0"]),
    at("double-fork", Place::Shutdown, deeds::double_fork, LEFT, Leaks, &["orphaned"]),
    at("double-fork-and-hang", Place::Submit, deeds::double_fork_and_hang, CHECKED, Hangs, &["no sign of life"]),
    at("stops-itself", Place::Task, deeds::stop_itself, CHECKED, Hangs, &["no sign of life"]),
    at("flood", Place::Task, deeds::flood, CHECKED, Conforms, &[]),
    at("flood-for-ever", Place::Submit, deeds::flood_for_ever, CHECKED, Hangs, &["no sign of life"]),
    at("closes-all-descriptors", Place::Task, deeds::close_everything, CHECKED, Crashes, &["descriptor"]),
    at("prints-a-verdict", Place::Submit, deeds::print_a_verdict_and_hang, CHECKED, Hangs, &["no sign of life"]),
    at("forges-a-report", Place::Task, deeds::forge_a_report, CHECKED, Crashes, &["something wrote on the descriptor"]),
    at("returns-twice", Place::Submit, deeds::return_twice, LEFT, Leaks, &["processes ("]),
    at("changes-directory", Place::Task, deeds::change_directory, CHECKED, Conforms, &[]),
    at("ignores-signals", Place::Submit, deeds::ignore_signals_and_hang, CHECKED, Hangs, &["no sign of life"]),
    at("blocks-signals", Place::Submit, deeds::block_signals_and_hang, CHECKED, Hangs, &["no sign of life"]),
    at("eats-memory", Place::Submit, deeds::eat_memory, CHECKED, Crashes, &["MiB of memory", "allowed"]),
    at("fork-burst", Place::Task, deeds::fork_burst, CHECKED, Crashes, &["processes", "allowed"]),
    at("leaks-a-thread", Place::Shutdown, deeds::leak_thread, LEFT, Leaks, &["threads (leaked)"]),
    at("leaks-a-process", Place::Shutdown, deeds::leak_process, LEFT, Leaks, &["child process"]),
    at("leaks-a-zombie", Place::Shutdown, deeds::leak_zombie, LEFT, Leaks, &["zombie"]),
    at("leaks-a-descriptor", Place::Shutdown, deeds::leak_descriptor, LEFT, Leaks, &["descriptors (/dev/zero)"]),
    at("leaks-a-socket", Place::Shutdown, deeds::leak_socket, LEFT, Leaks, &["descriptors (socket)"]),
    at("leaks-a-temporary-file", Place::Shutdown, deeds::leak_temporary_file, LEFT, Leaks, &["temporary files"]),
    at("leaks-shared-memory", Place::Shutdown, deeds::leak_shared_memory, LEFT, Leaks, &["shared memory"]),
    at("poisons-a-lock", Place::Submit, deeds::poison, CHECKED, Violates, &["Poison"]),
    at("panics-in-submit", Place::Submit, deeds::panic, CHECKED, Violates, &["on purpose"]),
    at("panics-in-drop", Place::Drop, deeds::panic, DOWN, Violates, &["on purpose"]),
    at("panics-in-a-payload", Place::Submit, deeds::panic_in_a_payload, CHECKED, Violates, &["payload"]),
    at("never-reads-its-pipe", Place::Submit, deeds::never_read, CHECKED, Hangs, &["no sign of life"]),
    at("clock-jump", Place::Task, deeds::jump_the_clock, CHECKED, Conforms, &[]),
    at("kills-its-parent", Place::Task, deeds::kill_its_parent, CHECKED, Crashes, &["ended from within"]),
    at("kills-its-group", Place::Task, deeds::kill_its_group, CHECKED, Crashes, &["signal 9"]),
    at("hangs-in-shutdown", Place::Shutdown, deeds::deadlock, DOWN, Hangs, &["shutdown"]),
];
