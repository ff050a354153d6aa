//! Programs that cannot be workers.

use crate::support::{House, alone, children, outcome};
use poolproof_executors::process::{ProcessExecutor, StartMethod};
use poolproof_executors::registry::subject;
use poolproof_harness::{
    Capability, Config, Executor, Failure, OpenError, Patience, Shutdown, Value, set_worker_arguments,
};

/// Not a test by itself: a worker that opens an executor instead of serving.
#[test]
#[ignore = "started by another test"]
fn opens_instead_of_serving() {
    if std::env::var_os("POOLPROOF_PROCESS_WORKER").is_some() {
        let refused = ProcessExecutor::new(1).map(drop);
        let told = matches!(&refused, Err(OpenError::Setup(error)) if error.to_string().contains("instead of serving"));
        std::process::exit(if told { 42 } else { 1 });
    }
}

/// Not a test by itself: a worker that never says anything.
#[test]
#[ignore = "started by another test"]
fn says_nothing() {
    while std::env::var_os("POOLPROOF_PROCESS_WORKER").is_some() {
        std::thread::park();
    }
}

/// How the tasks fail when this test is started as a worker.
fn failure(test: &str, patience: Option<Patience>) -> String {
    let _alone = alone();
    set_worker_arguments(["--exact", test, "--ignored", "--nocapture"]);
    let house = House::new();
    let mut builder = ProcessExecutor::builder(1);
    if let Some(patience) = patience {
        builder = builder.patience(patience);
    }
    let executor = builder.open().expect("what the program does is known when it is started");
    let future = executor.submit(house.echo(1)).unwrap();
    let reason = match outcome(&future) {
        Err(Failure::Broken(reason)) => reason,
        other => panic!("no worker can run it, and it ended with {other:?}"),
    };
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(children(), [0_u32; 0]);
    assert!(reason.contains("serve_if_worker()") && reason.contains(test), "{reason}");
    reason
}

#[test]
fn arguments_that_run_no_worker_are_named() {
    let reason = failure("no_such_test", None);
    assert!(reason.contains("exited with code 0 before it said that it is a worker"), "{reason}");
}

#[test]
fn a_program_that_never_answers_is_given_up() {
    let reason = failure("setup::says_nothing", Some(Patience::ticks(20)));
    assert!(reason.contains("did not say in time that it is a worker"), "{reason}");
}

#[test]
fn a_worker_that_opens_an_executor_instead_of_serving_is_refused() {
    let reason = failure("setup::opens_instead_of_serving", None);
    assert!(reason.contains("exited with code 42"), "{reason}");
}

#[test]
fn the_address_says_how_workers_start() {
    let _alone = alone();
    let house = House::new();
    let spawn = subject("process?start=spawn").unwrap();
    assert!(spawn.describe().unwrap().profile.has(Capability::Isolation));
    let (executor, _) = spawn.open(&Config::workers(1), &house.gates).unwrap();
    let future = executor.submit(house.echo(1)).unwrap();
    assert_eq!(future.result(None), Ok(Ok(Value::Int(1))));
    executor.shutdown(Shutdown::WAIT).unwrap();
    let unknown = subject("process?start=clone").unwrap_err().to_string();
    assert!(unknown.contains("use `spawn`, `forkserver` or `fork`"), "{unknown}");
}

#[test]
fn a_program_with_several_threads_is_not_forked() {
    let _alone = alone();
    crate::crossing::tasks().serve_if_worker();
    // A test runs in a thread of its own.
    let refused = ProcessExecutor::builder(1).start_method(StartMethod::Fork).open().map(drop).unwrap_err().to_string();
    assert!(refused.contains("safe only while it has one thread") && refused.contains("use `spawn`"), "{refused}");
    let executor = ProcessExecutor::builder(1).start_method(StartMethod::ForkServer).open().unwrap();
    match outcome(&executor.submit(House::bare(1)).unwrap()) {
        Err(Failure::Broken(reason)) => assert!(reason.contains("safe only while that has one thread"), "{reason}"),
        other => panic!("a test program is no template, and it ended with {other:?}"),
    }
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(children(), [0_u32; 0]);
}
