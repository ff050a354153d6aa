//! Smoke finds what is wrong with a driver or an adapter, and names it.

use crate::scene::standard;
use poolproof_executors::smoke::{self, Found, Smoke, smoke};
use poolproof_executors::{driver, registry};
use poolproof_harness::Patience;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The Python driver, with one thing done wrongly.
const WRONG: &str = r#"
import os, sys, time
SOURCE = os.environ["PYTHONPATH"]
from poolproof_driver import calls, gates, link, outcome, probe, rounds, values, opened

class Calls(calls.Calls):
    def answer(self, request):
        return changed(request, super().answer(request))
    def call_open(self, request):
        super().call_open(dict(request, workers=1) if FLAW == "opens with one worker" else request)
    def call_hello(self, request):
        return super().call_hello(dict(request, subject="thread", options={}))

def changed(request, answer):
    call, ok = request["call"], answer.get("ok")
    if FLAW == "forgets a key of state" and call == "state" and ok:
        del ok["done"]
    if FLAW == "forgets a key of hello" and call == "hello":
        del ok["versions"]
    if FLAW == "takes its time" and call == "hello":
        ok["check_seconds"] = "five minutes"
    if FLAW == "says no number" and call == "hello":
        ok["version"] = "three"
    if FLAW == "never answers cancel" and call == "cancel":
        time.sleep(3600)
    if FLAW == "answers unknown calls" and call == "no_such_call":
        return {"id": request["id"], "ok": None}
    if FLAW == "swaps done and not done" and call == "wait" and ok:
        ok["done"], ok["not_done"] = ok["not_done"], ok["done"]
    if FLAW == "answers with another result" and call == "result" and ok == {"Ok": {"bool": True}}:
        answer["ok"] = {"Ok": {"int": 1}}
    if FLAW == "relabels errors" and call == "result" and "Err" in (ok or {}):
        answer["ok"] = {"Err": {"broken": "something"}}
    if FLAW == "reports what it did not measure" and call == "round" and ok:
        ok["elapsed_ns"] = 10 ** 15
    if FLAW == "ends maps early" and call == "map_next" and ok == {"Ok": {"int": 3}}:
        answer["ok"] = None
    if FLAW == "cancels nothing" and call == "cancel":
        answer["ok"] = not ok
    if FLAW == "accepts after shutdown" and answer.get("fault") == {"refused": "shutdown"}:
        return {"id": request["id"], "fault": {"raised": {"kind": "RuntimeError", "message": "shut down"}}}
    return answer

class Link(link.Link):
    kept = None
    def _send(self, answer):
        if FLAW == "answers out of order":
            if answer["id"] == 22:
                self.kept = answer
                return
            if self.kept:
                super()._send(answer)
                answer, self.kept = self.kept, None
        super()._send(answer)
        if FLAW == "answers twice" and answer["id"] == 21:
            super()._send(answer)
    def _lane(self, number):
        return super()._lane(0 if FLAW == "has one lane" else number)

FLAW = sys.argv[1].replace("-", " ")
link.Link, link.Calls = Link, Calls
if FLAW == "reads another clock":
    probe.gates_now = gates.now_ns = time.time_ns
if FLAW == "passes closed gates":
    gates.Witness.pass_gate = lambda self, gate: self.note({"passed": gate})
if FLAW == "keeps what it was given":
    kept = []
    inner = opened.probe.task
    def task(wanted):
        kept.append(inner(wanted))
        return kept[-1]
    probe.task = task
if FLAW == "stays after bye":
    link.finish_soon = lambda: time.sleep(3600)
if FLAW == "calls back at once":
    def call_on_done(self, request):
        probe.Callback(request["probe"])(self._get(request["future"]))
    Calls.call_on_done = call_on_done
link.main()
"#;

