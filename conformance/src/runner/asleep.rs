//! Checks that sleep pass their turn on; whoever works keeps it.

use super::check::{Held, Runner};
use super::lane::Reentry;
use super::limits::Limits;
use super::listen::{Child, Silences, listen};
use super::machine::Calibration;
use super::options::Options;
use super::protocol::{ASLEEP, Secret};
use crate::{Ledger, broken, find, serve_if_child};
use poolproof_harness::{AnyExecutor, Config, Description, Gatehouse, OpenError, Patience, SetupError, Subject};
use std::io::{self, Read};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

/// A subject that does not open before whoever listens at its address hangs up.
#[derive(Debug)]
struct Sleeping(String);

impl Subject for Sleeping {
    fn address(&self) -> &str {
        &self.0
    }

    fn describe(&self) -> Result<Description, SetupError> {
        let plain = broken::subject("sound/plain").ok_or_else(|| SetupError::failed("the plain pool is missing"))?;
        Ok(Description { address: self.0.clone(), ..plain.describe()? })
    }

    fn open(&self, _: &Config, _: &Gatehouse) -> Result<(Arc<dyn AnyExecutor>, u32), OpenError> {
        let end = UnixStream::connect(&self.0).and_then(|mut stream| stream.read(&mut [0]));
        Err(SetupError::failed(format!("it was let go: {end:?}")).into())
    }
}

/// This program becomes the child of a check by running this test alone.
#[test]
fn a_check_that_sleeps_lets_another_one_run() {
    serve_if_child(|address| Ok(Box::new(Sleeping(address.to_owned()))));
    let this = "runner::asleep::a_check_that_sleeps_lets_another_one_run";
    let place = tempfile::tempdir().expect("a directory can be made");
    let address = place.path().join("socket");
    let listener = UnixListener::bind(&address).expect("a socket can be made");
    let subject = Sleeping(address.display().to_string()).describe().expect("it describes itself");
    // None of them may be given up before all are there.
    let calibration = Calibration { ticks: 3000, opening: 3000, because: String::new(), well: false, declared: None };
    let checks: Vec<_> = ["SUB-001", "SUB-002", "SUB-005"].map(|id| find(id).expect("it exists")).into();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut there: Vec<_> = checks.iter().map(|_| listener.accept().expect("somebody comes").0).collect();
            for stream in &mut there {
                stream.set_nonblocking(true).expect("it is a socket");
                let said = stream.read(&mut [0]).map_err(|error| error.kind());
                assert_eq!(said, Err(io::ErrorKind::WouldBlock), "all of them must sleep at once");
            }
        });
        let runner =
            Runner::reentering(Options { jobs: 2, ledger: Ledger::none(), ..Options::default() }, Reentry::test(this));
        let done = runner.check_calibrated(&calibration, &subject, &checks, Held::default(), &mut |_| {});
        done.expect("it can be checked, to no avail");
    });
}

/// What a runner hears from the warden of a shell that never reports, until that is given up.
fn heard_of(script: &str) -> String {
    let mut shell = Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).spawn().expect("a shell is there");
    let (reports, _silent) = UnixStream::pair().expect("sockets can be made");
    let (ours, mut runner) = UnixStream::pair().expect("sockets can be made");
    let (output, _open) = io::pipe().expect("a pipe can be made");
    let (secret, stacks) = (Secret::default(), std::env::temp_dir());
    let child = Child { pid: shell.id().cast_signed(), reports, output, secret, stacks };
    let limits = Limits { memory: u64::MAX, processes: usize::MAX };
    let silences = Silences::of(Patience::ticks(60));
    let watched = listen(&child, &ours, silences, limits, None).expect("the runner is there");
    assert!(watched.hang.is_some(), "it never reports");
    shell.kill().expect("it is there");
    shell.wait().expect("it ends");
    drop(ours);
    let mut heard = String::new();
    runner.read_to_string(&mut heard).expect("it is text");
    heard
}

#[test]
fn whoever_sleeps_is_told_once_and_whoever_works_never() {
    assert_eq!(heard_of("trap : USR1; read line"), format!("{ASLEEP}\n"));
    assert_eq!(heard_of("trap : USR1; while :; do :; done"), "");
}
