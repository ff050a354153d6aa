//! The examples of `PROTOCOL.md`, played to the driver and to the gatehouse.

use crate::scene::patience;
use poolproof_executors::driver;
use poolproof_harness::Gatehouse;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;

const PROTOCOL: &str = include_str!("../../PROTOCOL.md");

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// What two objects have in common where versions and times differ.
fn keys(value: &Value) -> Vec<&String> {
    value["ok"].as_object().into_iter().flat_map(|object| object.keys()).collect()
}

#[test]
fn the_driver_answers_as_the_example_says() {
    let Ok(python) = driver::interpreter(None) else { return println!("SKIPPED: no Python") };
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("driver");
    let listener = UnixListener::bind(&socket).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let mut command = Command::new(python.path);
    command.arg(source.join("poolproof_main.py")).env("PYTHONPATH", source).env("POOLPROOF_DRIVER", &socket);
    let mut process = command.env("PYTHONDONTWRITEBYTECODE", "1").spawn().unwrap();
    let (stream, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut calls = Vec::new();
    for line in PROTOCOL.lines() {
        if let Some(request) = line.strip_prefix("> ") {
            calls.push(parse(request)["call"].clone());
            writeln!(&stream, "{request}").unwrap();
        } else if let Some(answer) = line.strip_prefix("< ") {
            let (expected, got) = (parse(answer), parse(&lines.next().unwrap().unwrap()));
            match calls.last().and_then(Value::as_str) {
                Some("hello" | "round" | "complete") => assert_eq!(keys(&got), keys(&expected)),
                _ => assert_eq!(got, expected),
            }
        }
    }
    assert!(process.wait().unwrap().success());
    // The table of calls and the example name the same calls.
    let rows = PROTOCOL.split("## 4. Calls").nth(1).unwrap().lines().filter_map(|line| line.strip_prefix("| `"));
    // `end_program` would leave nobody to say `bye` to; it has a test of its own.
    calls.push("end_program".into());
    for name in rows.take_while(|row| !row.starts_with("{\"raised")).map(|row| row.split('`').next().unwrap()) {
        assert!(calls.iter().any(|call| call == name) || name.starts_with('"'), "no example of `{name}`");
    }
}

#[test]
fn the_gatehouse_answers_as_the_example_says() {
    let house = Gatehouse::new();
    let gate = house.gate();
    let stream = UnixStream::connect(house.listen().unwrap().path).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let section = PROTOCOL.split("## 7.").nth(1).unwrap();
    let example = section.split("```").nth(1).unwrap().lines().skip(1);
    for line in example {
        if line == "{\"ok\":true}" {
            assert_eq!(lines.next().unwrap().unwrap(), line);
        } else {
            writeln!(&stream, "{line}").unwrap();
            if line.contains("pass") {
                assert!(gate.await_arrivals(1, patience()));
                gate.open();
            }
        }
    }
    assert_eq!(house.history().started(), [3]);
}
