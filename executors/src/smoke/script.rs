//! The steps of smoke, in order, and how each is watched.

use super::conversation;
use super::finding::{Finding, Found};
use super::stage::{Calling, Checked, Scene};
use super::{opening, rounds, several, single, tasks};
use crate::address::Address;
use crate::driver;
use crate::registry::{self, RegistryError};
use poolproof_harness::{Capability, Contender, Patience, Profile, SetupError, Subject};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;

type Body = fn(&Scene) -> Checked;

/// One step: the method it is about, what that must do, whether the subject is asked for it.
struct Step(&'static str, &'static str, fn(&Scene) -> bool, Body);

/// The steps that need nothing but a subject. Later ones rely on what earlier ones have shown.
const STEPS: &[Step] = &[
    Step("describe", "says what the subject is, in words that tables and ledger can use", always, opening::description),
    Step("open", "opens executors of as many workers as asked", always, opening::opening),
    Step("submit, result", "brings every kind of value to a worker and back", always, tasks::values),
    Step("identity", "says in which process and thread a task runs", always, tasks::identity),
    Step("note", "is written in order, once, with the time of the monotonic clock", always, tasks::history),
    Step("pass", "stops a task at its gate until that is opened", single::runs_aside, tasks::gates),
    Step("workers", "as many tasks run at a time as the executor was opened for", single::runs_aside, opening::workers),
    Step("fail", "lets an error reach the waiter, with class and text", always, tasks::failures),
    Step("state", "tells running from finished", single::runs_aside, single::state),
    Step(
        "result with a limit",
        "times out, and leaves the task alone",
        |s| aside(s, Capability::Timeout),
        single::result,
    ),
    Step("lanes", "a call that blocks delays no call of another thread", single::runs_aside, single::lanes),
    Step("exception", "gives the failure, or nothing", always, single::exception),
    Step("cancel", "agrees with state and result", single::cancels, single::cancel),
    Step(
        "on_done",
        "calls back, before and after the task is done",
        |s| aside(s, Capability::Callback),
        single::on_done,
    ),
    Step("wait", "answers with positions, done and not done", |s| aside(s, Capability::Wait), several::wait),
    Step(
        "as_completed",
        "gives each position once, as it completes",
        |s| aside(s, Capability::AsCompleted),
        several::as_completed,
    ),
    Step("map", "reads its input, and gives results in its order", |s| s.profile.has(Capability::Map), several::map),
    Step(
        "initialiser",
        "runs in the worker before its first task",
        |s| s.profile.has(Capability::Initialiser),
        opening::initialiser,
    ),
    Step("submit in a task", "reaches the executor that runs it", |s| aside(s, Capability::Nested), tasks::nested),
    Step("canary", "is released when everybody has let go", always, tasks::canary),
    Step(
        "shutdown",
        "ends the executor; later tasks are refused as such",
        |s| s.profile.has(Capability::Shutdown),
        single::shutdown,
    ),
    Step("drop", "lets go of an executor; the next one works", always, single::drops),
];

fn always(_: &Scene) -> bool {
    true
}

fn aside(scene: &Scene, capability: Capability) -> bool {
    single::runs_aside(scene) && scene.profile.has(capability)
}

/// What smoke found about one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smoke {
    /// The subject's address.
    pub address: String,
    /// What was found, in the order of the steps.
    pub findings: Vec<Finding>,
}

impl Smoke {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.findings.iter().all(|finding| matches!(finding.found, Found::Right | Found::NotDeclared))
    }

    /// The methods that are wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| matches!(finding.found, Found::Wrong(_)))
    }
}

/// Makes each call of the subject at `address` once, and says which is answered wrongly. What must
/// be answered is waited for with `patience`.
///
/// # Errors
///
/// [`RegistryError`] if the address names nothing, or nothing that is installed here. A driver that
/// is there and does not work is no error, but what smoke finds.
pub fn smoke(address: &str, patience: Patience) -> Result<Smoke, RegistryError> {
    let parsed = Address::parse(address)?;
    let subject: Arc<dyn Subject> = Arc::from(registry::subject(address)?);
    let contender = registry::contender(address)?;
    let mut findings = Vec::new();
    if driver::is_driven(&parsed) {
        conversation::hold(&parsed, patience, &mut findings)?;
    }
    findings.extend(of(subject, Some(contender), patience).findings);
    Ok(Smoke { address: address.to_owned(), findings })
}

