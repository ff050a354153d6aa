//! The programs that the launches start: this one, or several builds of it.
//!
//! What a compiler makes of the same few lines depends on what else there is. It divides a crate into units, and what is
//! called from one place of its unit becomes part of that place; so a change anywhere in the crate decides whether a crate's
//! `poll` is a call of its own or part of the loop that calls it, which is worth as much as what is measured here. A single
//! program says what *it* costs, and all its launches together know nothing of the next one. `benches/over-builds` makes
//! several that differ in the number of units alone; the launches take turns with them, and each is one sample.

use poolproof_benches::engine::{launch, launch_program};
use poolproof_harness::{Contender, SetupError};
use std::path::{Path, PathBuf};

/// The programs that launches take turns with; none means this one.
#[derive(Default)]
pub(crate) struct Builds(Vec<PathBuf>);

impl Builds {
    /// All files of a directory, which are builds of this program.
    pub(crate) fn of(directory: &Path) -> std::io::Result<Self> {
        let mut programs = std::fs::read_dir(directory)?
            .map(|entry| entry?.path().canonicalize())
            .collect::<std::io::Result<Vec<PathBuf>>>()?;
        programs.sort();
        Ok(Self(programs))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len().max(1)
    }

    /// Starts the contender at `address` for this launch.
    pub(crate) fn launch(&self, launch_number: usize, address: &str) -> Result<Box<dyn Contender>, SetupError> {
        match self.0.get(launch_number % self.count()) {
            Some(program) => launch_program(program, address),
            None => launch(address),
        }
    }

    /// What is independent of each other in what was measured launch by launch: builds, where there are several.
    pub(crate) fn units<P>(&self, launches: Vec<Vec<P>>) -> Vec<Vec<P>> {
        if self.count() == 1 {
            return launches;
        }
        let mut units: Vec<Vec<P>> = (0..self.count()).map(|_| Vec::new()).collect();
        for (number, launch) in launches.into_iter().enumerate() {
            units[number % self.count()].extend(launch);
        }
        units
    }
}
