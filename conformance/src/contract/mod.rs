//! The requirements as data, one file per area.
//!
//! The text of a requirement can be read here without reading code; the check that decides it
//! stands in the file of the same name under `checks`.

mod asynchronous;
mod callback;
mod cancel;
mod completed;
mod cpython;
mod exit;
mod failure;
mod future;
mod map;
mod memory;
mod nesting;
mod outside;
mod process;
mod profile;
mod program;
mod result;
mod shutdown;
mod submit;
mod time;
mod wait;
mod workers;

pub use cpython::{CpythonTest, cpython_tests};
pub use outside::{Untestable, untestable};

use crate::requirement::Requirement;
use std::sync::LazyLock;

/// Every requirement, in the order of the contract.
#[must_use]
pub fn requirements() -> &'static [&'static Requirement] {
    static ALL: LazyLock<Vec<&'static Requirement>> = LazyLock::new(|| {
        let areas: [&'static [Requirement]; 19] = [
            submit::REQUIREMENTS,
            future::REQUIREMENTS,
            result::REQUIREMENTS,
            failure::REQUIREMENTS,
            time::REQUIREMENTS,
            cancel::REQUIREMENTS,
            callback::REQUIREMENTS,
            map::REQUIREMENTS,
            completed::REQUIREMENTS,
            wait::REQUIREMENTS,
            shutdown::REQUIREMENTS,
            workers::REQUIREMENTS,
            process::REQUIREMENTS,
            memory::REQUIREMENTS,
            nesting::REQUIREMENTS,
            exit::REQUIREMENTS,
            asynchronous::REQUIREMENTS,
            program::REQUIREMENTS,
            profile::REQUIREMENTS,
        ];
        areas.into_iter().flatten().collect()
    });
    &ALL
}

/// The requirement with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Requirement> {
    if id == CALIBRATION.id {
        return Some(&CALIBRATION);
    }
    requirements().iter().copied().find(|requirement| requirement.id.eq_ignore_ascii_case(id))
}

/// The ids that look most like `id`.
#[must_use]
pub fn nearest(id: &str) -> Vec<&'static str> {
    let wanted = id.to_ascii_uppercase();
    let common = |other: &str| wanted.bytes().filter(|byte| other.as_bytes().contains(byte)).count();
    let area = |other: &str| wanted.split('-').next() == other.split('-').next();
    let mut ids: Vec<_> = requirements().iter().map(|requirement| requirement.id).collect();
    ids.sort_by_key(|id| (std::cmp::Reverse(area(id)), std::cmp::Reverse(common(id)), *id));
    ids.truncate(3);
    ids
}

/// With this the runner measures how fast a subject does the simplest thing.
pub(crate) const CALIBRATION: Requirement = Requirement {
    id: "CALIBRATION",
    area: crate::Area::Submit,
    level: poolproof_harness::Level::Must,
    capability: poolproof_harness::Capability::Submit,
    also: &[],
    text: "One task is accepted, and its result arrives.",
    rationale: "Every deadline of the run derives from how long this takes on this machine.",
    provoked: "Opens an executor, submits one task, waits for its result, shuts down.",
    look_at: "",
    sources: &[],
    cpython_tests: &[],
    check: |trial| {
        let executor = trial.executor()?;
        let probe = trial.probe();
        executor.submit(probe)?.returns_own_label()
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_and_start_with_their_area() {
        let mut seen = HashSet::new();
        for requirement in requirements() {
            assert!(seen.insert(requirement.id), "{} stands twice", requirement.id);
            let (area, number) = requirement.id.split_once('-').expect("an id has an area and a number");
            assert_eq!(area, requirement.area.code());
            assert!(number.len() == 3 && number.parse::<u32>().is_ok(), "{}", requirement.id);
        }
    }

    #[test]
    fn every_requirement_explains_itself() {
        for requirement in requirements() {
            for text in [requirement.text, requirement.rationale, requirement.provoked, requirement.look_at] {
                assert!(text.ends_with('.') && text.len() > 20, "{}: {text:?}", requirement.id);
            }
            assert!(!requirement.sources.is_empty(), "{} has no source", requirement.id);
        }
    }
}
