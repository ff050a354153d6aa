//! What the history says of single tasks.

use super::{CheckResult, Trial, expect};
use poolproof_harness::{Actor, Event, Moment};

fn is(label: u32, moment: &Moment) -> impl Fn(&Event) -> bool {
    move |event| event.actor == Actor::Task(label) && event.moment == *moment
}

impl Trial<'_> {
    /// Waits until the body of task `label` began.
    ///
    /// # Errors
    ///
    /// [`Stop::Hangs`](super::Stop::Hangs) if it never does.
    #[track_caller]
    pub fn await_start(&self, label: u32) -> CheckResult {
        self.await_events(&format!("the start of task {label}"), |events| {
            events.iter().any(is(label, &Moment::Started))
        })
    }

    /// Waits until the body of task `label` ended.
    ///
    /// # Errors
    ///
    /// [`Stop::Hangs`](super::Stop::Hangs) if it never does.
    #[track_caller]
    pub fn await_end(&self, label: u32) -> CheckResult {
        self.await_events(&format!("the end of task {label}"), |events| events.iter().any(is(label, &Moment::Finished)))
    }

    /// Waits until what task `label` carried was released.
    ///
    /// # Errors
    ///
    /// [`Stop::Hangs`](super::Stop::Hangs) if it never is.
    #[track_caller]
    pub fn await_release(&self, label: u32) -> CheckResult {
        self.await_events(&format!("the release of what task {label} carried"), |events| {
            events.iter().any(is(label, &Moment::Released))
        })
    }

    /// Whether the body of task `label` began.
    #[must_use]
    pub fn has_started(&self, label: u32) -> bool {
        self.history().count(is(label, &Moment::Started)) > 0
    }

    /// Checks that none of these tasks ran. Meaningful after a fence: when everything that could
    /// still run them is over.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`](super::Stop::Violates) with `why` if one did.
    #[track_caller]
    pub fn never_ran(&self, labels: &[u32], why: &str) -> CheckResult {
        let ran: Vec<_> = labels.iter().copied().filter(|&label| self.has_started(label)).collect();
        expect(ran.is_empty(), &format!("{why}, but tasks {ran:?} ran"))
    }

    /// Waits until something was noted that starts with `text`.
    ///
    /// # Errors
    ///
    /// [`Stop::Hangs`](super::Stop::Hangs) if it never is.
    #[track_caller]
    pub fn await_note(&self, text: &str) -> CheckResult {
        self.await_events(&format!("a note `{text}`"), |events| {
            events.iter().any(|event| matches!(&event.moment, Moment::Noted(note) if note.starts_with(text)))
        })
    }

    /// Everything that bodies noted, in order.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let noted = |event: Event| match event.moment {
            Moment::Noted(text) => Some(text),
            _ => None,
        };
        self.history().events().into_iter().filter_map(noted).collect()
    }
}