/// The driver with that flaw, without blanks.
fn wrong(directory: &Path, flaw: &str) -> Smoke {
    let python = driver::interpreter(None).unwrap().path;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let script = directory.join(format!("{}.py", flaw.replace(' ', "-")));
    fs::write(&script, WRONG).unwrap();
    let (python, source, script) = (python.display(), source.display(), script.display());
    let address = format!("driver:env PYTHONPATH={source} {python} {script} {}", flaw.replace(' ', "-"));
    smoke(&address, Patience::at_least(Duration::from_secs(2))).unwrap()
}

#[test]
fn every_flaw_is_found_in_the_message_that_has_it() {
    if standard().is_empty() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let flawless = wrong(directory.path(), "none");
    assert!(flawless.is_right(), "{flawless:?}");
    let flaws = [
        ("forgets a key of hello", "hello", "`versions` in the answer to `hello` must be a text"),
        ("takes its time", "hello", "`check_seconds` in the answer to `hello` must be a whole number, but is \"five"),
        ("answers unknown calls", "an unknown call", "must be answered with the fault"),
        ("answers out of order", "the order of a lane", "request 22 (`submit`) must be answered next"),
        (
            "answers twice",
            "the order of a lane",
            "request 22 (`submit`) must be answered next, but the driver answered 21",
        ),
        ("stays after bye", "bye", "must end by itself"),
        ("says no number", "describe", "`version` must be a bare number"),
        ("answers with another result", "submit, result", "must be Ok(Bool(true)), but is Ok(Int(1))"),
        ("reads another clock", "note", "CLOCK_MONOTONIC"),
        ("passes closed gates", "lanes", "must arrive at its gate, but never did"),
        ("opens with one worker", "workers", "must run 2 tasks at a time, but runs 1"),
        ("relabels errors", "fail", "the outcome of a task that fails must be Err(Raised"),
        ("forgets a key of state", "state", "missing field `done`"),
        ("has one lane", "lanes", "did not answer `state, while another lane waits for a `result`,` within"),
        ("never answers cancel", "cancel", "`cancel` must return, and does not"),
        ("cancels nothing", "cancel", "`cancelled` after `cancel` answered must be false, but is true"),
        ("calls back at once", "on_done", "the number of events of a callback whose task is not done must be 0"),
        ("swaps done and not done", "wait", "must be AnyWaited { done: [1], not_done: [0] }"),
        ("ends maps early", "map", "the results of `map`, one by one, must be Some(Ok(Int(3))), but is None"),
        ("keeps what it was given", "canary", "the release of a task"),
        ("accepts after shutdown", "shutdown", "must be refused as such"),
        ("reports what it did not measure", "round", "`elapsed_ns`"),
    ];
    // Most of the time passes in waiting for answers that never come.
    for some in flaws.chunks(5) {
        std::thread::scope(|scope| {
            for &(flaw, method, says) in some {
                let directory = directory.path();
                scope.spawn(move || {
                    let smoke = wrong(directory, flaw);
                    let first = smoke.wrong().next().unwrap_or_else(|| panic!("{flaw}: nothing was found"));
                    let Found::Wrong(sentence) = &first.found else { unreachable!("it is wrong") };
                    assert_eq!(first.method, method, "{flaw}: {sentence}");
                    assert!(sentence.contains(says), "{flaw}: {sentence}");
                });
            }
        });
    }
}

#[test]
fn adapters_and_drivers_of_ours_are_right() {
    let patience = Patience::at_least(Duration::from_secs(30));
    let ours = ["serial", "thread", "gil", "thread-per-task", "rayon", "tokio-blocking"];
    for address in ours.into_iter().chain(standard()) {
        let found = smoke(address, patience).unwrap();
        assert!(found.is_right(), "{address}: {:?}", found.wrong().collect::<Vec<_>>());
    }
    let adapter = smoke::of(registry::subject("thread").unwrap().into(), None, patience);
    assert!(adapter.is_right() && adapter.findings.iter().any(|finding| finding.found == Found::NotDeclared));
}
