//! What became of the child of a check.

use super::protocol::{Phase, Report};
use super::starved::Starved;
use crate::observe::Seen;
use crate::trial::{Judged, OPENED, OPENING};
use poolproof_harness::{Actor, Event, Moment, Profile, Verdict, now_ns};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// What a warden saw of one check.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Watched {
    /// Why there was no child at all.
    pub(crate) not_started: Option<String>,
    /// What the check came to, if it got that far.
    pub(crate) verdict: Option<(Verdict, Option<String>)>,
    /// What the subject declares.
    pub(crate) declared: Option<Profile>,
    /// What the experiment saw.
    pub(crate) seen: Option<Seen>,
    /// What the clean-up found about other requirements.
    pub(crate) findings: Vec<(String, Verdict, String)>,
    /// Why the subject could not be set up.
    pub(crate) setup_failed: Option<String>,
    /// What the child was doing last.
    pub(crate) phase: Option<Phase>,
    /// Whether it said that nothing more follows; and whether everything should be gone then.
    pub(crate) ended: Option<bool>,
    /// When it said so, on the monotonic clock.
    pub(crate) ended_ns: Option<u64>,
    /// How it died, if it died before its end.
    pub(crate) death: Option<String>,
    /// Whether it was ended because the time for its subject was used up.
    pub(crate) cut: bool,
    /// How long it was waited for without a sign of life.
    pub(crate) hang: Option<Hang>,
    /// The last silence in which the machine did not let it run, unless it slept for long after that.
    pub(crate) starved: Option<Starved>,
    /// The last events.
    pub(crate) history: VecDeque<Event>,
    /// How many events there were.
    pub(crate) events: u64,
    /// Who had come to a gate or called something, and not come back.
    pub(crate) open: BTreeMap<u64, Vec<(Actor, Moment)>>,
    /// The assertions that were judged, if that was asked for.
    pub(crate) assertions: Vec<Judged>,
    /// The last output of the subject.
    pub(crate) output: Vec<u8>,
}

/// A wait in vain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Hang {
    /// How long the wait would have been on an idle machine.
    pub(crate) nominal: Duration,
    /// How long it was.
    pub(crate) elapsed: Duration,
    /// The stacks of everything that hung.
    pub(crate) stacks: String,
    /// Why it counts as a hang although there were signs of life.
    pub(crate) endless: Option<String>,
}

/// How many events are kept as evidence.
const EVENTS_KEPT: usize = 60;
/// How much output is kept as evidence, in bytes.
const OUTPUT_KEPT: usize = 8 * 1024;
/// How many threads' calls and gates are followed.
const FOLLOWED: usize = 4096;

impl Watched {
    /// Takes one report in.
    pub(super) fn note(&mut self, report: Report) {
        match report {
            Report::Event(event) => self.happened(event),
            Report::Assertion(judged) => self.assertions.push(judged),
            Report::Phase(phase) => {
                if phase == Phase::Check {
                    // What came before is not part of the check.
                    self.history.clear();
                    self.open.clear();
                }
                self.phase = Some(phase);
            }
            Report::SetupFailed(reason) => self.setup_failed = Some(reason),
            Report::Verdict(verdict, message) => self.verdict = Some((verdict, message)),
            Report::Declared(profile) => self.declared = Some(profile),
            Report::Seen(seen) => self.seen = Some(seen),
            Report::Finding(requirement, verdict, message) => self.findings.push((requirement, verdict, message)),
            Report::End(audited) => (self.ended, self.ended_ns) = (Some(audited), Some(now_ns())),
        }
    }

    /// Whether the program of the subject starts, or an executor is being opened: what that takes says nothing about
    /// what an open executor takes.
    pub(super) fn is_opening(&self) -> bool {
        let opens = |(_, moment): &(Actor, Moment)| matches!(moment, Moment::Called(call) if call.starts_with(OPENING));
        matches!(self.phase, None | Some(Phase::Setup)) || self.open.values().flatten().any(opens)
    }

    /// How long the child went on after it had opened an executor.
    pub(super) fn since_opened(&self) -> Option<Duration> {
        let is_open = |event: &&Event| matches!(&event.moment, Moment::Returned(what) if what == OPENED);
        let opened = self.history.iter().find(is_open)?.at_ns;
        Some(Duration::from_nanos(self.ended_ns?.saturating_sub(opened)))
    }

    fn happened(&mut self, event: Event) {
        self.events += 1;
        if self.open.len() < FOLLOWED || self.open.contains_key(&event.tid) {
            let open = self.open.entry(event.tid).or_default();
            match event.moment {
                Moment::Called(_) | Moment::Arrived(_) => open.push((event.actor, event.moment.clone())),
                Moment::Returned(_) => close(open, |moment| matches!(moment, Moment::Called(_))),
                Moment::Passed(gate) => close(open, |moment| *moment == Moment::Arrived(gate)),
                _ => {}
            }
            if open.is_empty() {
                self.open.remove(&event.tid);
            }
        }
        if self.history.len() == EVENTS_KEPT {
            self.history.pop_front();
        }
        self.history.push_back(event);
    }

    /// Takes more output in; only its end is kept.
    pub(super) fn printed(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
        if self.output.len() > 2 * OUTPUT_KEPT {
            self.output.drain(..self.output.len() - OUTPUT_KEPT);
        }
    }

    /// Who waits for what, one sentence each.
    pub(super) fn waiting(&self) -> Vec<String> {
        let lines = self.open.iter().flat_map(|(tid, open)| open.iter().map(move |entry| (tid, entry)));
        lines
            .map(|(tid, (actor, moment))| match moment {
                Moment::Arrived(gate) => format!("{actor} (thread {tid}) waits at gate {gate}"),
                Moment::Called(call) => format!("{actor} (thread {tid}) waits for {call} to return"),
                other => format!("{actor} (thread {tid}) {other}"),
            })
            .collect()
    }

    /// The last call of the check that has not returned.
    pub(super) fn pending_call(&self) -> Option<&str> {
        let mut calls = self.open.values().flatten().filter_map(|(actor, moment)| match moment {
            Moment::Called(call) if *actor == Actor::Check => Some(call.as_str()),
            _ => None,
        });
        calls.next_back()
    }
}

fn close(open: &mut Vec<(Actor, Moment)>, is: impl Fn(&Moment) -> bool) {
    if let Some(place) = open.iter().rposition(|(_, moment)| is(moment)) {
        open.remove(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at_ns: u64, moment: Moment) -> Report {
        Report::Event(Event { at_ns, actor: Actor::Check, moment, pid: 1, tid: 7 })
    }

    #[test]
    fn a_program_that_starts_and_an_executor_that_opens_are_told_from_what_is_open() {
        let mut watched = Watched::default();
        assert!(watched.is_opening(), "it has said nothing yet");
        watched.note(Report::Phase(Phase::Setup));
        assert!(watched.is_opening());
        watched.note(Report::Phase(Phase::Check));
        assert!(!watched.is_opening());
        watched.note(event(3, Moment::Called(format!("{OPENING}2 workers"))));
        assert!(watched.is_opening());
        watched.note(event(5, Moment::Returned(OPENED.to_owned())));
        watched.note(event(6, Moment::Called("submit(task 1)".to_owned())));
        assert!(!watched.is_opening());
        assert_eq!(watched.since_opened(), None, "it goes on");
        watched.note(Report::End(true));
        assert!(watched.since_opened().is_some_and(|life| life > Duration::from_secs(1)), "the clock began long ago");
    }
}
