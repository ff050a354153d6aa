//! Models of a map: loom runs each in every order that the memory model allows, up to the given number
//! of preemptions; the command is that of the pool's models.
//!
//! Each model names the changes that make it fail; every one was tried, alone. A lost wake-up shows as a deadlock.

use super::piece::{Kept, Piece};
use loom::thread;
use poolproof_harness::{Failure, MapOptions, QueuePolicy, Raised, Shutdown, Task};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
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

fn piece() -> Arc<Piece<Same>> {
    Arc::new(Piece::new(vec![Same(1), Same(2)]))
}

/// Runs what is left of the piece beside the model's own thread.
fn working(piece: &Arc<Piece<Same>>) -> thread::JoinHandle<()> {
    let piece = Arc::clone(piece);
    thread::spawn(move || piece.run(|| ()))
}

/// Every outcome, in input order.
fn read(piece: &Piece<Same>) -> Vec<Kept<u32>> {
    let (mut taken, mut all) = (VecDeque::new(), Vec::new());
    while all.len() < 2 {
        piece.read(&mut taken, None).unwrap();
        all.extend(taken.drain(..));
    }
    all
}

/// *The reader falls asleep while two workers share a piece.* The outcome that it waits for may come after the one
/// behind it. Fails if `read` does not say that it sleeps, or does not look under the mutex in which it says so; if
/// `run` wakes for another outcome than the one that is awaited; or if it looks whether somebody waits before it has the
/// mutex in which it puts the outcome in.
#[test]
fn a_reader_that_falls_asleep_gets_every_outcome_in_order() {
    loom::model(|| {
        let piece = piece();
        let workers = [working(&piece), working(&piece)];
        assert_eq!(read(&piece), [Ok(1), Ok(2)]);
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    });
}

/// *A map is given up while a worker takes its items.* Each item is run or cancelled, those that are run come before
/// those that are cancelled, and the reader gets them all. Fails if `end` finds out which items have started before it
/// has the mutex in which it takes the others out, or if it wakes nobody.
#[test]
fn an_item_is_run_or_cancelled_and_never_both() {
    loom::model(|| {
        let piece = piece();
        let worker = working(&piece);
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
