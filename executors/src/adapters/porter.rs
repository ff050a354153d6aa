//! Does in a thread of its own what cannot be done where it comes up, because a lock is held there.
//!
//! The thread lives for as long as there is something to do. What is to be done, and whether there is a thread, is
//! under one mutex: who puts something in finds the thread still there, and then the thread finds it, or starts
//! another one.

use poolproof_harness::contain;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// Something to be done.
type Errand = Box<dyn FnOnce() + Send>;

/// What is to be done, in the order in which it came.
struct Porter {
    errands: VecDeque<Errand>,
    /// Whether there is a thread that will look for more.
    works: bool,
}

static PORTER: Mutex<Porter> = Mutex::new(Porter { errands: VecDeque::new(), works: false });

fn porter() -> MutexGuard<'static, Porter> {
    PORTER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has `errand` done soon, in another thread, and does not wait for it.
///
/// If no thread can be started it is done when the next one can.
pub(super) fn carry(errand: impl FnOnce() + Send + 'static) {
    let mut porter = porter();
    porter.errands.push_back(Box::new(errand));
    if !porter.works {
        porter.works = thread::Builder::new().name("poolproof-porter".into()).spawn(work).is_ok();
    }
}

fn work() {
    while let Some(errand) = next() {
        // What one panics with, and a destructor may, keeps the others from nothing. The panic hook has told.
        let _ = contain(errand);
    }
}

/// The next errand; if there is none, the thread is done.
fn next() -> Option<Errand> {
    let mut porter = porter();
    let errand = porter.errands.pop_front();
    porter.works = errand.is_some();
    errand
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn an_errand_is_done_elsewhere_and_none_is_left_behind() {
        let (said, heard) = channel();
        for round in 0..1_000 {
            let said = said.clone();
            carry(move || said.send((round, thread::current().id())).unwrap());
            if round % 100 == 0 {
                carry(|| panic!("an errand panics on purpose"));
            }
            if round % 7 == 0 {
                // The thread may end, or not, before the next one comes.
                thread::yield_now();
            }
        }
        drop(said);
        let done: Vec<_> = heard.iter().collect();
        assert!(done.iter().map(|(round, _)| *round).eq(0..1_000), "all of them, in order");
        assert!(done.iter().all(|(_, thread)| *thread != thread::current().id()));
    }
}
