//! What became of the child of a check.

use super::protocol::{Phase, Report};
use super::starved::Starved;
use crate::observe::Seen;
use crate::trial::Judged;
use poolproof_harness::{Actor, Event, Moment, Profile, Verdict};
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
    /// How it died, if it died before its end.
    pub(crate) death: Option<String>,
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
            Report::End(audited) => self.ended = Some(audited),
        }
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
