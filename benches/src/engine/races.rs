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

/// Runs several plans together: each launch is of the plan that has had the smallest share of its launches, until all
/// of them had theirs. Before each launch of the first of the plans, `between` is called.
///
/// A machine is faster for some seconds and slower for others, whatever runs on it. Launches that follow each other at
/// once all meet the same, and their intervals know nothing of what the next run will meet; those of plans that
/// take turns are spread over the time that all of them take.
pub(crate) fn races(plans: &[Plan], start: &mut Start<'_>, between: &mut dyn FnMut()) -> Vec<Measured> {
    let mut machines: Vec<Machine> = plans.iter().map(|_| Machine::new()).collect();
    let mut races: Vec<Race<'_>> =
        plans.iter().zip(&mut machines).map(|(plan, machine)| Race::new(plan, machine)).collect();
    while let Some(next) = next_of(&races) {
        if next == 0 {
            between();
        }
        races[next].next_launch(start);
    }
    races.into_iter().map(|race| race.measured).collect()
}

/// The race with the smallest share of its launches behind it; the first of several.
fn next_of(races: &[Race<'_>]) -> Option<usize> {
    let going = races.iter().enumerate().filter(|(_, race)| race.goes_on());
    going.min_by(|(_, one), (_, other)| one.share().total_cmp(&other.share())).map(|(place, _)| place)
}
