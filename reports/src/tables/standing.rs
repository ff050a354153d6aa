//! How subjects stand: nobody is ranked who breaks a promise, or was not checked.

use crate::run::{Run, Tally};
use std::collections::HashMap;

/// How a subject stands in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Every MUST that was checked is kept: it is ranked.
    Keeps,
    /// At least one MUST is broken: its figures are shown with a dagger, without rank.
    Breaks,
    /// No promise of it was checked in this run.
    Unchecked,
}

impl Standing {
    /// What stands behind the name or the figures of a subject that stands so.
    fn mark(self) -> &'static str {
        match self {
            Self::Keeps => "",
            Self::Breaks => "†",
            Self::Unchecked => "‡",
        }
    }

    /// What the mark means, as a note under a table.
    fn note(self) -> Option<&'static str> {
        match self {
            Self::Keeps => None,
            Self::Breaks => Some("† breaks at least one MUST (known failures included): its figures are not ranked."),
            Self::Unchecked => Some("‡ not checked in this run: its figures are not ranked."),
        }
    }
}

/// How all subjects of a run stand.
#[derive(Clone, Debug, Default)]
pub struct Standings<'a> {
    tallies: HashMap<&'a str, Tally>,
}

impl<'a> Standings<'a> {
    /// Counts the verdicts of `run`.
    #[must_use]
    pub fn of(run: &'a Run) -> Self {
        let mut tallies: HashMap<&str, Tally> = HashMap::new();
        for verdict in &run.verdicts {
            tallies.entry(&verdict.subject).or_default().add(verdict);
        }
        Self { tallies }
    }

    /// The counts of one subject; `None` if it was not checked.
    #[must_use]
    pub fn tally(&self, subject: &str) -> Option<&Tally> {
        self.tallies.get(subject)
    }

    /// How one subject stands.
    #[must_use]
    pub fn standing(&self, subject: &str) -> Standing {
        match self.tally(subject) {
            Some(tally) if tally.broken_musts > 0 => Standing::Breaks,
            Some(tally) if tally.checks > 0 => Standing::Keeps,
            _ => Standing::Unchecked,
        }
    }

    /// Whether any promise was checked; in a run that only measures, nobody can be ranked.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.tallies.is_empty()
    }

    /// What stands behind a subject's name or figures. Where nobody was checked it would stand
    /// behind everybody, and says nothing.
    #[must_use]
    pub fn mark(&self, subject: &str) -> &'static str {
        if self.any() { self.standing(subject).mark() } else { "" }
    }

    /// What the mark of a subject means, as a note under a table.
    #[must_use]
    pub fn note(&self, subject: &str) -> Option<&'static str> {
        if self.any() {
            self.standing(subject).note()
        } else {
            Some("No promise was checked in this run, so nobody is ranked.")
        }
    }
}
