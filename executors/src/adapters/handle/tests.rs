//! Futures over a handle that the test completes itself.

use super::super::porter;
use super::*;
use std::sync::{Mutex, MutexGuard};

#[derive(Clone, Default)]
struct Task(Arc<Mutex<Facts>>);

/// What is known of a task on either side of its handle.
#[derive(Default)]
struct Facts {
    given: Option<Given<u32>>,
    waker: Option<Waker>,
    polls: usize,
    let_go: bool,
}

impl Task {
    fn future() -> (Self, Handled<u32, Self>) {
        let task = Self::default();
        (task.clone(), Handled::new(Started::number(), task))
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap()
    }

    /// Completes the handle, and gives the waker that is to be told.
    fn complete(&self, given: Given<u32>) -> Option<Waker> {
        let mut facts = self.facts();
        facts.given = Some(given);
        facts.waker.take()
    }

    /// Waits until it was polled so often.
    fn polled(&self, polls: usize) {
        while self.facts().polls < polls {
            thread::yield_now();
        }
    }
}

impl Handle<u32> for Task {
    fn let_go(self) {
        self.facts().let_go = true;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Given<u32>> {
        let mut facts = self.facts();
        facts.polls += 1;
        let given = facts.given.clone();
        facts.waker = given.is_none().then(|| context.waker().clone());
        given.map_or(Poll::Pending, Poll::Ready)
    }
}

#[test]
fn who_waits_alone_is_woken_by_the_handle_and_may_ask_again() {
    let (task, future) = Task::future();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| future.result(None));
        task.polled(1);
        task.complete(Ok(7)).unwrap().wake();
        assert_eq!(waiting.join().unwrap(), Ok(Ok(7)));
    });
    let polls = task.facts().polls;
    assert_eq!(future.result(Some(Duration::ZERO)), Ok(Ok(7)));
    assert_eq!(future.result(None), Ok(Ok(7)));
    assert_eq!(task.facts().polls, polls, "a handle that was ready is polled no more");
}

#[test]
fn who_has_it_alone_finds_what_is_there_waits_for_what_is_not_and_may_ask_again() {
    let (task, mut future) = Task::future();
    drop(task.complete(Ok(7)));
    assert_eq!(future.result_alone(None), Ok(Ok(7)));
    assert_eq!((future.result_alone(None), future.result(None)), (Ok(Ok(7)), Ok(Ok(7))));
    assert_eq!(task.facts().polls, 1, "a handle that was ready is polled no more");

    let (task, mut future) = Task::future();
    thread::scope(|scope| {
        let waiting = scope.spawn(move || (future.result_alone(Some(Duration::ZERO)), future.result_alone(None)));
        // One look for the first, and one to wait.
        task.polled(2);
        task.complete(Ok(7)).unwrap().wake();
        assert_eq!(waiting.join().unwrap(), (Err(TimedOut), Ok(Ok(7))));
    });

    let (task, mut future) = Task::future();
    future.on_done(Box::new(|| ())).unwrap();
    task.complete(Ok(7)).unwrap().wake();
    assert_eq!(future.result_alone(None), Ok(Ok(7)), "what was moved is found as well");
}

#[test]
fn several_that_wait_are_all_told_and_so_are_callbacks() {
    let (task, future) = Task::future();
    let (said, heard) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let waiting: Vec<_> = (1..=3)
            .map(|nth| {
                let waiting = scope.spawn(|| future.result(None));
                task.polled(nth);
                waiting
            })
            .collect();
        future.on_done(Box::new(move || said.send(()).unwrap())).unwrap();
        task.complete(Err(Box::new(Failure::Cancelled))).unwrap().wake();
        for waiting in waiting {
            assert_eq!(waiting.join().unwrap(), Ok(Err(Failure::Cancelled)));
        }
    });
    heard.recv().unwrap();
}

#[test]
fn who_only_looks_leaves_the_wake_to_who_waits() {
    let (task, future) = Task::future();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| future.result(None));
        task.polled(1);
        assert_eq!(future.state(), State::PENDING);
        task.complete(Ok(7)).unwrap().wake();
        assert_eq!(waiting.join().unwrap(), Ok(Ok(7)));
    });
}

