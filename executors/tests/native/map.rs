//! `map` of the thread executor, with and without a limit to how far it runs ahead.

use crate::stage::{call, patience, until};
use poolproof_executors::thread::ThreadExecutor;
use poolproof_harness::{
    Actor, Executor, Failure, Future, Gatehouse, MapOptions, Raised, Refused, Shutdown, TimedOut, Work, Workload,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn work(number: u64) -> Work {
    Work { number, workload: Workload::Empty, turns: 0, port: 0 }
}

/// Numbers without end, and how many were asked for.
fn endless() -> (Box<dyn Iterator<Item = Work> + Send>, Arc<AtomicU64>) {
    let pulled = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&pulled);
    let tasks = (0..).map(move |number| {
        counted.fetch_add(1, Ordering::SeqCst);
        work(number)
    });
    (Box::new(tasks), pulled)
}

fn ahead(buffersize: usize) -> MapOptions {
    MapOptions { buffersize: Some(buffersize), ..MapOptions::default() }
}

#[test]
fn a_bounded_map_reads_an_endless_input_only_as_far_as_it_may() {
    let executor = ThreadExecutor::new(2).unwrap();
    let (tasks, pulled) = endless();
    let mut results = executor.map_buffered(tasks, ahead(3)).unwrap();
    assert_eq!(pulled.load(Ordering::SeqCst), 3);
    for number in 0..40 {
        assert_eq!(results.next(), Some(Ok(Ok(Work::answer(number)))));
        assert_eq!(pulled.load(Ordering::SeqCst), number + 4);
    }
}

#[test]
fn a_bounded_map_whose_executor_stops_says_so_after_what_was_accepted() {
    let executor = ThreadExecutor::new(2).unwrap();
    let mut results = executor.map_buffered(endless().0, ahead(2)).unwrap();
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(results.next(), Some(Ok(Ok(Work::answer(0)))));
    assert_eq!(results.next(), Some(Ok(Ok(Work::answer(1)))));
    assert!(matches!(results.next(), Some(Ok(Err(Failure::Broken(_))))));
    assert_eq!(results.next(), None);
}

#[test]
fn a_bounded_map_on_a_stopped_executor_is_refused() {
    let executor = ThreadExecutor::new(2).unwrap();
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(executor.map_buffered(endless().0, ahead(2)).map(drop), Err(Refused::Shutdown));
}

