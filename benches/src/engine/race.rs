//! Runs a plan.

use super::order::Orders;
use super::{Arm, EchoServer, Plan};
use poolproof_harness::{Contender, Dispatch, Round, RoundError, RoundSpec, SetupError, Workload};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What one arm gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outing {
    /// How many tasks each of its rounds had.
    pub tasks: u64,
    /// The rounds of each launch; a launch that failed before may have none.
    pub launches: Vec<Vec<Round>>,
    /// Messages to workers in one round of each launch, where they are counted.
    pub round_trips: Vec<u64>,
}

impl Outing {
    /// Nanoseconds per task, by launch and round.
    #[must_use]
    pub fn ns_per_task(&self) -> Vec<Vec<f64>> {
        let per_task = |round: &Round| round.elapsed_ns as f64 / self.tasks.max(1) as f64;
        self.launches.iter().map(|rounds| rounds.iter().map(per_task).collect()).collect()
    }

    /// How many launches gave rounds, and how many rounds there are.
    #[must_use]
    pub fn counts(&self) -> (u32, u32) {
        let launches = self.launches.iter().filter(|rounds| !rounds.is_empty()).count();
        let rounds: usize = self.launches.iter().map(Vec::len).sum();
        (u32::try_from(launches).unwrap_or(u32::MAX), u32::try_from(rounds).unwrap_or(u32::MAX))
    }
}

/// What a plan gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// One for each arm of the plan, in its order.
    pub outings: Vec<Outing>,
    /// Subject, point in words and reason of what failed.
    pub failures: Vec<(usize, String, String)>,
}

/// Makes the contender at an address.
pub type Start<'a> = dyn FnMut(&str) -> Result<Box<dyn Contender>, SetupError> + 'a;

/// Runs `plan` on contenders that `start` makes, one for each subject and launch.
pub fn race(plan: &Plan, start: &mut Start<'_>) -> Measured {
    let mut race = Race {
        plan,
        echo: echo_server(plan),
        sizes: HashMap::new(),
        lost: vec![false; plan.subjects.len()],
        measured: Measured {
            outings: vec![
                Outing { launches: vec![Vec::new(); plan.launches as usize], ..Outing::default() };
                plan.arms.len()
            ],
            failures: Vec::new(),
        },
    };
    let began = Instant::now();
    for launch in 0..plan.launches as usize {
        let done = u32::try_from(launch).unwrap_or(u32::MAX);
        let at_end = began.elapsed() / done.max(1) * (done + 1);
        if launch >= 2 && plan.budget.is_some_and(|budget| at_end > budget) {
            break;
        }
        race.launch(launch, start);
    }
    race.measured
}

/// A plan without sockets needs no server; without the server it needs, its tasks say so.
fn echo_server(plan: &Plan) -> Option<EchoServer> {
    let sockets = plan.arms.iter().any(|arm| matches!(arm.spec.workload, Workload::Socket(_)));
    if sockets { EchoServer::start(plan.latency).ok() } else { None }
}

struct Race<'a> {
    plan: &'a Plan,
    echo: Option<EchoServer>,
    /// Tasks per round, by subject, workload and whether they run one by one.
    sizes: HashMap<(usize, Workload, bool), u64>,
    lost: Vec<bool>,
    measured: Measured,
}

impl Race<'_> {
    fn lose(&mut self, subject: usize, point: String, reason: String) {
        self.lost[subject] = true;
        self.measured.failures.push((subject, point, reason));
    }

    fn launch(&mut self, launch: usize, start: &mut Start<'_>) {
        let mut contenders: Vec<Option<Box<dyn Contender>>> = Vec::new();
        for (subject, address) in self.plan.subjects.iter().enumerate() {
            let started = if self.lost[subject] { None } else { Some(start(address)) };
            contenders.push(match started {
                Some(Ok(contender)) => Some(contender),
                Some(Err(error)) => {
                    self.lose(subject, "start".into(), error.to_string());
                    None
                }
                None => None,
            });
        }
        let mut rng = fastrand::Rng::with_seed(self.plan.seed.wrapping_add(launch as u64));
        let mut blocks: Vec<usize> = self.plan.arms.iter().map(|arm| arm.workers).collect();
        blocks.sort_unstable();
        blocks.dedup();
        rng.shuffle(&mut blocks);
        for workers in blocks {
            self.block(launch, workers, rng.u64(..), &mut contenders);
        }
    }

    /// All arms with this number of workers, round by round.
    fn block(&mut self, launch: usize, workers: usize, seed: u64, contenders: &mut [Option<Box<dyn Contender>>]) {
        let plan = self.plan;
        for (subject, contender) in contenders.iter_mut().enumerate() {
            let here = plan.arms.iter().any(|arm| arm.subject == subject && arm.workers == workers);
            let Some(open) = contender else { continue };
            if !here {
                // An executor that takes no part must not disturb those that do.
                open.close();
            } else if let Err(error) = open.open(workers) {
                *contender = None;
                self.lose(subject, format!("opening with {workers} workers"), error.to_string());
            }
        }
        let arms: Vec<usize> = (0..plan.arms.len()).filter(|&arm| plan.arms[arm].workers == workers).collect();
        self.size_all(&arms, contenders);
        // The first round warms up.
        for &arm in &arms {
            self.run(arm, self.measured.outings[arm].tasks, contenders);
        }
        for &arm in arms.iter().filter(|_| plan.count_round_trips) {
            self.count_round_trips(arm, contenders);
        }
        let mut orders = Orders::new(arms.len(), seed);
        for _ in 0..plan.rounds {
            for &position in orders.next_round() {
                let arm = arms[position];
                if let Some(figure) = self.run(arm, self.measured.outings[arm].tasks, contenders) {
                    self.measured.outings[arm].launches[launch].push(figure);
                }
            }
        }
    }

    /// Runs one round of an arm; a failure takes its subject out.
    fn run(&mut self, arm: usize, tasks: u64, contenders: &mut [Option<Box<dyn Contender>>]) -> Option<Round> {
        let arm = self.plan.arms[arm];
        let port = self.echo.as_ref().map_or(0, EchoServer::port);
        let spec = RoundSpec { tasks, port, ..arm.spec };
        match contenders[arm.subject].as_mut()?.round(&spec) {
            Ok(round) => Some(round),
            Err(error @ (RoundError::Wrong(_) | RoundError::Died(_))) => {
                contenders[arm.subject] = None;
                self.lose(arm.subject, arm.words(), error.to_string());
                None
            }
        }
    }

    fn count_round_trips(&mut self, arm: usize, contenders: &mut [Option<Box<dyn Contender>>]) {
        let subject = self.plan.arms[arm].subject;
        let count = |contenders: &mut [Option<Box<dyn Contender>>]| contenders[subject].as_mut()?.round_trips();
        let Some(before) = count(contenders) else { return };
        if self.run(arm, self.measured.outings[arm].tasks, contenders).is_some()
            && let Some(after) = count(contenders)
        {
            self.measured.outings[arm].round_trips.push(after.saturating_sub(before));
        }
    }

    /// Decides how many tasks the rounds of these arms have.
    fn size_all(&mut self, arms: &[usize], contenders: &mut [Option<Box<dyn Contender>>]) {
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
        let key = (subject, spec.workload, spec.dispatch == Dispatch::OneByOne);
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
                let fill = (self.plan.round.as_nanos() as f64 / each) as u64;
                // The common number of tasks, unless it takes far longer than a round should.
                return Some(if most <= fill.saturating_mul(2) { most } else { fill.clamp(least, most) });
            }
            tasks = tasks.saturating_mul(4).min(most);
        }
    }
}