#[test]
fn who_looks_and_finds_the_result_wakes_who_waits() {
    let (task, future) = Task::future();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| future.result(None));
        task.polled(1);
        // Nobody wakes the waker: the look comes first.
        drop(task.complete(Ok(7)));
        assert_eq!(future.state(), State::FINISHED);
        assert_eq!(waiting.join().unwrap(), Ok(Ok(7)));
    });
}

#[test]
fn a_limit_that_passed_leaves_everything_to_the_next() {
    let (task, future) = Task::future();
    assert_eq!(future.result(Some(Duration::ZERO)), Err(TimedOut));
    assert_eq!(future.result(Some(Duration::from_micros(1))), Err(TimedOut));
    assert!(future.place.with(|place| matches!(place.known, Known::Nothing)), "nobody waits any more");
    thread::scope(|scope| {
        let before = task.facts().polls;
        let waiting = scope.spawn(|| future.result(None));
        task.polled(before + 1);
        task.complete(Ok(7)).unwrap().wake();
        assert_eq!(waiting.join().unwrap(), Ok(Ok(7)));
    });
}

#[test]
fn a_handle_is_let_go_if_it_was_neither_used_up_nor_moved() {
    let (task, future) = Task::future();
    drop(future);
    assert!(task.facts().let_go);

    let (task, future) = Task::future();
    drop(task.complete(Ok(7)));
    assert_eq!(future.result(None), Ok(Ok(7)));
    drop(future);
    assert!(!task.facts().let_go);

    let (task, future) = Task::future();
    let (said, heard) = std::sync::mpsc::channel();
    future.on_done(Box::new(move || said.send(()).unwrap())).unwrap();
    drop(future);
    assert!(!task.facts().let_go, "what waits in a pump goes on");
    task.complete(Ok(7)).unwrap().wake();
    heard.recv().unwrap();
}

thread_local! {
    /// Whether this thread wakes a handle, under the lock that a poll of it takes.
    static WAKES_LOCKED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// A handle of a crate that wakes under its lock.
struct Locked(Task);

impl Handle<u32> for Locked {
    const IS_WOKEN_LOCKED: bool = true;

    fn let_go(self) {
        self.0.let_go();
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Given<u32>> {
        assert!(!WAKES_LOCKED.get(), "this would wait for its own lock");
        self.0.poll(context)
    }
}

#[test]
fn a_handle_that_is_woken_under_its_lock_is_polled_elsewhere() {
    let task = Task::default();
    let future = Handled::new(Started::number(), Locked(task.clone()));
    let (said, heard) = std::sync::mpsc::channel();
    future.on_done(Box::new(move || said.send(()).unwrap())).unwrap();
    let mut facts = task.facts();
    facts.given = Some(Ok(7));
    let waker = facts.waker.take().unwrap();
    WAKES_LOCKED.set(true);
    waker.wake();
    WAKES_LOCKED.set(false);
    drop(facts);
    heard.recv().unwrap();
    assert_eq!(future.result(None), Ok(Ok(7)));
}

#[test]
fn a_handle_that_is_ready_is_done_before_the_other_thread_has_polled_it() {
    let task = Task::default();
    let future = Handled::new(Started::number(), Locked(task.clone()));
    let (said, heard) = std::sync::mpsc::channel();
    future.on_done(Box::new(|| ())).unwrap();
    // That thread is busy until the end.
    let (leave, stays) = std::sync::mpsc::channel::<()>();
    porter::carry(move || {
        let _ = stays.recv();
    });
    task.complete(Ok(7)).unwrap().wake();
    assert_eq!(future.result(Some(Duration::ZERO)), Ok(Ok(7)));
    assert_eq!(future.state(), State::FINISHED);
    future.on_done(Box::new(move || said.send(thread::current().id()).unwrap())).unwrap();
    assert_eq!(heard.try_recv(), Ok(thread::current().id()));
    drop(leave);
}
