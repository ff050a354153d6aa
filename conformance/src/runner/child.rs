//! The child process of a check: runs one check on one subject and reports.

use super::audit::Holdings;
use super::listen::SPEECHLESS;
use super::observing::{EXPERIMENT, experiment};
use super::protocol::{Assignment, Phase, Report, Secret};
use super::warden::{self, REPORTS};
use crate::requirement::Requirement;
use crate::trial::{Aside, CheckResult, Stop, Trial, Vigil, switch_assertions, verdict_of, violated};
use poolproof_harness::{
    Actor, Canary, Capability, Config, Event, Fault, Gatehouse, Moment, Patience, Probe, Profile, Shutdown, Subject,
    Support, Value, Verdict, contain,
};
use std::io::Write;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// If this process is the child of a check, runs the check and exits; otherwise returns.
///
/// Call it at the top of `main`, before anything else happens. `resolve` finds the subject of an
/// address.
pub fn serve_if_child(resolve: impl Fn(&str) -> Result<Box<dyn Subject>, String>) {
    if let Some(assignment) = take_assignment() {
        let subject = resolve(&assignment.subject);
        run(&assignment, subject);
    }
}

/// The assignment of this process, if it is the child of a check. A warden does not return from
/// here.
pub(crate) fn take_assignment() -> Option<Assignment> {
    crate::broken::crossing::serve_if_worker();
    warden::attend()
}

/// Runs the check and exits.
pub(crate) fn run(assignment: &Assignment, subject: Result<Box<dyn Subject>, String>) -> ! {
    let reporter = Reporter::take(assignment.secret.clone());
    poolproof_harness::leave_stacks_on_request();
    reporter.send(&Report::Phase(Phase::Setup));
    if assignment.disturbed {
        poolproof_harness::schedule::disturb(assignment.seed);
    }
    let outcome = subject.and_then(|subject| {
        let declared = subject.describe().map_err(|error| error.to_string())?.profile;
        reporter.send(&Report::Declared(declared.clone()));
        let profile = assignment.profile.clone().unwrap_or(declared);
        Ok((subject, profile))
    });
    let mut audited = false;
    let policy = assignment.requirement.strip_prefix(EXPERIMENT).and_then(crate::observe::find_policy);
    match (outcome, crate::contract::find(&assignment.requirement)) {
        (Ok((subject, profile)), None) if policy.is_some() => {
            policy.into_iter().for_each(|policy| experiment(assignment, policy, &*subject, profile.clone(), &reporter));
        }
        (Ok((subject, profile)), Some(requirement)) => {
            audited = decide(assignment, requirement, &*subject, profile, &reporter);
        }
        (Ok(_), None) => {
            reporter.send(&Report::SetupFailed(format!("there is no requirement {}", assignment.requirement)));
        }
        (Err(reason), _) => reporter.send(&Report::SetupFailed(reason)),
    }
    reporter.send(&Report::End(audited));
    // Destructors of the subject are not part of the check, and may hang.
    std::process::exit(0);
}

/// Decides, and says whether everything of the check should be gone by now.
fn decide(
    assignment: &Assignment,
    requirement: &Requirement,
    subject: &dyn Subject,
    profile: Profile,
    reporter: &Reporter,
) -> bool {
    if let Some((verdict, message)) = not_applicable(&profile, requirement) {
        reporter.send(&Report::Verdict(verdict, Some(message)));
        return false;
    }
    let native = subject.describe().is_ok_and(|description| description.language == "Rust");
    let supplied = profile.support(requirement.capability) == Support::Supplied;
    let patience = Patience::ticks(assignment.ticks);
    reporter.send(&Report::Phase(Phase::WarmUp));
    let before =
        if native && assignment.audit { warmed_up(subject, assignment.workers, patience, reporter) } else { None };
    let mut trial = Trial::new(subject, profile, assignment.workers, patience, assignment.seed);
    let events = reporter.clone();
    trial.history().stream_to(move |event| events.send(&Report::Event(event.clone())));

    let assertions = reporter.clone();
    switch_assertions(assignment.assertions.clone(), move |judged| {
        assertions.send(&Report::Assertion(judged.clone()));
    });
    reporter.send(&Report::Phase(Phase::Check));
    let result = verdict_of(guarded(|| (requirement.check)(&mut trial)));
    let kept = result.is_ok();
    let (verdict, message) = match result {
        Ok(()) if supplied => (Verdict::Supplied, None),
        Ok(()) => (Verdict::Conforms, None),
        Err(stop) => {
            let (verdict, message) = stop.verdict();
            (verdict, Some(message))
        }
    };
    reporter.send(&Report::Verdict(verdict, message));
    trial.open_all_gates();
    if kept {
        reporter.send(&Report::Phase(Phase::Capacity));
        finding(reporter, CAPACITY, guarded(|| capacity_is_whole(&mut trial)));
        reporter.send(&Report::Phase(Phase::Teardown));
        let down = guarded(|| everything_shuts_down(&trial));
        let clean = down.is_ok();
        finding(reporter, TEARDOWN, down);
        finding(
            reporter,
            TEARDOWN,
            contain(|| drop(trial)).or_else(|panic| {
                violated(format!("dropping what the check left open must not panic, but does: {panic}"))
            }),
        );
        let audited = clean && before.is_some();
        let alive = || reporter.send(&Report::Phase(Phase::Teardown));
        if let (true, Some(left)) = (clean, before.and_then(|before| before.left_behind(patience, alive))) {
            let message = format!("after shutdown this is left behind: {left}");
            reporter.send(&Report::Finding(LEFTOVERS.to_owned(), Verdict::Leaks, message));
        }
        return audited;
    }
    false
}

