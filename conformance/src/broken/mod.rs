//! Broken executors: correct ones with one seeded defect each; and sound ones that are unusual.
//!
//! All of them are the pool of one module, `pool`, whose every step can be overridden; a broken executor
//! overrides one. They prove the checks: each must be caught by the requirement that it breaks,
//! and a sound one must not be accused of anything.

mod asynchronous;
mod callback;
mod cancel;
mod combined;
mod completed;
pub(crate) mod crossing;
mod exit;
mod failure;
mod future;
mod initialiser;
pub(crate) mod liar;
mod map;
mod memory;
mod nesting;
mod pool;
mod process;
mod profile;
mod rare;
mod release;
mod result;
mod running;
mod shutdown;
mod sound;
mod submit;
mod time;
mod wait;
mod workers;

use crate::Area;
use pool::{PoolSubject, Steps};
use poolproof_harness::Subject;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// How hard a defect is to provoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difficulty {
    /// It shows always.
    Always,
    /// It shows when gates put tasks where they must be.
    Gates,
    /// It depends on the schedule.
    Schedule,
    /// It shows rarely.
    Rare,
    /// It shows when something fails.
    Fault,
}

impl Difficulty {
    /// The letter used in records.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::Always => "A",
            Self::Gates => "G",
            Self::Schedule => "S",
            Self::Rare => "R",
            Self::Fault => "F",
        }
    }
}

impl fmt::Display for Difficulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.letter())
    }
}

/// A correct executor with one seeded defect.
pub struct Broken {
    /// Its name, by which it is addressed as `broken:NAME`.
    pub name: &'static str,
    /// The part of the contract that it breaks.
    pub area: Area,
    /// How hard the defect is to provoke.
    pub difficulty: Difficulty,
    /// What it does wrong, in one sentence.
    pub defect: &'static str,
    /// Where such a defect was seen.
    pub source: &'static str,
    /// The requirements of which at least one must catch it.
    pub expected: &'static [&'static str],
    steps: fn() -> Arc<dyn Steps>,
}

/// A correct executor that is unusual.
pub struct Sound {
    /// Its name, by which it is addressed as `broken:sound/NAME`.
    pub name: &'static str,
    /// What is unusual about it, in one sentence.
    pub summary: &'static str,
    steps: fn() -> Arc<dyn Steps>,
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broken").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sound").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Broken {
    /// The address under which it is checked.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }
}

impl Sound {
    /// The address under which it is checked.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{PREFIX}{SOUND}{}", self.name)
    }
}

/// What addresses of broken executors start with.
const PREFIX: &str = "broken:";
/// What names of sound ones start with.
const SOUND: &str = "sound/";
/// What names of sound ones start with that declare nothing about their policies.
const SILENT: &str = "silent/";

/// Every broken executor, area by area; the rare ones last.
#[must_use]
pub fn all() -> &'static [Broken] {
    static ALL: LazyLock<Vec<Broken>> = LazyLock::new(|| {
        let areas = [
            submit::broken(),
            future::broken(),
            result::broken(),
            running::broken(),
            failure::broken(),
            time::broken(),
            cancel::broken(),
            callback::broken(),
            map::broken(),
            completed::broken(),
            wait::broken(),
            shutdown::broken(),
            release::broken(),
            workers::broken(),
            initialiser::broken(),
            process::broken(),
            memory::broken(),
            nesting::broken(),
            combined::broken(),
            exit::broken(),
            asynchronous::broken(),
            profile::broken(),
            rare::broken(),
        ];
        areas.into_iter().flatten().collect()
    });
    &ALL
}

/// Every sound but unusual executor.
#[must_use]
pub fn sound() -> &'static [Sound] {
    sound::SOUND
}

/// The subject of that name: `map-in-completion-order`, `sound/lifo`, `silent/lifo` (the same, with
/// nothing declared about its policies); the prefix `broken:` may stand before it.
#[must_use]
pub fn subject(name: &str) -> Option<Box<dyn Subject>> {
    let name = name.strip_prefix(PREFIX).unwrap_or(name);
    if let Some(name) = name.strip_prefix(liar::LIES) {
        return liar::subject(name);
    }
    if let Some(silent) = name.strip_prefix(SILENT) {
        let steps = sound().iter().find(|sound| sound.name == silent)?.steps;
        return Some(Box::new(PoolSubject::new(format!("{PREFIX}{name}"), steps).silent()));
    }
    let steps = match name.strip_prefix(SOUND) {
        Some(name) => sound().iter().find(|sound| sound.name == name)?.steps,
        None => all().iter().find(|broken| broken.name == name)?.steps,
    };
    Some(Box::new(PoolSubject::new(format!("{PREFIX}{name}"), steps)))
}

/// Locks whatever happened under the lock before: a defect must not turn into another one.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_lead_to_their_subject() {
        let mut seen = HashSet::new();
        for address in all().iter().map(Broken::address).chain(sound().iter().map(Sound::address)) {
            assert!(seen.insert(address.clone()), "{address} stands twice");
            let subject = subject(&address).expect("every name leads to its subject");
            assert_eq!(subject.address(), address);
        }
        assert!(subject("no-such-defect").is_none());
    }

    #[test]
    fn every_defect_is_one_sentence_and_expects_its_own_area() {
        for broken in all() {
            assert!(broken.defect.ends_with('.'), "{}: {:?}", broken.name, broken.defect);
            assert!(!broken.expected.is_empty(), "{} expects nothing", broken.name);
        }
    }
}
