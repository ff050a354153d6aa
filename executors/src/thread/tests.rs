//! Workers start late, sleep, and are found again.

use crate::thread::ThreadExecutor;
use poolproof_harness::{Canary, Executor, Future, Gatehouse, Patience, Probe, Shutdown, Step, Value, Work, Workload};
use std::time::Duration;

fn work(number: u64) -> Work {
    Work { number, workload: Workload::Empty, turns: 0, port: 0 }
}

/// A result may be there before its worker sleeps again.
fn await_sleeper(executor: &ThreadExecutor) {
    let mut deadline = Patience::at_least(Duration::from_secs(60)).start();
    while executor.pool().lock().idle.asleep() == 0 {
        std::thread::park_timeout(deadline.next_slice().expect("an idle worker must sleep") / 100);
    }
}

#[test]
fn no_worker_is_there_before_the_first_task_nor_after_a_waiting_shutdown() {
    let executor = ThreadExecutor::new(4).unwrap();
    assert_eq!(executor.pool().lock().started, 0);
    drop(executor.submit(work(1)).unwrap());
    assert_eq!(executor.pool().lock().started, 1);
    executor.shutdown(Shutdown::WAIT);
    let state = executor.pool().lock();
    assert_eq!((state.alive, state.idle.count(), state.queue.len()), (0, 0, 0));
    assert!(executor.pool().threads.lock().unwrap().is_empty(), "every thread is joined");
}

#[test]
fn an_idle_worker_is_reused_before_another_is_started() {
    let executor = ThreadExecutor::new(4).unwrap();
    for number in 0..50 {
        assert_eq!(executor.submit(work(number)).unwrap().result(None), Ok(Ok(Work::answer(number))));
        await_sleeper(&executor);
    }
    assert_eq!(executor.pool().lock().started, 1);
}

#[test]
fn a_sleeper_that_was_woken_already_does_not_count_for_the_next_task() {
    for _ in 0..100 {
        let executor = ThreadExecutor::new(2).unwrap();
        let house = Gatehouse::new();
        let gate = house.meeting(2);
        executor.submit(work(1)).unwrap().result(None).unwrap().unwrap();
        await_sleeper(&executor);
        let meeting = [1, 2].map(|label| {
            let steps = vec![Step::Pass(gate.id())];
            let house = house.local_address();
            let probe = Probe { label, house, executor: 0, steps, value: Value::None, canary: Canary::default() };
            executor.submit(probe).unwrap()
        });
        for future in meeting {
            assert_eq!(future.result(Some(Duration::from_secs(60))), Ok(Ok(Value::None)));
        }
    }
}
