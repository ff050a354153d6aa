//! Drivers that misbehave: each costs one clear sentence, never a hang.

use crate::scene::{Scene, patience, probe, standard, subject};
use poolproof_harness::{
    Config, Death, Dispatch, Fault, Gatehouse, OpenError, RoundError, RoundSpec, SetupError, Step, Subject, Value,
    Workload,
};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A driver that does what it is told: wrong things.
const BAD: &str = r#"
import json, os, signal, socket, sys

def die(code):
    sys.stderr.write("  first words\n\nlast words\n")
    sys.stderr.flush()
    os._exit(code)

def wait_for_ever():
    while True:
        signal.pause()

behaviour = sys.argv[1]
if behaviour == "dies at start":
    die(3)
if behaviour == "is killed":
    os.kill(os.getpid(), signal.SIGKILL)
if behaviour == "does not connect":
    wait_for_ever()

stream = socket.socket(socket.AF_UNIX)
if behaviour == "is of another user":
    path = os.environ["POOLPROOF_DRIVER"]
    found = "mode %o" % (os.stat(os.path.dirname(path)).st_mode & 0o777)
    try:
        # Only root can let another user in, and become one.
        os.chmod(os.path.dirname(path), 0o755)
        os.chmod(path, 0o777)
        os.setuid(65534)
        stream.connect(path)
        found += ", heard %r" % stream.recv(1)
    except OSError:
        found += ", kept out"
    sys.stderr.write(found)
    sys.stderr.flush()
    os._exit(3)
stream.connect(os.environ["POOLPROOF_DRIVER"])
file = stream.makefile("rwb")

def hear():
    line = file.readline()
    if not line:
        os._exit(0)
    return json.loads(line.decode())

def say(line):
    file.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
    file.flush()

profile = {
    "kind": "thread", "support": {"submit": "native"}, "drop_executor": "waits", "drop_future": "detaches",
    "cancel": "never", "nested": "deadlocks", "start_order": "any", "queue": "unbounded", "worker_loss": "fatal",
}
hello = {"protocol": 1, "language": "Bad", "version": "1.0.0", "versions": "Bad 1.0.0", "profile": profile}

first = hear()
if behaviour == "is silent":
    wait_for_ever()
if behaviour == "dies in hello":
    die(0)
if behaviour == "closes":
    stream.shutdown(socket.SHUT_RDWR)
    wait_for_ever()
if behaviour == "prints garbage":
    say(b"Loading the \x1b[1mlibrary\x1b[0m, please wait while everything that is needed is loaded\n")
if behaviour == "says no object":
    say([1, 2])
if behaviour == "forgets the id":
    say({"ok": hello})
if behaviour == "says nothing":
    say({"id": first["id"]})
if behaviour == "invents a fault":
    say({"id": first["id"], "fault": "bad_mood"})
if behaviour == "says too much":
    try:
        stream.sendall(b"a" * (1 << 24) + b"\n")
    except OSError:
        pass
if behaviour == "is from the future":
    say({"id": first["id"], "ok": dict(hello, protocol=2)})
if behaviour == "is no pool":
    say({"id": first["id"], "ok": {"protocol": 1}})
if behaviour == "refuses":
    say({"id": first["id"], "fault": {"setup": "the licence is missing; buy one"}})
if behaviour == "is not installed":
    say({"id": first["id"], "fault": {"not_installed": {"what": "the JVM", "install": "apt install jvm"}}})
say({"id": first["id"], "ok": hello})

while True:
    request = hear()
    call = request["call"]
    if behaviour == "dies in submit" and call == "submit":
        die(7)
    if behaviour == "answers another" and call == "submit":
        say({"id": 999999, "ok": None})
    if behaviour == "answers twice":
        say({"id": request["id"], "ok": None})
        say({"id": request["id"], "ok": None})
    elif behaviour == "confuses types" and call == "state":
        say({"id": request["id"], "ok": {"running": "perhaps"}})
    elif behaviour == "does not know" and call == "submit":
        say({"id": request["id"], "fault": {"driver": "there is no call `submit`"}})
    else:
        say({"id": request["id"], "ok": None})
    if call == "bye":
        os._exit(0)
"#;

/// Writes the bad driver; `None` without Python.
fn bad_driver() -> Option<TempDir> {
    standard().first()?;
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("bad");
    let python = poolproof_executors::driver::interpreter(None).unwrap().path;
    // Arguments of a driver are separated by blanks, so what it is to do is the name of a file.
    fs::write(script, BAD).unwrap();
    fs::write(directory.path().join("python"), python.display().to_string()).unwrap();
    Some(directory)
}

