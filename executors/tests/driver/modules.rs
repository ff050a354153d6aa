//! Executors of modules: how they are found, and what may be peculiar about them.

use crate::scene::{SOON, Scene, executable, kind, standard, subject, with_python_path};
use poolproof_executors::driver;
use poolproof_executors::registry;
use poolproof_harness::{
    Capability, Death, Failing, Fault, Kind, Moment, ReturnWhen, SetupError, State, Step, Subject, Value,
};
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// A directory with this module, and the beginning of addresses under a Python that finds it.
fn module(name: &str, text: &str) -> Option<(TempDir, String)> {
    standard().first()?;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(format!("{name}.py")), text).unwrap();
    let interpreter = with_python_path(directory.path());
    let start = format!("python@{}", interpreter.display());
    Some((directory, start))
}

const PECULIAR: &str = r#"
import concurrent.futures as cf

class Proxy(object):
    """A future that is none, and shows nothing but the public methods."""
    def __init__(self, inner):
        self._inner = inner
    def result(self, timeout=None):
        return self._inner.result(timeout)
    def exception(self, timeout=None):
        return self._inner.exception(timeout)
    def add_done_callback(self, function):
        self._inner.add_done_callback(lambda _: function(self))
    for name in ("done", "running", "cancelled", "cancel"):
        exec("def %s(self): return self._inner.%s()" % (name, name))

class Proxies(object):
    def __init__(self, max_workers):
        self.inner = cf.ThreadPoolExecutor(max_workers)
    def submit(self, function, *arguments):
        return Proxy(self.inner.submit(function, *arguments))
    def shutdown(self, wait=True):
        self.inner.shutdown(wait)

class Outer(object):
    class Inner(cf.ThreadPoolExecutor):
        pass

def positional(size, kept=None):
    return cf.ThreadPoolExecutor(size)

class MyProcessPool(cf.ProcessPoolExecutor):
    pass
"#;

const COUNTED: &str = r#"
import concurrent.futures as cf
import os

class Counted(object):
    def __init__(self, max_workers):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "opened"), "a") as opened:
            opened.write("x")
        self.inner = cf.ThreadPoolExecutor(max_workers)
    def submit(self, function, *arguments):
        return self.inner.submit(function, *arguments)
    def shutdown(self, wait=True):
        self.inner.shutdown(wait)
"#;

const DUCK: &str = r#"
import concurrent.futures as cf

POOLPROOF = {"Duck": {"without": ["cancel"], "check_seconds": 302}}

class Duck(object):
    def __init__(self, max_workers):
        self.inner = cf.ThreadPoolExecutor(max_workers)
    def submit(self, function, *arguments):
        return self.inner.submit(function, *arguments)
    def shutdown(self, wait=True):
        self.inner.shutdown(wait)

class Raises(cf.Future):
    """Raises the error that it should return."""
    def exception(self, timeout=None):
        error = super().exception(timeout)
        if error is not None:
            raise error

class Loud(Duck):
    def submit(self, function, *arguments):
        future = Raises()
        def run():
            try:
                future.set_result(function(*arguments))
            except BaseException as error:
                future.set_exception(error)
        self.inner.submit(run)
        return future
"#;

const OWN_WAIT: &str = r#"
from peculiar import Proxies
import concurrent.futures as cf

def wait(futures, timeout=None, return_when="ALL_COMPLETED"):
    known = {future._inner: future for future in futures}
    done, not_done = cf.wait(known, timeout, return_when)
    return {known[one] for one in done}, {known[one] for one in not_done}

def as_completed(futures, timeout=None):
    known = {future._inner: future for future in futures}
    return (known[one] for one in cf.as_completed(known, timeout))
"#;

#[test]
fn futures_that_are_proxies_work() {
    let Some((directory, start)) = module("peculiar", PECULIAR) else { return };
    fs::write(directory.path().join("own_wait.py"), OWN_WAIT).unwrap();
    for module in ["peculiar", "own_wait"] {
        let scene = Scene::open(&format!("{start}:{module}:Proxies"), 1);
        let (gate, parked) = scene.parked(1);
        parked.on_done(scene.probe(2, vec![Step::Note("called back".into())], Value::None)).unwrap();
        assert_eq!(parked.state(), Ok(State::RUNNING));
        let futures = [parked.clone(), scene.submit(3, vec![], Value::None), parked.clone()];
        let waited = scene.executor.wait(&futures, ReturnWhen::AllCompleted, Some(std::time::Duration::ZERO));
        let completed = scene.executor.as_completed(&futures, SOON).and_then(|mut completed| {
            gate.open();
            let mut both = [completed.next()?, completed.next()?];
            both.sort();
            Ok((both, completed.next()?))
        });
        if module == "own_wait" {
            assert_eq!(waited.map(|waited| waited.not_done), Ok(vec![0, 1]));
            assert_eq!(completed, Ok(([Some(0), Some(1)], None)));
        } else {
            assert_eq!((waited, completed.err()), (Err(Fault::Unsupported), Some(Fault::Unsupported)));
            gate.open();
        }
        assert_eq!(parked.result(SOON), Ok(Ok(Value::Int(1))));
        scene.await_moment(&Moment::Noted("called back".into()));
        let profile = scene.subject.describe().unwrap().profile;
        assert!(!profile.has(Capability::Map) && !profile.has(Capability::CancelFutures));
        assert_eq!(profile.kind, Kind::Thread);
    }
}

