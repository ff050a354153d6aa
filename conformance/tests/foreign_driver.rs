//! The driver in Perl of `examples/perl-driver`: right as it is, and each mistake in one of its messages
//! is explained by `smoke`.

use poolproof_executors::smoke::{Found, Smoke, smoke};
use poolproof_harness::Patience;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const DRIVER: &str = include_str!("../examples/perl-driver/driver.pl");

/// What is written instead of what; the message that is wrong then, and what must be said of it.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    ("versions => \"Perl $]\", ", "", "hello", "`versions` in the answer to `hello` must be a text"),
    ("cancel => 'eager', ", "cancel => 'sometimes', ", "hello", "`profile` in the answer to `hello` cannot be read"),
    (
        "return fault => {driver => \"there is",
        "return ok => {driver => \"there is",
        "an unknown call",
        "must be answered with",
    ),
    (
        "{driver => \"the handle",
        "{setup => \"the handle",
        "a handle that is not held",
        "must be answered with the fault",
    ),
    (
        "delete $held{$_[0]{handle}}; ok => undef",
        "delete $held{$_[0]{handle}}; ok => 1",
        "a handle that is not held",
        "`drop`",
    ),
    ("active => 0}; ok => undef", "active => 0}; ok => 1", "the order of a lane", "`open` must be answered with null"),
    (
        "task($r->{probe})); ok => undef",
        "task($r->{probe})); ok => 1",
        "the order of a lane",
        "`submit` must be answered with null",
    ),
    ("sub { $_[0] }) },", "sub { $_[0]{Ok} }) },", "the order of a lane", "`result` must be answered with"),
    (
        "{id => $request->{id}, @answer}",
        "{id => 7, @answer}",
        "hello",
        "must be answered next, but the driver answered 7",
    ),
    ("@{$lanes{$request->{lane}}}", "@{$lanes{0}}", "lanes", "did not answer `state, while another lane"),
    ("$over = 1; ok => undef", "$over = 1; ok => 1", "bye", "`bye` must be answered with null"),
    ("version => substr($^V, 1)", "version => 'five'", "describe", "`version` must be a bare number"),
    ("{identity => {pid => $$", "{identity => {pid => 1", "identity", "process and thread of the task's events"),
    ("clock_gettime(CLOCK_MONOTONIC) }", "Time::HiRes::time() }", "note", "CLOCK_MONOTONIC"),
    ("{arrived => $how}, pass => $how)", "{arrived => $how})", "lanes", "must arrive at its gate, but never did"),
    ("workers => $r->{workers}, queue", "workers => 1, queue", "workers", "must run 2 tasks at a time"),
    ("kind => 'ProbeError'", "kind => 'Error'", "fail", "the outcome of a task that fails must be"),
    ("done => bool($cancelled || $state eq 'done'), ", "", "state", "missing field `done`"),
    ("? (fault => 'timed_out')", "? (fault => {driver => 'late'})", "result with a limit", "must be Err(TimedOut)"),
    ("sub { $_[0]{Err} }", "sub { $_[0] }", "exception", "exception"),
    (
        "bool(cancel($held{$_[0]{future}}))",
        "bool(!cancel($held{$_[0]{future}}))",
        "cancel",
        "`cancelled` after `cancel` answered",
    ),
    ("label => $label, owner => $$", "label => $label, owner => 0", "canary", "the release of a task"),
    ("{refused => 'shutdown'}", "{raised => {kind => 'E', message => 'e'}}", "shutdown", "must be refused as such"),
    ("{elapsed_ns => $elapsed", "{elapsed_ns => 1", "round", "`trips_ns`"),
];

/// What smoke finds, with one thing written differently.
fn with_a_mistake(directory: &Path, number: usize, (right, wrong): (&str, &str)) -> Smoke {
    assert_eq!(DRIVER.matches(right).count(), 1, "`{right}` must be there once");
    let path = directory.join(format!("driver-{number}.pl"));
    fs::write(&path, DRIVER.replace(right, wrong)).expect("the directory can be written");
    smoke(&format!("driver:perl {}", path.display()), Patience::at_least(Duration::from_secs(4)))
        .expect("perl is there")
}

#[test]
fn smoke_explains_each_mistake_in_a_message_of_the_driver_in_perl() {
    let perl = Command::new("perl").args(["-MJSON::PP", "-e", "1"]).output();
    if !perl.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: there is no Perl with its standard library here (apt-get install perl)");
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let right = with_a_mistake(directory.path(), 0, ("use strict;", "use strict;"));
    assert!(right.is_right(), "{:?}", right.wrong().collect::<Vec<_>>());
    // All at a time: nearly all of it passes in waiting for answers that never come.
    std::thread::scope(|scope| {
        for (number, &(right, wrong, method, says)) in (1..).zip(MISTAKES) {
            let directory = directory.path();
            scope.spawn(move || {
                let found = with_a_mistake(directory, number, (right, wrong));
                let first = found.wrong().next().unwrap_or_else(|| panic!("{wrong}: nothing was found"));
                let Found::Wrong(sentence) = &first.found else { unreachable!("it is wrong") };
                assert_eq!(first.method, method, "{wrong}: {sentence}");
                assert!(sentence.contains(says), "{wrong}: {sentence}");
            });
        }
    });
}
