//! How many tasks a round has: as many as fill its time, or as its figures need.

use super::race::Race;
use super::{Arm, Plan};
use poolproof_harness::{Contender, Dispatch, Shape};
use std::time::Duration;

/// Rounds that take about the same time for the same tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pace {
    /// All at once.
    Together,
    /// One after the other.
    OneByOne,
    /// As a shape has it.
    Shaped(Shape),
}

impl Pace {
    fn of(dispatch: Dispatch) -> Self {
        match dispatch {
            Dispatch::OneByOne | Dispatch::Stamped(_) => Self::OneByOne,
            Dispatch::Shaped(shape) => Self::Shaped(shape),
            _ => Self::Together,
        }
    }
}

impl Race<'_> {
    /// Decides how many tasks the rounds of these arms have.
    pub(super) fn size_all(&mut self, arms: &[usize], contenders: &mut [Option<Box<dyn Contender>>]) {
        for &arm in arms {
            self.size(arm, contenders);
        }
        for &arm in arms.iter().filter(|_| self.plan.same_tasks) {
            let tasks = |other: &usize| self.measured.outings[*other].tasks;
            let alike = |other: &&usize| self.plan.arms[**other].spec == self.plan.arms[arm].spec && tasks(other) > 0;
            let least = arms.iter().filter(alike).map(tasks).min();
            self.measured.outings[arm].tasks = least.unwrap_or(0);
        }
    }

    /// Decides how many tasks the rounds of an arm have, once for all launches.
    fn size(&mut self, arm: usize, contenders: &mut [Option<Box<dyn Contender>>]) {
        let Arm { subject, spec, .. } = self.plan.arms[arm];
        let scheduled = match spec.dispatch {
            Dispatch::AfterGap(_) | Dispatch::Stamped(1..) | Dispatch::Bursts(_) => true,
            Dispatch::Shaped(shape) => shape.has_schedule(),
            _ => false,
        };
        if scheduled {
            // Its time is that of the gaps or of the schedule, whatever the subject does.
            self.measured.outings[arm].tasks = spec.tasks;
            return;
        }
        let key = (subject, spec.workload, Pace::of(spec.dispatch));
        let size = match self.sizes.get(&key) {
            Some(&size) => Some(size),
            None => self.pilot(arm, contenders),
        };
        if let Some(size) = size {
            self.sizes.insert(key, size);
            self.measured.outings[arm].tasks = size;
        }
    }

    /// Times short rounds until one lasts long enough to tell how many tasks fill a round.
    fn pilot(&mut self, arm: usize, contenders: &mut [Option<Box<dyn Contender>>]) -> Option<u64> {
        let most = self.plan.arms[arm].spec.tasks.max(1);
        let widest = self.plan.arms.iter().map(|arm| arm.workers).max().unwrap_or(1) as u64;
        let least = widest.min(most);
        // Starts workers that start with their first task.
        self.run(arm, least, contenders)?;
        let mut tasks = (2 * least).min(most);
        loop {
            let took = Duration::from_nanos(self.run(arm, tasks, contenders)?.elapsed_ns.max(1));
            if took >= self.plan.round / 16 || tasks == most {
                let each = took.as_nanos() as f64 / tasks as f64;
                let within = |time: Duration| (time.as_nanos() as f64 / each) as u64;
                let fill = within(self.plan.round);
                // The common number of tasks, unless it takes far longer than a round should.
                return Some(if most <= fill.saturating_mul(2) {
                    most
                } else {
                    fill.max(sampled(&self.plan.samples, within(Plan::LONGEST))).max(least).min(most)
                });
            }
            tasks = tasks.saturating_mul(4).min(most);
        }
    }
}

/// The most of these samples, ascending, that `fit`; the first of them in any case.
fn sampled(samples: &[u64], fit: u64) -> u64 {
    samples.iter().copied().take_while(|&count| count <= fit).last().or(samples.first().copied()).unwrap_or(0)
}