#[test]
fn factories_take_their_workers_as_they_like() {
    let Some((_directory, start)) = module("peculiar", PECULIAR) else { return };
    for (factory, kind) in [
        ("Outer.Inner", Kind::Thread),
        ("positional", Kind::Thread),
        ("MyProcessPool", Kind::Process),
        ("MyProcessPool?start=spawn", Kind::Process),
        ("Outer.Inner?kind=process", Kind::Process),
    ] {
        let scene = Scene::open(&format!("{start}:peculiar:{factory}"), 2);
        assert_eq!(scene.subject.describe().unwrap().profile.kind, kind, "{factory}");
        assert_eq!(scene.outcome(vec![], Value::Int(2)), Ok(Value::Int(2)));
    }
}

#[test]
fn what_one_driver_has_found_out_the_next_one_does_not_open_an_executor_for() {
    let Some((directory, start)) = module("counted", COUNTED) else { return };
    let opened = || fs::read(directory.path().join("opened")).map_or(0, |text| text.len());
    let profile = || subject(&format!("{start}:counted:Counted")).describe().unwrap().profile;
    let first = profile();
    let once = opened();
    assert!(once > 0, "its signatures alone do not say what it is");
    assert_eq!(profile(), first);
    assert_eq!(opened(), once);
}

#[test]
fn futures_of_the_standard_library_can_be_awaited_whoever_hands_them_out() {
    let Some((directory, start)) = module("peculiar", PECULIAR) else { return };
    fs::write(directory.path().join("duck.py"), DUCK).unwrap();
    for (factory, awaitable) in [("peculiar:MyProcessPool", true), ("duck:Duck", true), ("peculiar:Proxies", false)] {
        let scene = Scene::open(&format!("{start}:{factory}"), 1);
        let future = scene.submit(1, vec![], Value::Int(2));
        let expected = if awaitable { Ok(Ok(Value::Int(2))) } else { Err(Fault::Unsupported) };
        assert_eq!(future.awaited(), expected, "{factory}");
        assert_eq!(scene.subject.describe().unwrap().profile.has(Capability::Async), awaitable, "{factory}");
    }
}

#[test]
fn what_a_module_says_it_means_otherwise_is_not_offered() {
    let Some((directory, start)) = module("peculiar", PECULIAR) else { return };
    fs::write(directory.path().join("duck.py"), DUCK).unwrap();
    let scene = Scene::open(&format!("{start}:duck:Duck"), 1);
    let (gate, parked) = scene.parked(1);
    let queued = scene.submit(2, vec![], Value::Int(2));
    assert!(!scene.subject.describe().unwrap().profile.has(Capability::Cancel));
    assert_eq!(queued.cancel(), Err(Fault::Unsupported));
    gate.open();
    assert_eq!([parked.result(SOON), queued.result(SOON)], [Ok(Ok(Value::Int(1))), Ok(Ok(Value::Int(2)))]);
}

/// The second driver answers what the first one found out.
#[test]
fn how_long_a_whole_check_takes_is_said_by_the_module_alone() {
    let Some((_directory, start)) = module("duck", DUCK) else { return };
    let seconds = |factory: &str| subject(&format!("{start}:duck:{factory}")).describe().unwrap().check_seconds;
    for _ in 0..2 {
        assert_eq!((seconds("Duck"), seconds("Loud")), (Some(302), None));
    }
}

#[test]
fn a_time_out_that_a_task_raises_is_its_own_whatever_exception_does() {
    let Some((directory, start)) = module("peculiar", PECULIAR) else { return };
    fs::write(directory.path().join("duck.py"), DUCK).unwrap();
    let scene = Scene::open(&format!("{start}:duck:Loud"), 1);
    let outcome = scene.outcome(vec![Step::Fail(Failing::Timeout)], Value::None);
    assert_eq!(kind(&outcome), Failing::Timeout.kind());
}

#[test]
fn modules_are_found_in_the_current_directory_too() {
    let Some((directory, _)) = module("peculiar", PECULIAR) else { return };
    let python = driver::interpreter(None).unwrap().path;
    let script = directory.path().join("python-there");
    let there = directory.path().display();
    executable(&script, &format!("#!/bin/sh\ncd {there} && exec {} \"$@\"\n", python.display()));
    for factory in ["Proxies", "MyProcessPool?start=spawn"] {
        let scene = Scene::open(&format!("python@{}:peculiar:{factory}", script.display()), 1);
        assert_eq!(scene.outcome(vec![], Value::Int(2)), Ok(Value::Int(2)));
    }
}

