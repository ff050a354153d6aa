//! Runs a plan.

use super::meeting::Meeting;
use super::order::Orders;
use super::usage::Usage;
use super::{Arm, EchoServer, Plan, Procedure};
use crate::stats::Series;
use poolproof_harness::{Contender, Dispatch, Round, RoundError, RoundSpec, SetupError, Workload};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::time::{Duration, Instant};

/// What one arm gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outing {
    /// How many tasks each of its rounds had.
    pub tasks: u64,
    /// The rounds of each launch; a launch that failed before may have none.
    pub launches: Vec<Vec<Round>>,
    /// Messages to workers in one round of each launch, where they are counted.
    pub round_trips: Vec<u64>,
    /// Figures beside the times of rounds, by the name that [`Procedure`] gives them and by launch.
    pub noted: BTreeMap<&'static str, Series>,
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
        counts(&self.launches)
    }

    /// Notes a figure of a launch.
    fn note(&mut self, name: &'static str, launch: usize, figure: f64) {
        let launches = self.noted.entry(name).or_default();
        launches.resize(launches.len().max(launch + 1), Vec::new());
        launches[launch].push(figure);
    }
}

/// How many launches gave samples, and how many samples there are.
pub(crate) fn counts<T>(launches: &[Vec<T>]) -> (u32, u32) {
    let filled = launches.iter().filter(|samples| !samples.is_empty()).count();
    let samples: usize = launches.iter().map(Vec::len).sum();
    (u32::try_from(filled).unwrap_or(u32::MAX), u32::try_from(samples).unwrap_or(u32::MAX))
}

/// What a plan gave.
#[derive(Clone, Debug, PartialEq)]
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
        meeting: meeting(plan),
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

/// The server that lives and looks at memory need; without it, their tasks say so.
fn meeting(plan: &Plan) -> Option<Meeting> {
    match plan.procedure {
        Procedure::Rounds | Procedure::RoundsWithCpu => None,
        Procedure::Lives | Procedure::Memory => Meeting::start().ok(),
    }
}

struct Race<'a> {
    plan: &'a Plan,
    echo: Option<EchoServer>,
    meeting: Option<Meeting>,
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
        match self.plan.procedure {
            Procedure::Rounds | Procedure::RoundsWithCpu => {}
            Procedure::Lives => return self.lives(launch, &mut rng, &mut contenders),
            Procedure::Memory => return self.memory(launch, &mut rng, &mut contenders),
        }
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
                if let Some(figure) = self.run_and_note(launch, arm, contenders) {
                    self.measured.outings[arm].launches[launch].push(figure);
                }
            }
        }
    }

    /// One executor after the other is born and dies, each arm as often as the plan has rounds.
    fn lives(&mut self, launch: usize, rng: &mut fastrand::Rng, contenders: &mut [Option<Box<dyn Contender>>]) {
        let plan = self.plan;
        let mut orders = Orders::new(plan.arms.len(), rng.u64(..));
        // The first life of each warms up.
        for round in 0..=plan.rounds {
            for &arm in orders.next_round() {
                let Arm { subject, workers, .. } = plan.arms[arm];
                let (Some(meeting), Some(contender)) = (&self.meeting, &mut contenders[subject]) else { continue };
                meeting.of(workers);
                match contender.life(workers, meeting.port()) {
                    Ok(_) if round == 0 => {}
                    Ok(life) => {
                        let outing = &mut self.measured.outings[arm];
                        outing.note(Procedure::START_FIRST, launch, life.first_ns as f64);
                        outing.note(Procedure::START_ALL, launch, life.all_ns as f64);
                        outing.note(Procedure::STOP, launch, life.stop_ns as f64);
                    }
                    Err(error) => {
                        contenders[subject] = None;
                        self.lose(subject, plan.arms[arm].words(), error.to_string());
                    }
                }
            }
        }
    }

    /// Looks at the memory of each arm once; what a process has given back to its allocator would
    /// hide what the next look should see.
    fn memory(&mut self, launch: usize, rng: &mut fastrand::Rng, contenders: &mut [Option<Box<dyn Contender>>]) {
        let plan = self.plan;
        let mut order: Vec<usize> = (0..plan.arms.len()).collect();
        rng.shuffle(&mut order);
        for arm in order {
            let Arm { subject, workers, .. } = plan.arms[arm];
            let (Some(meeting), Some(contender)) = (&self.meeting, &mut contenders[subject]) else { continue };
            match look_at_memory(&mut **contender, meeting, &plan.arms[arm]) {
                Ok([before, working, pending]) => {
                    let outing = &mut self.measured.outings[arm];
                    let tasks = plan.arms[arm].spec.tasks;
                    outing.tasks = tasks;
                    outing.note(Procedure::PER_WORKER, launch, (working - before) / workers as f64);
                    outing.note(Procedure::PER_TASK, launch, (pending - working) / tasks as f64);
                }
                Err(reason) => {
                    contenders[subject] = None;
                    self.lose(subject, plan.arms[arm].words(), reason);
                }
            }
        }
    }

    /// Runs one round of an arm; a failure takes its subject out. Processor time is noted if the
    /// plan wants it.
    fn run_and_note(
        &mut self,
        launch: usize,
        arm: usize,
        contenders: &mut [Option<Box<dyn Contender>>],
    ) -> Option<Round> {
        let subject = self.plan.arms[arm].subject;
        let process = match self.plan.procedure {
            Procedure::RoundsWithCpu => contenders[subject].as_ref()?.process(),
            _ => None,
        };
        let before = process.and_then(|process| Usage::cpu_of(process).ok());
        let round = self.run(arm, self.measured.outings[arm].tasks, contenders)?;
        let after = process.and_then(|process| Usage::cpu_of(process).ok());
        if let (Some(before), Some(after)) = (before, after) {
            let share = after.saturating_sub(before) as f64 / round.elapsed_ns.max(1) as f64;
            self.measured.outings[arm].note(Procedure::CPU_SHARE, launch, share);
        }
        Some(round)
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
        if let Dispatch::AfterGap(_) = spec.dispatch {
            // Its time is the gap's, whatever the subject does.
            self.measured.outings[arm].tasks = spec.tasks;
            return;
        }
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

/// Memory in bytes before the executor is opened, when all workers have worked, and when the
/// arm's tasks are pending.
fn look_at_memory(contender: &mut dyn Contender, meeting: &Meeting, arm: &Arm) -> Result<[f64; 3], String> {
    let process = contender.process().ok_or("the memory of this process says nothing about one subject")?;
    let memory = |usage: io::Result<Usage>| {
        usage.map(|usage| usage.memory_bytes as f64).map_err(|error| format!("its memory cannot be looked at: {error}"))
    };
    let port = meeting.port();
    let meet = RoundSpec { workload: Workload::Socket(1), tasks: arm.workers as u64, dispatch: Dispatch::Submit, port };
    let held = RoundSpec { dispatch: Dispatch::Held(arm.workers as u64), port, ..arm.spec };
    let words = |error: RoundError| error.to_string();
    // What is set up once for all executors is there before the first look.
    meeting.of(1);
    contender.life(1, port).map_err(words)?;
    let before = memory(Usage::of(process))?;
    contender.open(arm.workers).map_err(|error| error.to_string())?;
    meeting.of(arm.workers);
    contender.round(&meet).map_err(words)?;
    let working = memory(Usage::of(process))?;
    meeting.holding(process);
    contender.round(&held).map_err(words)?;
    let pending = meeting.seen().ok_or("the round ended before its tasks were pending")?;
    contender.close();
    Ok([before, working, memory(pending)?])
}
