//! Calls on several futures, and map.

use super::stage::{Checked, Scene, must_be};
use poolproof_harness::{
    AnyWaited, Capability, Failing, Failure, Fault, Input, MapOptions, Moment, Probe, ReturnWhen, Step, Value,
};
use std::time::Duration;

/// `wait`: positions of first occurrence, ascending, done and not done.
pub(super) fn wait(scene: &Scene) -> Checked {
    let stage = scene.open(2)?;
    let (gate, parked) = stage.parked(1)?;
    let fine = stage.submit(stage.probe(2, vec![], Value::None))?;
    let futures = [parked.clone(), fine.clone(), fine, parked];
    let first = stage.call("wait", || stage.executor.wait(&futures, ReturnWhen::FirstCompleted, None))?;
    must_be("`wait` for the first of two", &first, &AnyWaited { done: vec![1], not_done: vec![0] })?;
    let poll = stage.call("wait", || stage.executor.wait(&futures, ReturnWhen::AllCompleted, Some(Duration::ZERO)))?;
    must_be("`wait` that only looks", &poll, &AnyWaited { done: vec![1], not_done: vec![0] })?;
    gate.open();
    let all = stage.call("wait", || stage.executor.wait(&futures, ReturnWhen::AllCompleted, None))?;
    must_be("`wait` for all", &all, &AnyWaited { done: vec![0, 1], not_done: vec![] })
}

/// `as_completed`: each once, in the order of completion, and an end.
pub(super) fn as_completed(scene: &Scene) -> Checked {
    let stage = scene.open(2)?;
    let (gate, parked) = stage.parked(1)?;
    let fine = stage.submit(stage.probe(2, vec![], Value::None))?;
    let futures = [parked.clone(), fine, parked];
    let mut completed = stage.call("as_completed", || stage.executor.as_completed(&futures, None))?;
    must_be("`completed_next` at first", &stage.call("completed_next", || completed.next())?, &Some(1))?;
    gate.open();
    must_be("`completed_next` then", &stage.call("completed_next", || completed.next())?, &Some(0))?;
    must_be("`completed_next` at the end", &stage.call("completed_next", || completed.next())?, &None)?;
    drop(completed);
    let (gate, parked) = stage.parked(3)?;
    let soon = Some(Duration::from_millis(1));
    let mut completed = stage.call("as_completed", || stage.executor.as_completed(&[parked], soon))?;
    scene.calling.set("completed_next");
    must_be("`completed_next` with a limit that passes", &completed.next(), &Err(Fault::TimedOut))?;
    gate.open();
    Ok(())
}

/// `map`: the input is read and noted, results come in its order, failures in their place.
pub(super) fn map(scene: &Scene) -> Checked {
    let stage = scene.open(2)?;
    let item = |label: u32| stage.probe(label, vec![], Value::Int(label.into()));
    let input = |probes: Vec<Probe>, fails_at| Input { probes, fails_at, house: stage.house.local_address() };
    let mut options = vec![MapOptions::default()];
    if scene.profile.has(Capability::Chunksize) {
        options.push(MapOptions { chunksize: Some(2), ..MapOptions::default() });
    }
    if scene.profile.has(Capability::Buffersize) {
        options.push(MapOptions { buffersize: Some(1), ..MapOptions::default() });
    }
    for options in options {
        let probes = vec![item(1), item(2), item(3)];
        let mut results = stage.call("map", || stage.executor.map(input(probes, None), options))?;
        for label in 1..=3 {
            let came = stage.call("map_next", || results.next())?;
            must_be("the results of `map`, one by one,", &came, &Some(Ok(Value::Int(label))))?;
        }
        must_be("`map_next` at the end", &stage.call("map_next", || results.next())?, &None)?;
    }
    let pulled = stage.house.history().count(|event| matches!(event.moment, Moment::Pulled(_)));
    if pulled == 0 || pulled % 3 != 0 {
        return Err(format!("the input of `map` must note `pulled` once for each of its 3 items, but noted {pulled}"));
    }
    let failing = stage.probe(5, vec![Step::Fail(Failing::Error)], Value::None);
    let mut results =
        stage.call("map", || stage.executor.map(input(vec![item(4), failing], None), MapOptions::default()))?;
    let first = stage.call("map_next", || results.next())?;
    must_be("the first result of a `map` whose second item fails", &first, &Some(Ok(Value::Int(4))))?;
    match stage.call("map_next", || results.next())? {
        Some(Err(Failure::Raised(raised))) if raised.kind == "ProbeError" => Ok(()),
        came => Err(format!("`map_next` for an item that fails must be its failure, but is {came:?}")),
    }
}
