//! Models of a map: loom runs each in every order that the memory model allows, up to the given number
//! of preemptions; the command is that of the pool's models.
//!
//! Each model names the changes that make it fail; every one was tried, alone. A lost wake-up shows as a deadlock.

use super::board::Board;
use super::part::Part;
use super::piece::{Next, Piece};
use super::places::Kept;
use loom::sync::{Condvar, Mutex};
use loom::thread;
use poolproof_harness::{Failure, MapOptions, QueuePolicy, Raised, Shutdown, Task};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

#[derive(Serialize, Deserialize)]
struct Same(u32);
impl Task for Same {
    const NAME: &'static str = "same";
    type Output = u32;
    fn run(self) -> Result<u32, Raised> {
        Ok(self.0)
    }
}

fn piece(items: std::ops::RangeInclusive<u32>) -> Arc<Piece<Same>> {
    Arc::new(Piece::new(&mut items.map(Same), 9))
}

/// Every outcome, in input order.
fn read(piece: &Piece<Same>) -> Vec<Kept<u32>> {
    let mut all = Vec::new();
    loop {
        match piece.take() {
            Next::Outcome(outcome) => all.push(outcome),
            Next::Later => piece.wait(None).unwrap(),
            Next::End => return all,
        }
    }
}

/// *Two who have nothing to do cut a part while its owner claims.* Each position is claimed once. Fails if `claim` or
/// `cut` passes no fence; if `claim` does not ask again, or does so without the mutex; or if `cut` does not
/// leave to the owner what it asked for.
#[test]
fn each_position_is_claimed_once() {
    loom::model(|| {
        let shared = Arc::new((Mutex::new(()), Part::new(0..3)));
        let cut = |how: fn(&Part) -> std::ops::Range<usize>| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let _held = shared.0.lock().unwrap();
                how(&shared.1).collect::<Vec<_>>()
            })
        };
        let others = [cut(Part::halve), cut(Part::empty)];
        let mut claimed = Vec::new();
        while let Some(position) = shared.1.claim(|| shared.0.lock().unwrap()) {
            claimed.push(position);
        }
        others.into_iter().for_each(|other| claimed.extend(other.join().unwrap()));
        claimed.sort_unstable();
        assert_eq!(claimed, [0, 1, 2]);
    });
}

/// *The reader falls asleep while two workers share a piece.* The outcome that it waits for may come after the one
/// behind it. Fails if `wait` does not say what it sleeps for before it looks for it, or passes no fence in between; if
/// `run` passes none, or looks whether somebody waits before it puts the outcome in; if `wake` does not take the mutex;
/// or if `put` publishes with relaxed ordering.
#[test]
fn a_reader_that_falls_asleep_gets_every_outcome_in_order() {
    loom::model(|| {
        let piece = piece(1..=2);
        let share = piece.begin();
        let owner = thread::spawn(move || drop(share.run(|| ())));
        let helped = Arc::clone(&piece);
        let helper = thread::spawn(move || helped.divide().map(|share| drop(share.run(|| ()))));
        assert_eq!(read(&piece), [Ok(1), Ok(2)]);
        owner.join().unwrap();
        helper.join().unwrap();
    });
}

/// *A map is given up while a worker takes its items.* Each item is run or cancelled, those that are run come before
/// those that are cancelled, and the reader gets them all. Fails if `fail` wakes nobody, or if `cut` does not leave to
/// the owner what it asked for.
#[test]
fn an_item_is_run_or_cancelled_and_never_both() {
    loom::model(|| {
        let piece = piece(1..=2);
        let share = piece.begin();
        let worker = thread::spawn(move || drop(share.run(|| ())));
        let ending = Arc::clone(&piece);
        let ending = thread::spawn(move || ending.end(&Failure::Cancelled));
        let ran = read(&piece).into_iter().map(|outcome| match outcome {
            Ok(value) => value,
            Err(failure) => {
                assert_eq!(*failure, Failure::Cancelled);
                0
            }
        });
        let ran: Vec<_> = ran.collect();
        assert!(matches!(ran[..], [1, 2] | [1, 0] | [0, 0]), "{ran:?}");
        worker.join().unwrap();
        ending.join().unwrap();
    });
}