/// The same for a subject that has no address: an adapter in its author's own tests. Without a
/// contender no rounds are measured.
pub fn of(subject: Arc<dyn Subject>, contender: Option<Box<dyn Contender>>, patience: Patience) -> Smoke {
    let calling = Calling::default();
    let mut smoke = Smoke { address: subject.address().to_owned(), findings: Vec::new() };
    let describe = Arc::clone(&subject);
    let described = watched(patience, &calling, move |calling| {
        calling.set("describe");
        describe.describe().map_err(|error| match error {
            SetupError::Failed(reason) => reason,
            other => other.to_string(),
        })
    });
    let profile = match described {
        Ok(description) => description.profile,
        Err(reason) => {
            smoke.findings.push(finding(&STEPS[0], Found::Wrong(reason)));
            smoke.findings.extend(STEPS[1..].iter().map(|step| finding(step, Found::NotReached)));
            return smoke;
        }
    };
    let scene = Scene { subject, profile, patience, calling };
    play(&scene, &mut smoke.findings);
    let round = contender.map_or(Found::NotDeclared, |contender| measure(&scene, contender, &smoke.findings));
    smoke.findings.push(Finding { method: "round", must: "measures inside, and verifies every result", found: round });
    smoke
}

/// Plays the steps. After one that hangs nothing more can be asked of the same driver or adapter.
fn play(scene: &Scene, findings: &mut Vec<Finding>) {
    let mut stuck = false;
    for step in STEPS {
        let found = if stuck {
            Found::NotReached
        } else if !step.2(scene) {
            Found::NotDeclared
        } else {
            let (body, of) = (step.3, scene.clone());
            let outcome = watched(scene.patience, &scene.calling, move |_| body(&of));
            stuck = matches!(&outcome, Err(reason) if reason.ends_with(HANGS));
            outcome.map_or_else(Found::Wrong, |()| Found::Right)
        };
        findings.push(finding(step, found));
    }
}

fn finding(step: &Step, found: Found) -> Finding {
    Finding { method: step.0, must: step.1, found }
}

fn measure(scene: &Scene, mut contender: Box<dyn Contender>, before: &[Finding]) -> Found {
    if before.iter().any(|finding| finding.found == Found::NotReached) {
        return Found::NotReached;
    }
    let profile: Profile = scene.profile.clone();
    let outcome =
        watched(scene.patience, &scene.calling, move |calling| rounds::rounds(&mut *contender, &profile, calling));
    outcome.map_or_else(Found::Wrong, |()| Found::Right)
}

/// How the sentence about a call that never returns ends.
const HANGS: &str = "must return, and does not";

/// Runs `body` in a thread of its own and waits for it no longer than `patience`; a body that never
/// ends, or panics, is a sentence that names the call it was in.
fn watched<T: Send + 'static>(
    patience: Patience,
    calling: &Calling,
    body: impl FnOnce(&Calling) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (sender, ended) = sync_channel(1);
    let of = calling.clone();
    let work = move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| body(&of)));
        let _ = sender.send(outcome.unwrap_or_else(|_| Err(format!("`{}` panicked in the caller", of.name()))));
    };
    if let Err(error) = thread::Builder::new().name("smoke".into()).spawn(work) {
        return Err(format!("no thread can be started: {error}"));
    }
    // A step waits for things with the same patience itself, and is better at naming what lacks.
    let mut deadline = Patience::at_least(patience.nominal() * 2).start();
    while let Some(slice) = deadline.next_slice() {
        match ended.recv_timeout(slice) {
            Ok(outcome) => return outcome,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Err(format!("`{}` {HANGS}", calling.name()))
}
