//! How subjects stand: nobody is ranked who breaks a promise, or was not checked.

use super::area_of;
use crate::run::{Run, Tally};
use poolproof_harness::record::{RequirementRecord, VerdictRecord};
use poolproof_harness::{Level, Verdict};
use std::collections::{HashMap, HashSet};

/// How a subject stands in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Every MUST that was checked is kept: it is ranked.
    Keeps,
    /// At least one MUST is broken: its figures are shown with a dagger, without rank.
    Breaks,
    /// No promise of it was checked in this run, or none was decided.
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
            Self::Unchecked => Some("‡ not checked in this run, or nothing was decided: its figures are not ranked."),
        }
    }
}

/// How all subjects of a run stand, and what it has verdicts on: every table of verdicts is one walk over this
/// instead of a search of its own among hundreds of thousands of records.
#[derive(Clone, Debug, Default)]
pub struct Standings<'a> {
    addresses: Vec<&'a str>,
    promises: Vec<Promise<'a>>,
    areas: Vec<&'a str>,
    checked: Vec<Checked<'a>>,
    places: HashMap<&'a str, usize>,
}

/// One requirement that the run speaks of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promise<'a> {
    pub(crate) id: &'a str,
    pub(crate) level: Level,
    /// Empty if only verdicts speak of it.
    pub(crate) text: &'a str,
}

/// What is known of one subject that was checked.
#[derive(Clone, Debug, Default)]
struct Checked<'a> {
    tally: Tally,
    /// Each with the place of its promise.
    verdicts: Vec<(usize, &'a VerdictRecord)>,
}

impl<'a> Standings<'a> {
    /// Counts and sorts the verdicts of `run`.
    #[must_use]
    pub fn of(run: &'a Run) -> Self {
        let known = |known: &'a RequirementRecord| Promise { id: &known.id, level: known.level, text: &known.text };
        let mut promises: Vec<Promise<'a>> = run.requirements.iter().map(known).collect();
        let mut numbers: HashMap<&str, usize> = promises.iter().map(|promise| promise.id).zip(0..).collect();
        let mut checked: Vec<Checked<'a>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let (mut last, mut next) = ("", 0);
        let mut place = 0;
        for verdict in &run.verdicts {
            // Runs mostly come subject by subject, and each in the order of the contract.
            if checked.is_empty() || last != verdict.subject {
                place = *places.entry(&verdict.subject).or_insert_with(|| {
                    checked.push(Checked::default());
                    checked.len() - 1
                });
                last = &verdict.subject;
            }
            let number = match promises.get(next) {
                Some(promise) if promise.id == verdict.requirement => next,
                _ => *numbers.entry(&verdict.requirement).or_insert_with(|| {
                    promises.push(Promise { id: &verdict.requirement, level: verdict.level, text: "" });
                    promises.len() - 1
                }),
            };
            next = number + 1;
            checked[place].tally.add(verdict);
            checked[place].verdicts.push((number, verdict));
        }
        let areas = areas(run, &promises, &checked);
        Self { addresses: run.addresses(), promises, areas, checked, places }
    }

    /// The addresses of all subjects of the run, as [`Run::addresses`] has them.
    #[must_use]
    pub fn addresses(&self) -> &[&'a str] {
        &self.addresses
    }

    /// The requirements in the order of the contract; those that only verdicts speak of come after the others.
    pub(crate) fn promises(&self) -> &[Promise<'a>] {
        &self.promises
    }

    /// The areas that have a verdict, in the order of the contract.
    pub(crate) fn areas(&self) -> &[&'a str] {
        &self.areas
    }

    /// The verdicts on one subject, each with the place of its requirement in [`Standings::promises`].
    pub(crate) fn verdicts(&self, subject: &str) -> &[(usize, &'a VerdictRecord)] {
        self.places.get(subject).map_or(&[], |place| &self.checked[*place].verdicts)
    }

    /// The counts of one subject; `None` if it was not checked.
    #[must_use]
    pub fn tally(&self, subject: &str) -> Option<&Tally> {
        self.places.get(subject).map(|place| &self.checked[*place].tally)
    }

    /// How one subject stands.
    #[must_use]
    pub fn standing(&self, subject: &str) -> Standing {
        match self.tally(subject) {
            Some(tally) if tally.broken_musts > 0 => Standing::Breaks,
            Some(tally) if tally.checks > tally.count(Verdict::Inconclusive.word()) => Standing::Keeps,
            _ => Standing::Unchecked,
        }
    }

    /// Whether it breaks none of the MUSTs that were decided, and at least one was not.
    pub(crate) fn is_undecided(&self, subject: &str) -> bool {
        let undecided = self.tally(subject).is_some_and(|tally| tally.undecided_musts > 0);
        undecided && self.standing(subject) == Standing::Keeps
    }

    /// Whether any promise was checked; in a run that only measures, nobody can be ranked.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.checked.is_empty()
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

/// The areas that have a verdict: those of the contract, then those that only verdicts speak of.
fn areas<'a>(run: &'a Run, promises: &[Promise<'a>], checked: &[Checked<'a>]) -> Vec<&'a str> {
    let mut has_verdict = vec![false; promises.len()];
    checked.iter().flat_map(|subject| &subject.verdicts).for_each(|(number, _)| has_verdict[*number] = true);
    let judged = || promises.iter().zip(&has_verdict).filter(|(_, has)| **has).map(|(promise, _)| area_of(promise.id));
    let known: HashSet<&str> = judged().collect();
    let mut seen = HashSet::new();
    let contract = run.requirements.iter().map(|requirement| requirement.area.as_str());
    contract.chain(judged()).filter(|area| known.contains(area) && seen.insert(*area)).collect()
}
