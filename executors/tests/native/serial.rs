//! The serial executor.

use crate::stage::{Stage, call};
use poolproof_executors::serial::SerialExecutor;
use poolproof_harness::{Config, Executor, Failing, Fault, Future, Gatehouse, Refused, State, Step};

#[test]
fn a_task_runs_in_the_caller_before_submit_returns() {
    let caller = std::thread::current().id();
    let executor = SerialExecutor::new();
    let future = executor.submit(call(move || u64::from(std::thread::current().id() == caller))).unwrap();
    assert_eq!(future.state(), State::FINISHED);
    assert_eq!(future.result(None), Ok(Ok(1)));
    assert_eq!(future.cancel(), Ok(false));
}

#[test]
fn a_failing_initialiser_breaks_it_for_good() {
    for failing in [Failing::Error, Failing::Panic] {
        let stage = Stage::open("serial", 1);
        let config = Config { initialiser: Some(stage.probe(vec![Step::Fail(failing)])), ..Config::workers(1) };
        let subject = poolproof_executors::registry::subject("serial").unwrap();
        let (executor, _) = subject.open(&config, &Gatehouse::new()).unwrap();
        for _ in 0..2 {
            let refused = executor.submit(stage.probe(vec![])).map(drop);
            assert!(matches!(refused, Err(Fault::Refused(Refused::Broken(_)))), "{refused:?}");
        }
        assert_eq!(stage.house.history().started().len(), 0);
    }
}