/// *A piece is put up while the only job finds that nothing is left.* It is run by that job, or one more is wanted.
/// Fails if `claim` leaves without looking whether a piece came meanwhile, or without taking itself off the books.
#[test]
fn a_piece_that_is_put_up_last_has_a_job() {
    loom::model(|| {
        let board = Arc::new(Board::new());
        let pieces = [piece(1..=1), piece(2..=2)];
        let work = |board: &Board<Same>| {
            while let Some(share) = board.claim(true) {
                board.done(share.run(|| ()));
            }
        };
        board.post(&pieces[0]);
        assert!(board.wants_job(1) && !board.wants_job(1));
        let working = Arc::clone(&board);
        let worker = thread::spawn(move || work(&working));
        board.post(&pieces[1]);
        if board.wants_job(1) {
            work(&board);
        }
        worker.join().unwrap();
        let there = pieces.map(|piece| matches!(piece.take(), Next::Outcome(Ok(_))));
        assert_eq!(there, [true, true]);
    });
}

/// Waits for `Self(true)`, which tells.
#[derive(Serialize, Deserialize)]
struct Meets(bool, #[serde(skip)] Arc<(Mutex<bool>, Condvar)>);
impl Task for Meets {
    const NAME: &'static str = "meets";
    type Output = ();
    fn run(self) -> Result<(), Raised> {
        let (there, told) = &*self.1;
        let mut there = there.lock().unwrap();
        *there |= self.0;
        told.notify_all();
        while !*there {
            there = told.wait(there).unwrap();
        }
        Ok(())
    }
}

/// *The first job begins the only piece before the second is asked for, and its item waits for the one behind it.* The
/// second job is wanted all the same, and takes that item over; without it the first would wait for ever. Fails if
/// `wants_job` does not count what is left of pieces that were begun, or counts no shares.
#[test]
fn an_item_of_a_piece_that_was_begun_has_a_job() {
    loom::model(|| {
        let board = Arc::new(Board::new());
        let met = Arc::default();
        let items = [false, true].map(|tells| Meets(tells, Arc::clone(&met)));
        board.post(&Arc::new(Piece::new(&mut items.into_iter(), 2)));
        let mut jobs = Vec::new();
        while board.wants_job(2) {
            let board = Arc::clone(&board);
            jobs.push(thread::spawn(move || {
                while let Some(share) = board.claim(true) {
                    board.done(share.run(|| ()));
                }
            }));
        }
        jobs.into_iter().for_each(|job| job.join().unwrap());
        assert!(*met.0.lock().unwrap());
    });
}

/// *A map races with a shutdown that cancels.* It is refused, or its results end: with all outcomes, or with a
/// cancellation. Fails if neither the pool, which knows the map, nor the fate of its jobs ends it.
#[test]
fn a_map_ends_when_the_pool_is_shut_down() {
    loom::model(|| {
        let config = super::super::config::Config {
            workers: 1,
            queue: QueuePolicy::Unbounded,
            name: "model".into(),
            initialiser: None,
            interpreter: None,
        };
        let pool = super::Pool::new(config);
        let other = Arc::clone(&pool);
        let stopping = thread::spawn(move || other.shutdown(Shutdown::CANCEL));
        // Never reached; with a limit the reader leaves the work to the worker.
        let options = MapOptions { timeout: Some(Duration::from_secs(3600)), ..MapOptions::default() };
        if let Ok(results) = super::map(&pool, &mut [Same(1)].into_iter(), options) {
            let results: Vec<_> = results.collect();
            assert!(matches!(results[..], [Ok(Ok(1) | Err(Failure::Cancelled))]), "{results:?}");
        }
        stopping.join().unwrap();
        pool.shutdown(Shutdown::WAIT);
    });
}
