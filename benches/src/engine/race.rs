//! A plan that is being run.

use super::look::look_at_memory;
use super::meeting::Meeting;
use super::order::Orders;
use super::sizing::Pace;
use super::taint::{self, Watch};
use super::usage::Usage;
use super::{Arm, EchoServer, Measured, Outing, Plan, Procedure};
use poolproof_harness::{Contender, Round, RoundError, RoundSpec, SetupError, Workload};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// At most one of so many rounds of an arm is run again: a machine that is always busy must not
/// take twice the time for figures that are no better.
const REPEATED: u32 = 2;

/// Makes the contender at an address.
pub type Start<'a> = dyn FnMut(&str) -> Result<Box<dyn Contender>, SetupError> + 'a;

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

pub(super) struct Race<'a> {
    pub(super) plan: &'a Plan,
    watch: &'a mut dyn Watch,
    echo: Option<EchoServer>,
    meeting: Option<Meeting>,
    /// Tasks per round, by subject, workload and pace.
    pub(super) sizes: HashMap<(usize, Workload, Pace), u64>,
    lost: Vec<bool>,
    /// Arms that their subjects do not offer.
    withdrawn: Vec<bool>,
    /// The launch that comes next.
    next: usize,
    /// What those before took.
    spent: Duration,
    pub(super) measured: Measured,
}

impl<'a> Race<'a> {
    /// A race that has not begun. `watch` tells which rounds are disturbed.
    pub(super) fn new(plan: &'a Plan, watch: &'a mut dyn Watch) -> Self {
        let launches = vec![Vec::new(); plan.launches as usize];
        let outing = Outing { launches, ..Outing::default() };
        Self {
            plan,
            watch,
            echo: echo_server(plan),
            meeting: meeting(plan),
            sizes: HashMap::new(),
            lost: vec![false; plan.subjects.len()],
            withdrawn: vec![false; plan.arms.len()],
            next: 0,
            spent: Duration::ZERO,
            measured: Measured { outings: vec![outing; plan.arms.len()], failures: Vec::new() },
        }
    }

    /// Whether there is one more launch, and time for it.
    pub(super) fn goes_on(&self) -> bool {
        let done = u32::try_from(self.next).unwrap_or(u32::MAX);
        let at_end = self.spent / done.max(1) * (done + 1);
        let in_time = done < Plan::LEAST_LAUNCHES || self.plan.budget.is_none_or(|budget| at_end <= budget);
        done < self.plan.launches && in_time
    }

    /// The share of its launches that it has had.
    pub(super) fn share(&self) -> f64 {
        self.next as f64 / f64::from(self.plan.launches.max(1))
    }

