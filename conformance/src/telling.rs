//! A failure told in one fixed order, wherever it is told: the promise, what was expected and what
//! was observed, the shortest script, the timeline, the stacks, the command that repeats it.

use poolproof_harness::record::VerdictRecord;
use poolproof_harness::visible::line;
use poolproof_harness::{Actor, Event, Moment, Verdict};
use std::fmt::Write;

/// One part of what is told, as plain text that is *not* yet made harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `promise`, `expected`, `observed`, `script`, `timeline`, `stacks`, `output` or `replay`.
    pub head: &'static str,
    /// Its lines, at least one.
    pub lines: Vec<String>,
}

/// The last events say most.
const EVENTS: usize = 12;
/// More lines of stacks or output than this are in the records only.
const LINES: usize = 60;
/// A script of more calls than this is no short one.
const CALLS: usize = 20;

/// What `record` tells, about the promise `text`. Parts that have nothing to say are left out.
#[must_use]
pub fn tell(record: &VerdictRecord, text: &str) -> Vec<Part> {
    let message = record.message.as_deref().unwrap_or("no message was recorded");
    let (message, script) = match message.split_once("; shortest script: ") {
        Some((message, script)) => (message, Some(script.to_owned())),
        None => (message, calls(&record.evidence.history)),
    };
    let (expected, observed) = expectation(record, message);
    let many = |head, text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        let mut lines: Vec<_> = text.lines().take(LINES).map(str::to_owned).collect();
        let more = text.lines().count().saturating_sub(LINES);
        if more > 0 {
            lines.push(format!("{more} more lines are in the records"));
        }
        Part { head, lines }
    };
    let one = |head, text: Option<String>| Part { head, lines: text.into_iter().collect() };
    let evidence = &record.evidence;
    let parts = [
        one("promise", (!text.is_empty()).then(|| text.to_owned())),
        one("expected", expected),
        one("observed", Some(observed)),
        one("script", script),
        Part { head: "timeline", lines: timeline(&evidence.history) },
        many("stacks", &evidence.stacks),
        many("output", &evidence.output),
        one("replay", evidence.replay.clone()),
    ];
    parts.into_iter().filter(|part| !part.lines.is_empty()).collect()
}

/// The same as one text: a head, and its lines beside it, all made harmless for a terminal.
#[must_use]
pub fn told(record: &VerdictRecord, text: &str) -> String {
    let mut out = format!("{} on {}: {}\n", line(&record.requirement), line(&record.subject), record.verdict);
    for part in tell(record, text) {
        for (number, text) in part.lines.iter().enumerate() {
            let head = if number == 0 { part.head } else { "" };
            let _ = writeln!(out, "  {head:<10} {}", line(text));
        }
    }
    out
}

/// What was expected and what was observed. Checks say both in one sentence; of what is late the
/// deadline is what was expected.
fn expectation(record: &VerdictRecord, message: &str) -> (Option<String>, String) {
    if let Some(deadline) = &record.evidence.deadline {
        let (limit, because) = (deadline.limit_ms, &deadline.because);
        let expected = match record.verdict {
            Verdict::Hangs => {
                Some(format!("each step within {limit:.0} ms ({because}), and a sign of life within twice that"))
            }
            Verdict::Leaks => Some(format!("nothing is left {limit:.0} ms ({because}) after the end")),
            _ => None,
        };
        if expected.is_some() {
            return (expected, message.to_owned());
        }
    }
    match message.split_once(", but ") {
        Some((expected, observed)) => (Some(expected.to_owned()), observed.to_owned()),
        None => (None, message.to_owned()),
    }
}

/// The calls that the check made, in order: the script of a check that has none of its own.
fn calls(history: &[Event]) -> Option<String> {
    let called = history.iter().filter_map(|event| match (&event.actor, &event.moment) {
        (Actor::Check, Moment::Called(call)) => Some(call.as_str()),
        (Actor::Check, Moment::Opened(_)) => Some("open a gate"),
        _ => None,
    });
    let called: Vec<_> = called.collect();
    let skipped = called.len().saturating_sub(CALLS);
    let before = if skipped > 0 { format!("... {skipped} calls ...; ") } else { String::new() };
    (!called.is_empty()).then(|| format!("{before}{}", called[skipped..].join("; ")))
}

fn timeline(history: &[Event]) -> Vec<String> {
    let skipped = history.len().saturating_sub(EVENTS);
    let begin = history.first().map_or(0, |event| event.at_ns);
    let lines = history[skipped..].iter().map(|event| {
        let at = event.at_ns.saturating_sub(begin) as f64 / 1e6;
        format!("{at:>10.3} ms  thread {}  {} {}", event.tid, event.actor, event.moment)
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use poolproof_harness::Level;
    use poolproof_harness::record::{DeadlineRecord, Evidence, SCHEMA};

    fn record(message: &str) -> VerdictRecord {
        let event = |actor, moment| Event { at_ns: 5, actor, moment, pid: 1, tid: 7 };
        VerdictRecord {
            schema: SCHEMA,
            subject: "own".into(),
            requirement: "MAP-001".into(),
            level: Level::Must,
            verdict: Verdict::Violates,
            known: false,
            runs: 1,
            tally: Default::default(),
            elapsed_ms: 1.0,
            seed: 1,
            message: Some(message.into()),
            evidence: Evidence {
                history: vec![
                    event(Actor::Check, Moment::Called("submit(task 1)".into())),
                    event(Actor::Task(1), Moment::Started),
                ],
                stacks: Some("thread 7".into()),
                output: Some("\u{1b}[2Jcleared".into()),
                replay: Some("again".into()),
                ..Evidence::default()
            },
        }
    }

    #[test]
    fn the_order_is_fixed_and_nothing_controls_a_terminal() {
        let text = told(&record("it must be 3, but is 4"), "Results come in order.");
        let mut rest = text.as_str();
        for head in ["MAP-001", "promise", "expected", "observed", "script", "timeline", "stacks", "output", "replay"] {
            rest = rest.split_once(head).unwrap_or_else(|| panic!("`{head}` is out of order: {text}")).1;
        }
        assert!(text.contains("it must be 3\n") && text.contains("is 4\n"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_script_of_its_own_goes_before_the_calls() {
        let parts = tell(&record("it must, but did not; shortest script: submit, cancel"), "");
        let script = parts.iter().find(|part| part.head == "script").expect("there is one");
        assert_eq!(script.lines, ["submit, cancel"]);
        assert!(parts.iter().all(|part| part.head != "promise"));
    }

    #[test]
    fn a_hang_says_what_its_deadline_derives_from() {
        let mut record = record("no sign of life for 2.1s");
        record.verdict = Verdict::Hangs;
        record.evidence.deadline =
            Some(DeadlineRecord { limit_ms: 1000.0, waited_ms: 2100.0, because: "the least".into() });
        assert!(told(&record, "").contains("within 1000 ms (the least)"));
        record.verdict = Verdict::Leaks;
        assert!(told(&record, "").contains("nothing is left 1000 ms (the least) after the end"));
    }
}