/// The address of the driver that behaves like that.
fn address(directory: &Path, behaviour: &str) -> String {
    let start = directory.join(behaviour.replace(' ', "-"));
    let python = fs::read_to_string(directory.join("python")).unwrap();
    let script = directory.join("bad");
    fs::write(&start, format!("import os, sys\nos.execv({python:?}, [{python:?}, {script:?}, {behaviour:?}])\n"))
        .unwrap();
    format!("driver:{python} {}", start.display())
}

#[test]
fn a_driver_that_fails_before_it_serves_is_a_set_up_error() {
    let Some(directory) = bad_driver() else { return };
    let cases = [
        ("dies at start", "", "ended with exit code 3 before it connected; its last words: first words | last words"),
        ("is killed", "", "was killed by signal 9 before it connected"),
        (
            "does not connect",
            "?patience=1",
            "did not connect to the socket in POOLPROOF_DRIVER within 1 s; is it a driver of Poolproof?",
        ),
        ("is silent", "?patience=1", "did not answer `hello` within 1 s; is it a driver of Poolproof?"),
        ("dies in hello", "", "ended with exit code 0 during `hello`; its last words: first words | last words"),
        (
            "prints garbage",
            "",
            "sent a line that is not JSON: `Loading the \\u{1b}[1mlibrary\\u{1b}[0m, please wait while everything th...`",
        ),
        ("says no object", "", "sent a line that is no JSON object: `[1, 2]`"),
        ("forgets the id", "", "sent an answer without the `id` of a request: `{\"ok\": {\"protocol\": 1"),
        ("says nothing", "", "sent an answer with neither `ok` nor `fault`: `{\"id\": "),
        ("invents a fault", "", "answered with a fault that version 1 does not know (unknown variant `bad_mood`"),
        ("says too much", "", "sent a line of more than 16777216 bytes: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("is from the future", "", "speaks version 2 of the protocol, this program version 1; use a matching one"),
        ("is no pool", "", "answered `hello` with `{\"protocol\":1}`: missing field `language`"),
    ];
    for (behaviour, options, expected) in cases {
        let address = address(directory.path(), behaviour) + options;
        let error = subject(&address).describe().unwrap_err();
        let SetupError::Failed(sentence) = error else { panic!("{behaviour}: {error:?}") };
        let expected = format!("the driver of `{address}` {expected}");
        assert!(sentence.starts_with(&expected), "{behaviour}: {sentence}");
        assert_eq!(sentence.lines().count(), 1);
    }
}

#[test]
fn nobody_else_is_taken_for_the_driver() {
    let Some(directory) = bad_driver() else { return };
    let address = address(directory.path(), "is of another user");
    let said = subject(&address).describe().unwrap_err().to_string();
    let (_, said) = said.split_once("ended with exit code 3 before it connected; its last words: ").expect(&said);
    let (mode, rest) = said.split_once(", ").expect(said);
    assert_eq!(mode, "mode 700", "{said}");
    match rest {
        "kept out" => println!("SKIPPED: only root can let another user in, and become one"),
        heard => assert_eq!(heard, "heard b''", "{said}"),
    }
}

#[test]
fn a_driver_may_say_why_it_does_not_serve() {
    let Some(directory) = bad_driver() else { return };
    let refuses = subject(&address(directory.path(), "refuses")).describe().unwrap_err();
    assert_eq!(refuses, SetupError::failed("the licence is missing; buy one"));
    let absent = subject(&address(directory.path(), "is not installed")).describe().unwrap_err();
    assert_eq!(absent.to_string(), "the JVM is not installed; install it with: apt install jvm");
}

#[test]
fn a_driver_that_cannot_be_started_is_named() {
    let error = subject("driver:/nowhere/at-all --now").describe().unwrap_err();
    let expected = "`/nowhere/at-all` of `driver:/nowhere/at-all --now` cannot be started: \
                    No such file or directory (os error 2); check what follows `driver:`";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_driver_that_fails_later_ends_the_call_and_all_that_follow() {
    let Some(directory) = bad_driver() else { return };
    let cases = [
        (
            "dies in submit",
            "ended with exit code 7 during `submit`; its last words: first words | last words",
            "ended with exit code 7 before `shutdown`; its last words: first words | last words",
        ),
        ("answers another", "answered request 999999, which nobody waits for", "answered request 999999,"),
        ("answers twice", "answered request ", "answered request "),
    ];
    for (behaviour, first, later) in cases {
        let address = address(directory.path(), behaviour);
        let house = Gatehouse::new();
        let subject = subject(&address);
        let (executor, number) = match subject.open(&Config::workers(1), &house) {
            Ok(opened) => opened,
            // The second answer may be read before the first is acted upon.
            Err(OpenError::Setup(error)) if behaviour == "answers twice" => {
                assert!(error.to_string().contains(first), "{error}");
                continue;
            }
            Err(other) => panic!("{other}"),
        };
        let begins = |fault: Option<Fault>, expected: &str| {
            let Some(Fault::Driver(sentence)) = fault else { panic!("{behaviour}: {fault:?}") };
            let expected = format!("the driver of `{address}` {expected}");
            assert!(sentence.starts_with(&expected), "{behaviour}: {sentence}");
        };
        begins(executor.submit(probe(&house, number, 1, vec![], Value::None)).err(), first);
        begins(executor.shutdown(poolproof_harness::Shutdown::WAIT).err(), later);
    }
}

#[test]
fn a_wrong_answer_is_the_fault_of_that_call_alone() {
    let Some(directory) = bad_driver() else { return };
    let address = address(directory.path(), "confuses types");
    let house = Gatehouse::new();
    let (executor, number) = subject(&address).open(&Config::workers(1), &house).unwrap();
    let future = executor.submit(probe(&house, number, 1, vec![], Value::None)).unwrap();
    let expected = format!(
        "the driver of `{address}` answered `state` with `{{\"running\":\"perhaps\"}}`: \
         invalid type: string \"perhaps\", expected a boolean"
    );
    assert_eq!(future.state(), Err(Fault::Driver(expected)));
    assert_eq!(executor.shutdown(poolproof_harness::Shutdown::WAIT), Ok(()));
}

#[test]
fn a_call_that_the_driver_does_not_know_is_its_fault() {
    let Some(directory) = bad_driver() else { return };
    let house = Gatehouse::new();
    let subject = subject(&address(directory.path(), "does not know"));
    let (executor, number) = subject.open(&Config::workers(1), &house).unwrap();
    let fault = executor.submit(probe(&house, number, 1, vec![], Value::None)).err();
    assert_eq!(fault, Some(Fault::Driver("there is no call `submit`".into())));
}

#[test]
fn the_death_of_the_driver_wakes_everybody() {
    for address in standard().into_iter().filter(|address| address.contains("thread")) {
        let scene = Scene::open(address, 2);
        let gate = scene.house.gate();
        let dying = scene.submit(1, vec![Step::Pass(gate.id()), Step::Die(Death::Kill)], Value::None);
        assert!(gate.await_arrivals(1, patience()));
        std::thread::scope(|scope| {
            let waiters: Vec<_> = (0..3).map(|_| scope.spawn(|| dying.result(None))).collect();
            gate.open();
            for waiter in waiters {
                let Err(Fault::Driver(reason)) = waiter.join().unwrap() else { panic!("nobody told") };
                assert!(reason.contains("was killed by signal 9") && reason.contains("`result`"), "{reason}");
            }
        });
        // The next executor has a new driver.
        let another = scene.another(1);
        assert!(another.submit(scene.probe(2, vec![], Value::None)).is_ok());
    }
}

#[test]
fn a_round_under_a_dying_driver_says_so() {
    let Some(directory) = bad_driver() else { return };
    let address = address(directory.path(), "confuses types");
    let mut contender = poolproof_executors::registry::contender(&address).unwrap();
    contender.open(1).unwrap();
    let spec = RoundSpec { workload: Workload::Empty, tasks: 1, dispatch: Dispatch::Submit, port: 0 };
    let Err(RoundError::Died(reason)) = contender.round(&spec) else { panic!("it has no figure") };
    assert!(reason.contains("answered `round` with `null`"), "{reason}");
}

#[test]
fn a_driver_ends_when_nobody_holds_it_whatever_hangs_in_it() {
    for address in standard().into_iter().filter(|address| address.contains("thread")) {
        let scene = Scene::open(address, 1);
        let (_gate, parked) = scene.parked(1);
        let house = scene.house;
        let events = house.history().events();
        let worker = events.iter().find(|event| event.pid != std::process::id()).unwrap().pid;
        drop((parked, scene.executor, scene.subject));
        // The gate is still closed, so the task goes on: on threads it goes with the driver.
        assert!(!Path::new(&format!("/proc/{worker}")).exists(), "the driver goes on");
    }
}

#[test]
fn what_a_shell_would_expand_reaches_the_driver_as_it_is() {
    let Some(directory) = bad_driver() else { return };
    let script = directory.path().join("repeats");
    fs::write(&script, "import sys\nsys.exit(' '.join(sys.argv[1:]))\n").unwrap();
    let python = fs::read_to_string(directory.path().join("python")).unwrap();
    let words = "$(id);$HOME `id` * > /dev/null && 'a";
    let address = format!("driver:{python} {} {words}", script.display());
    let SetupError::Failed(sentence) = subject(&address).describe().unwrap_err() else { panic!("it fails") };
    assert!(sentence.ends_with(&format!("before it connected; its last words: {words}")), "{sentence}");
}