    /// One launch of all subjects.
    pub(super) fn next_launch(&mut self, start: &mut Start<'_>) {
        let began = Instant::now();
        self.launch(self.next, start);
        self.next += 1;
        self.spent += began.elapsed();
    }
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
        let mut repetitions = vec![plan.rounds / REPEATED; arms.len()];
        for _ in 0..plan.rounds {
            for &position in orders.next_round() {
                let arm = arms[position];
                if let Some(figure) = self.undisturbed(launch, arm, &mut repetitions[position], contenders) {
                    self.measured.outings[arm].launches[launch].push(figure);
                }
            }
        }
    }

    /// Runs one round of an arm, and again while the machine disturbs it and `repetitions` are left.
    fn undisturbed(
        &mut self,
        launch: usize,
        arm: usize,
        repetitions: &mut u32,
        contenders: &mut [Option<Box<dyn Contender>>],
    ) -> Option<Round> {
        // A subject in this process cannot be told from somebody else.
        let watched = contenders[self.plan.arms[arm].subject].as_ref()?.process().is_some();
        loop {
            if watched {
                self.watch.before();
            }
            let (round, cpu_ns) = self.run_with_cpu(arm, contenders)?;
            let taint = if watched { self.watch.after() } else { None };
            let outing = &mut self.measured.outings[arm];
            if let Some(taint) = taint {
                taint::count(&mut outing.taint, taint);
                if *repetitions > 0 {
                    *repetitions -= 1;
                    outing.taint.rerun += 1;
                    continue;
                }
                outing.taint.kept += 1;
            }
            if let Some(used) = cpu_ns.map(|used| used as f64) {
                let tasks = outing.tasks.max(1);
                outing.note(Procedure::CPU_SHARE, launch, used / round.elapsed_ns.max(1) as f64);
                outing.note(Procedure::CPU_PER_TASK, launch, used / tasks as f64);
            }
            return Some(round);
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

    /// Runs one round of an arm; a failure takes its subject out. With the processor time that its processes
    /// used, in nanoseconds, if the plan wants it.
    fn run_with_cpu(
        &mut self,
        arm: usize,
        contenders: &mut [Option<Box<dyn Contender>>],
    ) -> Option<(Round, Option<u64>)> {
        let subject = self.plan.arms[arm].subject;
        let process = match self.plan.procedure {
            Procedure::RoundsWithCpu => contenders[subject].as_ref()?.process(),
            _ => None,
        };
        let before = process.and_then(|process| Usage::cpu_of(process).ok());
        let round = self.run(arm, self.measured.outings[arm].tasks, contenders)?;
        let after = process.and_then(|process| Usage::cpu_of(process).ok());
        Some((round, before.zip(after).map(|(before, after)| after.saturating_sub(before))))
    }

    /// Runs one round of an arm; a failure takes its subject out.
    pub(super) fn run(
        &mut self,
        place: usize,
        tasks: u64,
        contenders: &mut [Option<Box<dyn Contender>>],
    ) -> Option<Round> {
        if self.withdrawn[place] {
            return None;
        }
        let arm = self.plan.arms[place];
        let port = self.echo.as_ref().map_or(0, EchoServer::port);
        let spec = RoundSpec { tasks, port, ..arm.spec };
        match contenders[arm.subject].as_mut()?.round(&spec) {
            Ok(round) => Some(round),
            Err(RoundError::Unsupported(reason)) => {
                self.withdrawn[place] = true;
                let hole = (arm.subject, arm.words(), reason);
                // One hole for one reason, however many arms it takes out.
                if !self.measured.failures.iter().any(|known| known.0 == hole.0 && known.2 == hole.2) {
                    self.measured.failures.push(hole);
                }
                None
            }
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
}

#[cfg(test)]
mod tests {
    use super::super::races::{race_watched, races};
    use super::super::taint::Taint;
    use super::*;
    use poolproof_harness::Dispatch;
    use poolproof_harness::record::TaintRecord;

    /// Each round takes one nanosecond more than the one before.
    struct Counting(u64);

    impl Contender for Counting {
        fn address(&self) -> &str {
            "counting"
        }
        fn open(&mut self, _: usize) -> Result<(), SetupError> {
            Ok(())
        }
        fn round(&mut self, _: &RoundSpec) -> Result<Round, RoundError> {
            self.0 += 1;
            Ok(Round { elapsed_ns: self.0, trips_ns: Vec::new(), stamps: Vec::new() })
        }
        fn process(&self) -> Option<u32> {
            Some(std::process::id())
        }
        fn close(&mut self) {}
    }

    /// Calls those rounds disturbed whose numbers are listed, from 1.
    struct Listed(u32, &'static [u32]);

    impl Watch for Listed {
        fn before(&mut self) {
            self.0 += 1;
        }
        fn after(&mut self) -> Option<Taint> {
            self.1.contains(&self.0).then_some(Taint::Steal)
        }
    }

    fn plan(subject: &str, launches: u32) -> Plan {
        let spec = RoundSpec { workload: Workload::Empty, tasks: 1, dispatch: Dispatch::AfterGap(0), port: 0 };
        Plan {
            subjects: vec![subject.into()],
            arms: vec![Arm { subject: 0, workers: 1, spec }],
            procedure: Procedure::Rounds,
            launches,
            budget: None,
            rounds: 4,
            count_round_trips: false,
            round: Duration::from_millis(1),
            samples: Vec::new(),
            latency: Duration::ZERO,
            same_tasks: false,
            seed: 1,
        }
    }

    fn raced(disturbed: &'static [u32]) -> (Vec<u64>, TaintRecord) {
        let measured =
            race_watched(&plan("counting", 1), &mut |_| Ok(Box::new(Counting(0))), &mut Listed(0, disturbed));
        let outing = &measured.outings[0];
        (outing.launches[0].iter().map(|round| round.elapsed_ns).collect(), outing.taint)
    }

    #[test]
    fn launches_of_several_plans_take_turns() {
        let mut started = Vec::new();
        let mut start = |address: &str| {
            started.push(address.to_owned());
            Ok(Box::new(Counting(0)) as Box<dyn Contender>)
        };
        let mut between = 0;
        let measured = races(&[plan("a", 2), plan("b", 4)], &mut start, &mut || between += 1);
        assert_eq!(started.concat(), "abbabb", "those of both are spread over the whole time");
        assert_eq!(between, 2, "once before each launch of the first");
        let launches = |place: usize| measured[place].outings[0].launches.len();
        assert_eq!((launches(0), launches(1)), (2, 4), "and each has its own");
        assert!(measured.iter().all(|one| one.outings[0].launches.iter().all(|rounds| rounds.len() == 4)));
    }

    #[test]
    fn disturbed_rounds_are_run_again_until_half_of_them_were() {
        // The first round, of 1 ns, warms up.
        assert_eq!(raced(&[]), (vec![2, 3, 4, 5], TaintRecord::default()));
        let again = TaintRecord { rerun: 1, steal: 1, ..TaintRecord::default() };
        assert_eq!(raced(&[2]), (vec![2, 4, 5, 6], again), "the second is set aside, whatever its figure");
        let kept = TaintRecord { rerun: 2, kept: 2, steal: 4, ..TaintRecord::default() };
        assert_eq!(raced(&[1, 2, 3, 4]), (vec![4, 5, 6, 7], kept), "what is disturbed all the time counts, marked");
    }
}