/// What the process holds once an executor has lived and died in it: libraries set themselves up
/// the first time they are used, and that is not a leak of the check.
fn warmed_up(subject: &dyn Subject, workers: usize, patience: Patience, reporter: &Reporter) -> Option<Holdings> {
    let house = Gatehouse::new();
    let events = reporter.clone();
    house.history().stream_to(move |event| events.send(&Report::Event(event.clone())));
    let life = "open, submit(task 0), result, shutdown and drop, before the check";
    house.history().record(Event::here(Actor::Check, Moment::Called(life.to_owned())));
    let (executor, number) = subject.open(&Config::workers(workers), &house).ok()?;
    let probe = Probe {
        label: 0,
        house: house.local_address(),
        executor: number,
        steps: Vec::new(),
        value: Value::None,
        canary: Canary::default(),
    };
    let life = Aside::start("one life of an executor", Vigil::new(house.history(), patience), move || {
        executor.submit(probe)?.result(None)?.map_err(|failure| Fault::Driver(failure.to_string()))?;
        executor.shutdown(Shutdown::WAIT)?;
        executor.release()
    });
    // An executor that cannot do even this fails checks enough; nothing is said of what it leaves.
    life.returns().ok()?.ok()?;
    drop(house);
    Some(Holdings::now())
}

/// The requirement that something left behind breaks.
pub(crate) const LEFTOVERS: &str = "SHUT-016";

/// The requirement that a lost worker breaks.
pub(crate) const CAPACITY: &str = "WORK-002";
/// The requirement that a hanging shutdown breaks.
pub(crate) const TEARDOWN: &str = "SHUT-002";

/// Whether the profile already decides the requirement.
pub(crate) fn not_applicable(profile: &Profile, requirement: &Requirement) -> Option<(Verdict, String)> {
    let missing = requirement.capabilities().find(|&capability| !profile.has(capability))?;
    Some((Verdict::Unsupported, format!("needs {missing}, which the profile does not declare")))
}

/// A panic of the check is not the subject's fault.
pub(super) fn guarded<T>(check: impl FnOnce() -> Result<T, Stop>) -> Result<T, Stop> {
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Stop::Inconclusive(format!("the check itself panicked: {}", text.unwrap_or_default())))
    })
}

fn finding(reporter: &Reporter, requirement: &str, result: CheckResult) {
    if let Err(stop) = result {
        let (verdict, message) = stop.verdict();
        reporter.send(&Report::Finding(requirement.to_owned(), verdict, message));
    }
}

/// As many tasks as there are workers must still be able to meet at one gate.
fn capacity_is_whole(trial: &mut Trial<'_>) -> CheckResult {
    if !trial.profile().has(Capability::Concurrency) {
        return Ok(());
    }
    for executor in trial.still_open() {
        let workers = executor.workers();
        let gate = trial.meeting(workers);
        let probes: Vec<_> = trial.probes(workers).into_iter().map(|probe| probe.pass(&gate)).collect();
        // Kept: where the profile says so, dropping a future cancels its task.
        let mut futures = Vec::new();
        for (number, probe) in probes.into_iter().enumerate() {
            // One after the other, so that the shortest queue has room for each.
            futures.push(executor.submit(probe)?);
            if !gate.await_arrivals(number + 1, trial.patience()) {
                let arrived = gate.arrived();
                return Err(Stop::Violates(format!(
                    "afterwards {workers} tasks must run at once on {workers} workers, but only {arrived} did"
                )));
            }
        }
    }
    Ok(())
}

fn everything_shuts_down(trial: &Trial<'_>) -> CheckResult {
    if !trial.profile().has(Capability::Shutdown) {
        return Ok(());
    }
    for executor in trial.still_open() {
        let call = executor.clone();
        trial.aside("shutdown(wait=True) after the check", move || call.shutdown(Shutdown::WAIT)).returns()??;
    }
    Ok(())
}

/// Sends reports to the runner; shared with the history.
#[derive(Clone, Debug)]
pub(super) struct Reporter {
    stream: Arc<Mutex<UnixStream>>,
    secret: Secret,
    /// The child. A copy of it that the subject forks is another process, and has nothing to say.
    reports: u32,
}

impl Reporter {
    /// Takes over the inherited descriptor; programs started from here do not inherit it.
    fn take(secret: Secret) -> Self {
        // SAFETY: the warden put this descriptor there for this purpose only, and nothing else in
        // this process knows its number; setting a flag on it has no memory effects.
        #[allow(unsafe_code)]
        let owned = unsafe {
            libc::fcntl(REPORTS, libc::F_SETFD, libc::FD_CLOEXEC);
            OwnedFd::from_raw_fd(REPORTS)
        };
        Self { stream: Arc::new(Mutex::new(UnixStream::from(owned))), secret, reports: std::process::id() }
    }

    pub(super) fn send(&self, report: &Report) {
        if std::process::id() != self.reports {
            return;
        }
        let Ok(line) = self.secret.seal(report) else { return };
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        if stream.write_all(&line).is_err() {
            // Nobody can be told any more, not even why.
            std::process::exit(SPEECHLESS);
        }
    }
}