#[test]
fn what_prints_does_not_disturb_the_protocol() {
    let chatty = "
import sys
print('loaded', flush=True)
from concurrent.futures import ThreadPoolExecutor
class Chatty(ThreadPoolExecutor):
    def submit(self, *arguments):
        print('{\"id\": 1, \"ok\": null}', flush=True)
        sys.stderr.write('submitting\\n')
        return super().submit(*arguments)
";
    let Some((_directory, start)) = module("chatty", chatty) else { return };
    let scene = Scene::open(&format!("{start}:chatty:Chatty"), 1);
    assert_eq!(scene.outcome(vec![], Value::Int(2)), Ok(Value::Int(2)));
}

#[test]
fn a_module_that_cannot_be_used_is_named_with_its_reason() {
    let Some((directory, start)) = module("broken", "import nothing_like_that") else { return };
    fs::write(directory.path().join("exits.py"), "import sys; sys.exit('no display')").unwrap();
    let python = driver::interpreter(None).unwrap().path;
    let python = python.display();
    let error = |rest: &str| subject(&format!("{start}:{rest}")).describe().unwrap_err();
    let absent = error("no_such_module.sub:Pool");
    assert!(matches!(absent, SetupError::NotInstalled { .. }));
    assert_eq!(
        absent.to_string(),
        format!(
            "the module `no_such_module.sub` (ModuleNotFoundError: No module named 'no_such_module', under {python}) \
             is not installed; install it with: {python} -m pip install no_such_module, or put it on PYTHONPATH"
        )
    );
    let failing = "the module `broken` cannot be imported by";
    let why = "ModuleNotFoundError: No module named 'nothing_like_that'";
    assert_eq!(error("broken:Pool").to_string(), format!("{failing} {python}: {why}"));
    let exits = format!("the module `exits` cannot be imported by {python}: SystemExit: no display");
    assert_eq!(error("exits:Pool").to_string(), exits);
    let nameless = error("concurrent.futures:Pool").to_string();
    assert!(nameless.starts_with("the module `concurrent.futures` has no `Pool`; what can be called there: "));
    assert!(nameless.contains("ThreadPoolExecutor"), "{nameless}");
    assert_eq!(error("concurrent.futures:__doc__").to_string().lines().count(), 1);
}

#[test]
fn addresses_that_lead_nowhere_say_what_to_write() {
    if standard().is_empty() {
        return;
    }
    let refusal = |address: &str| registry::subject(address).expect_err(address).to_string();
    assert!(refusal("python:").contains("`thread`, `process` or `MODULE:FACTORY`"));
    assert!(refusal("python:loky").contains("`thread`, `process` or `MODULE:FACTORY`"));
    assert!(refusal("python@:thread").contains("a path or a name on PATH"));
    assert!(refusal("driver:").contains("the command that starts the driver"));
    assert!(refusal("python:thread?start=fork").contains("threads are not started"));
    assert!(refusal("python:thread?kind=process").contains("says it already"));
    assert!(refusal("python:process?start=vfork").contains("`vfork` is none of: fork, spawn, forkserver"));
    assert!(refusal("python:process?size=3").contains("Python subjects know `start`, `kind`, `patience`"));
    assert!(refusal("python:thread?patience=0").contains("at least 1"));
    let absent = refusal("python@python-of-nowhere:thread");
    assert!(absent.starts_with("the Python interpreter `python-of-nowhere` is not installed; install it with: "));
    assert_eq!(
        refusal("python@false:thread"),
        "the Python interpreter `false` ended with exit code 1 when it was asked for its version"
    );
}

#[test]
fn the_catalogue_names_the_standard_executors() {
    let entries = registry::catalogue();
    for address in ["python:thread", "python:process"] {
        let entry = entries.iter().find(|entry| entry.address == address).unwrap();
        assert_eq!(entry.family, "python");
        match driver::interpreter(None) {
            Ok(python) => assert_eq!(entry.version, python.version),
            Err(_) => assert_eq!(entry.version, "not installed"),
        }
    }
}

#[test]
fn every_process_of_a_driver_tells_its_stacks_when_asked() {
    for address in standard() {
        let scene = Scene::open(address, 1);
        let Ok(Value::Identity { pid, .. }) = scene.outcome(vec![], Value::WhoAmI) else { panic!("no identity") };
        let (gate, parked) = scene.parked(1);
        assert!(Command::new("kill").args(["-USR1", &pid.to_string()]).status().unwrap().success());
        // A driver tells its stacks in the thread that reads requests: once it answers it has told them. CPython may crash
        // when it tells that of a thread which runs on meanwhile.
        assert_eq!(parked.state(), Ok(State::RUNNING), "{address}");
        gate.open();
        // It was told, and goes on.
        assert_eq!(parked.result(SOON), Ok(Ok(Value::Int(1))), "{address}");
        if address.contains("thread") {
            let dying = scene.executor.submit(scene.probe(2, vec![Step::Die(Death::Kill)], Value::None));
            let Err(Fault::Driver(reason)) = dying.and_then(|future| future.result(None)) else { panic!("it lives") };
            assert!(reason.contains("last words") && reason.contains(" in main | "), "{reason}");
        }
    }
}