#[test]
fn a_map_is_submitted_whole_and_keeps_its_order() {
    let executor = ThreadExecutor::new(3).unwrap();
    let house = Gatehouse::new();
    let gates: Vec<_> = (0..3).map(|_| house.gate()).collect();
    let mut tasks = (0..3).zip(&gates).map(|(number, gate)| {
        let gate = gate.clone();
        call(move || {
            gate.pass(Actor::Check);
            number
        })
    });
    let results = executor.map(&mut tasks, MapOptions { chunksize: Some(0), ..MapOptions::default() }).unwrap();
    for gate in gates.iter().rev() {
        assert!(gate.await_arrivals(1, patience()));
        gate.open();
    }
    assert_eq!(results.map(|result| result.unwrap().unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn at_its_limit_a_map_gives_what_is_there_then_cancels_the_rest_and_ends() {
    let executor = ThreadExecutor::new(1).unwrap();
    let house = Gatehouse::new();
    let gate = house.gate();
    let ran = Arc::new(AtomicU64::new(0));
    let mut tasks = (0..5).map(|number| {
        let (gate, ran) = (gate.clone(), Arc::clone(&ran));
        call(move || {
            if number == 1 {
                gate.pass(Actor::Check);
            }
            ran.fetch_add(1, Ordering::SeqCst);
            number
        })
    });
    let options = MapOptions { timeout: Some(Duration::ZERO), ..MapOptions::default() };
    let mut results = executor.map(&mut tasks, options).unwrap();
    assert!(gate.await_arrivals(1, patience()));
    assert_eq!(results.next(), Some(Ok(Ok(0))), "what is available is given after the limit");
    assert_eq!(results.next(), Some(Err(TimedOut)));
    assert_eq!(results.next(), None);
    gate.open();
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(ran.load(Ordering::SeqCst), 2, "what had not started never runs");
}

#[test]
fn a_reader_that_stops_half_way_cancels_the_rest_one_that_never_began_does_not() {
    for reads in [0, 1] {
        let executor = ThreadExecutor::new(1).unwrap();
        let house = Gatehouse::new();
        let gate = house.gate();
        let ran = Arc::new(AtomicU64::new(0));
        let mut tasks = (0..6).map(|number| {
            let (gate, ran) = (gate.clone(), Arc::clone(&ran));
            call(move || {
                if number == 1 {
                    gate.pass(Actor::Check);
                }
                ran.fetch_add(1, Ordering::SeqCst);
                number
            })
        });
        let mut results = executor.map(&mut tasks, MapOptions::default()).unwrap();
        assert!(gate.await_arrivals(1, patience()));
        for _ in 0..reads {
            assert_eq!(results.next(), Some(Ok(Ok(0))));
        }
        drop(results);
        gate.open();
        executor.shutdown(Shutdown::WAIT);
        assert_eq!(ran.load(Ordering::SeqCst), if reads == 0 { 6 } else { 2 });
    }
}

#[test]
fn a_failure_comes_at_its_place_and_ends_the_map() {
    let executor = ThreadExecutor::new(2).unwrap();
    let mut tasks = (0..5).map(|number| {
        call(move || {
            assert!(number != 2, "the third item fails on purpose");
            number
        })
    });
    let mut results = executor.map(&mut tasks, MapOptions::default()).unwrap();
    assert_eq!((results.next(), results.next()), (Some(Ok(Ok(0))), Some(Ok(Ok(1)))));
    assert!(matches!(results.next(), Some(Ok(Err(Failure::Panicked(_))))));
    assert_eq!(results.next(), None);
}

#[test]
fn an_executor_without_buffersize_says_so() {
    let executor = poolproof_executors::serial::SerialExecutor::new();
    let refused = executor.map_buffered(endless().0, ahead(1)).map(drop);
    assert!(matches!(refused, Err(Refused::Other(Raised { .. }))));
    assert!(executor.submit(work(1)).unwrap().state().done);
}

#[test]
fn a_long_map_gives_every_result_once_and_in_order() {
    for (workers, items) in [(1, 3_000), (2, 20_000), (3, 5)] {
        let executor = ThreadExecutor::new(workers).unwrap();
        let results = executor.map(&mut (0..items).map(work), MapOptions::default()).unwrap();
        let values: Vec<_> = results.map(|result| result.unwrap().unwrap()).collect();
        assert_eq!(values, (0..items).map(Work::answer).collect::<Vec<_>>());
    }
}

#[test]
fn items_behind_one_that_blocks_run_on_another_worker() {
    let executor = ThreadExecutor::new(2).unwrap();
    let house = Gatehouse::new();
    let meeting = house.meeting(2);
    // Long enough for pieces of many items; the two that meet are neighbours in one of them.
    let mut tasks = (0..400).map(|number| {
        let meeting = meeting.clone();
        call(move || {
            if number == 5 || number == 6 {
                meeting.pass(Actor::Check);
            }
            number
        })
    });
    let results = executor.map(&mut tasks, MapOptions::default()).unwrap();
    assert_eq!(results.map(|result| result.unwrap().unwrap()).sum::<u64>(), 399 * 200);
}

#[test]
fn a_result_is_there_though_the_next_item_of_its_piece_blocks() {
    let executor = ThreadExecutor::new(1).unwrap();
    let house = Gatehouse::new();
    let gate = house.gate();
    let mut tasks = (0..100).map(|number| {
        let gate = gate.clone();
        call(move || {
            if number == 3 {
                gate.pass(Actor::Check);
            }
            number
        })
    });
    let mut results = executor.map(&mut tasks, MapOptions::default()).unwrap();
    for number in 0..3 {
        assert_eq!(results.next(), Some(Ok(Ok(number))));
    }
    gate.open();
    assert_eq!(results.count(), 97);
}

#[test]
fn a_shutdown_that_cancels_ends_a_map_that_is_under_way() {
    let executor = ThreadExecutor::new(1).unwrap();
    let house = Gatehouse::new();
    let gate = house.gate();
    let mut tasks = (0..100).map(|number| {
        let gate = gate.clone();
        call(move || {
            gate.pass(Actor::Check);
            number
        })
    });
    let mut results = executor.map(&mut tasks, MapOptions::default()).unwrap();
    assert!(gate.await_arrivals(1, patience()));
    executor.shutdown(Shutdown { wait: false, cancel_futures: true });
    gate.open();
    assert_eq!(results.next(), Some(Ok(Ok(0))), "what had started goes on");
    assert_eq!(results.next(), Some(Ok(Err(Failure::Cancelled))));
    assert_eq!(results.next(), None);
    executor.shutdown(Shutdown::WAIT);
}

#[test]
fn the_only_worker_may_map_and_read_its_own_map() {
    let executor = Arc::new(ThreadExecutor::new(1).unwrap());
    let own = Arc::clone(&executor);
    let parent = executor.submit(call(move || {
        let results = own.map(&mut (0..50).map(|number| call(move || number)), MapOptions::default()).unwrap();
        results.map(|result| result.unwrap().unwrap()).sum()
    }));
    assert_eq!(parent.unwrap().result(Some(crate::stage::PATIENCE)), Ok(Ok(49 * 25)));
}

#[test]
fn a_map_whose_input_panics_leaves_the_executor_usable() {
    let executor = ThreadExecutor::new(1).unwrap();
    let mut tasks = (0..5).map(|number| {
        assert!(number != 3, "the input panics on purpose");
        work(number)
    });
    assert!(poolproof_harness::contain(|| drop(executor.map(&mut tasks, MapOptions::default()))).is_err());
    assert_eq!(executor.submit(work(1)).unwrap().result(None), Ok(Ok(Work::answer(1))));
}

#[test]
fn workers_that_help_each_other_run_each_item_once() {
    const ITEMS: usize = 300;
    let executor = ThreadExecutor::new(3).unwrap();
    for round in 0..50 {
        let ran: Arc<Vec<AtomicU64>> = Arc::new((0..ITEMS).map(|_| AtomicU64::new(0)).collect());
        // An input of unknown length is cut ever longer, so its last piece is shared by all who are ready.
        let mut tasks = (0..ITEMS).filter(|_| true).map(|number| {
            let ran = Arc::clone(&ran);
            call(move || {
                if (number + round) % 7 == 0 {
                    std::thread::yield_now();
                }
                ran[number].fetch_add(1, Ordering::SeqCst);
                number as u64
            })
        });
        let results = executor.map(&mut tasks, MapOptions::default()).unwrap();
        let values: Vec<_> = results.map(|result| result.unwrap().unwrap()).collect();
        assert_eq!(values, (0..ITEMS as u64).collect::<Vec<_>>());
        assert!(ran.iter().all(|ran| ran.load(Ordering::SeqCst) == 1), "round {round}: {ran:?}");
    }
}

/// Four of them wait for one another, so each needs a worker: the first of the last piece, during which the second half of
/// it is taken over, and the last three, which are in that half, and in halves of it.
#[test]
fn items_of_one_piece_that_all_wait_for_one_another_are_run_by_all() {
    const WORKERS: u64 = 4;
    let executor = ThreadExecutor::new(WORKERS as usize).unwrap();
    let house = Gatehouse::new();
    // Whether the last piece is begun before all workers were asked for depends on the schedule.
    for _ in 0..100 {
        let meeting = house.meeting(WORKERS as usize);
        let mut tasks = (0..400).filter(|_| true).map(|number| {
            let meeting = meeting.clone();
            call(move || {
                if number == 393 || number > 400 - WORKERS {
                    meeting.pass(Actor::Check);
                }
                number
            })
        });
        let results = executor.map(&mut tasks, MapOptions::default()).unwrap();
        assert_eq!(results.map(|result| result.unwrap().unwrap()).sum::<u64>(), 399 * 200);
    }
}

#[test]
fn a_map_runs_its_first_items_while_the_input_is_read() {
    let executor = ThreadExecutor::new(1).unwrap();
    let ran = Arc::new(AtomicU64::new(0));
    let mut tasks = (0..3_000).map(|number| {
        // The input breaks off after 2000 items, until the first one has run.
        if number == 2_000 {
            until("an item runs", || ran.load(Ordering::SeqCst) > 0);
        }
        let ran = Arc::clone(&ran);
        call(move || ran.fetch_add(1, Ordering::SeqCst))
    });
    let results = executor.map(&mut tasks, MapOptions::default()).unwrap();
    assert_eq!(results.map(|result| result.unwrap().unwrap()).max(), Some(2_999));
}

#[test]
fn an_executor_that_stops_while_an_input_is_read_refuses_the_map_and_runs_nothing_more() {
    let executor = ThreadExecutor::new(1).unwrap();
    let house = Gatehouse::new();
    let gate = house.gate();
    let ran = Arc::new(AtomicU64::new(0));
    let mut tasks = (0..5_000).map(|number| {
        if number == 4_000 {
            assert!(gate.await_arrivals(1, patience()));
            executor.shutdown(Shutdown { wait: false, cancel_futures: false });
        }
        let (gate, ran) = (gate.clone(), Arc::clone(&ran));
        call(move || {
            gate.pass(Actor::Check);
            ran.fetch_add(1, Ordering::SeqCst)
        })
    });
    assert_eq!(executor.map(&mut tasks, MapOptions::default()).map(drop), Err(Refused::Shutdown));
    gate.open();
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(ran.load(Ordering::SeqCst), 1, "what had started goes on, and nothing else");
}
