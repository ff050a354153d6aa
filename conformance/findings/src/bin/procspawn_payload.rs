//! Title: procspawn 1.0.2: a panic whose payload panics when it is dropped is lost
//! Subject: procspawn
//! Requirement: FAIL-032
//! Also: FAIL-033
//! Expect: a payload that panics: process spawn error: remote side closed
//! Upstream: not reported as far as is known
//!
//! A process that ran a task catches its panic and notes its text, but drops the payload before it sends that back,
//! outside of what catches panics. If that drop panics, the process ends without a word.

use std::time::Duration;

struct Payload;
impl Drop for Payload {
    fn drop(&mut self) {
        panic!("and again");
    }
}

fn report(what: &str, mut handle: procspawn::JoinHandle<()>) {
    match handle.join_timeout(Duration::from_secs(60)) {
        Ok(()) => println!("{what}: the task returned"),
        Err(error) => println!("{what}: {error}"),
    }
}

fn main() {
    procspawn::init();
    // Without a pool nobody kills the process.
    report("a text", procspawn::spawn((), |()| panic!("the text that explains it")));
    report("a payload that panics", procspawn::spawn((), |()| std::panic::panic_any(Payload)));
}
