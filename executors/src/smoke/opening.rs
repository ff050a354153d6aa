//! What a subject says of itself, and whether it opens.

use super::stage::{Checked, Scene, must_be};
use poolproof_harness::{Actor, Canary, Capability, Config, Kind, Moment, Probe, Step, Value, WorkerLossPolicy};
use std::collections::HashSet;

/// `describe`: the words and numbers that tables, the ledger and the checks rely on.
pub(super) fn description(scene: &Scene) -> Checked {
    scene.calling.set("describe");
    let said = scene.subject.describe().map_err(|error| error.to_string())?;
    must_be("its address", &said.address.as_str(), &scene.subject.address())?;
    if semver_like(&said.version).is_none() {
        return Err(format!(
            "`version` must be a bare number such as 3.13.0, which the ledger of known failures compares, but is `{}`",
            said.version
        ));
    }
    if said.language.is_empty() || said.versions.is_empty() {
        return Err("`language` and `versions` must not be empty: tables and records show them".to_owned());
    }
    let profile = &said.profile;
    if !profile.has(Capability::Submit) {
        return Err("the profile must declare `submit`: nothing can be asked of the subject without it".to_owned());
    }
    let apart = matches!(profile.kind, Kind::Process | Kind::Cluster);
    if !apart && profile.worker_loss != WorkerLossPolicy::Fatal {
        return Err("workers that share a process cannot be lost one by one: `worker_loss` must be `fatal`".to_owned());
    }
    for capability in [Capability::Isolation, Capability::WorkerLoss] {
        if !apart && profile.has(capability) {
            return Err(format!("`{capability}` is declared, but tasks do not run in processes of their own"));
        }
    }
    if profile.has(Capability::CancelFutures) && !profile.has(Capability::Shutdown) {
        return Err("`cancel-futures` is declared, and `shutdown`, whose argument it is, is not".to_owned());
    }
    Ok(())
}

/// The three numbers of `1.2.3`, with whatever may follow them.
fn semver_like(version: &str) -> Option<()> {
    let core = version.split(['-', '+']).next()?;
    let numbers: Vec<_> = core.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<_>>()?;
    (numbers.len() == 3).then_some(())
}

/// `open`: with one worker, with two, and again after that.
pub(super) fn opening(scene: &Scene) -> Checked {
    for workers in [1, 2] {
        scene.open(workers)?;
    }
    Ok(())
}

/// The number of workers: as many tasks run at a time.
pub(super) fn workers(scene: &Scene) -> Checked {
    let stage = scene.open(2)?;
    let meeting = stage.house.meeting(2);
    let both = [1, 2].map(|label| stage.probe(label, vec![Step::Pass(meeting.id())], Value::Int(label.into())));
    let futures = both.into_iter().map(|probe| stage.submit(probe)).collect::<Result<Vec<_>, _>>()?;
    scene.calling.set("open");
    if !meeting.await_arrivals(2, scene.patience) {
        let came = meeting.arrived();
        return Err(format!("an executor opened with 2 workers must run 2 tasks at a time, but runs {came}"));
    }
    for (label, future) in [1, 2].into_iter().zip(&futures) {
        must_be("the result of a task", &stage.result(future)?, &Ok(Value::Int(label)))?;
    }
    Ok(())
}

/// `initialiser`: runs in the worker, as itself, before the first task.
pub(super) fn initialiser(scene: &Scene) -> Checked {
    let stage = scene.open_with(|house| {
        let steps = vec![Step::Note("initialised".to_owned())];
        let house = house.local_address();
        let probe = Probe { label: 9, house, executor: 0, steps, value: Value::None, canary: Canary::default() };
        Config { initialiser: Some(probe), ..Config::workers(1) }
    })?;
    stage
        .outcome(vec![], Value::None)?
        .map_err(|failure| format!("a task after the initialiser must run: {failure}"))?;
    let events = stage.house.history().events();
    let by_it: Vec<_> = events.iter().filter(|event| event.actor == Actor::Initialiser).collect();
    let moments: Vec<_> = by_it.iter().map(|event| event.moment.clone()).collect();
    let wanted = [Moment::Started, Moment::Noted("initialised".to_owned()), Moment::Finished];
    must_be("what the `initialiser` notes, under that name,", &moments.as_slice(), &&wanted[..])?;
    let task = events.iter().find(|event| event.actor == Actor::Task(1));
    let places: HashSet<_> = by_it.iter().copied().chain(task).map(|event| (event.pid, event.tid)).collect();
    must_be("the number of workers in which initialiser and task of one worker ran", &places.len(), &1)
}
