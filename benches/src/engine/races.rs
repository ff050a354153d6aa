//! Runs plans.

use super::race::{Race, Start};
use super::taint::{Machine, Watch};
use super::{Measured, Plan};

/// Runs `plan` on contenders that `start` makes, one for each subject and launch.
pub fn race(plan: &Plan, start: &mut Start<'_>) -> Measured {
    race_watched(plan, start, &mut Machine::new())
}

/// The same with something else to tell which rounds are disturbed.
pub(super) fn race_watched(plan: &Plan, start: &mut Start<'_>, watch: &mut dyn Watch) -> Measured {
    let mut race = Race::new(plan, watch);
    while race.goes_on() {
        race.next_launch(start);
    }
    race.measured
}

/// Runs several plans together: a launch of each in turn, until all of them had theirs.
///
/// A machine is faster for some seconds and slower for others, whatever runs on it. Launches that follow each other at
/// once all meet the same, and their intervals know nothing of what the next run will meet; those of plans that
/// take turns are spread over the time that all of them take.
pub fn races(plans: &[Plan], start: &mut Start<'_>) -> Vec<Measured> {
    let mut machines: Vec<Machine> = plans.iter().map(|_| Machine::new()).collect();
    let mut races: Vec<Race<'_>> =
        plans.iter().zip(&mut machines).map(|(plan, machine)| Race::new(plan, machine)).collect();
    while races.iter().any(Race::goes_on) {
        races.iter_mut().filter(|race| race.goes_on()).for_each(|race| race.next_launch(start));
    }
    races.into_iter().map(|race| race.measured).collect()
}
