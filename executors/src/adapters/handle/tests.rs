//! Futures over a handle that the test completes itself.

use super::*;
use std::sync::{Barrier, Mutex, MutexGuard};

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

impl Locked {
    fn future() -> (Task, Started, Handled<u32, Self>) {
        let (task, started) = (Task::default(), Started::number());
        (task.clone(), started, Handled::new(started, Self(task)))
    }

    /// What the crate's worker does: it runs the task, and completes the handle and wakes under its lock.
    fn run(task: &Task, started: Started, result: Result<u32, Failure>) {
        let result = told::telling(started, || started.during(|| result));
        let mut facts = task.facts();
        facts.given = Some(result.map_err(Box::new));
        let waker = facts.waker.take();
        WAKES_LOCKED.set(true);
        if let Some(waker) = waker {
            waker.wake();
        }
        WAKES_LOCKED.set(false);
    }
}

/// Notes of what it was told.
#[derive(Default)]
struct Notes(Mutex<Vec<(usize, bool)>>);

impl Watcher for Notes {
    fn completed(&self, key: usize, failed: bool) {
        self.0.lock().unwrap().push((key, failed));
    }
}

#[test]
fn who_waits_with_others_for_a_handle_that_is_woken_locked_is_told_by_the_worker() {
    let (task, started, future) = Locked::future();
    let notes = Arc::new(Notes::default());
    thread::scope(|scope| {
        let alone = scope.spawn(|| future.result(None));
        task.polled(1);
        let second = scope.spawn(|| future.result(None));
        future.watch(Arc::clone(&notes) as Arc<dyn Watcher>, 3).unwrap();
        assert_eq!(future.on_done(Box::new(|| ())), Err(Unsupported));
        assert_eq!(future.state(), State::PENDING);
        Locked::run(&task, started, Err(Failure::Broken("it failed".into())));
        assert_eq!(*notes.0.lock().unwrap(), [(3, true)], "the worker tells, before it goes on");
        for waiting in [alone, second] {
            assert_eq!(waiting.join().unwrap(), Ok(Err(Failure::Broken("it failed".into()))));
        }
    });
    future.watch(Arc::clone(&notes) as Arc<dyn Watcher>, 4).unwrap();
    assert_eq!(*notes.0.lock().unwrap(), [(3, true), (4, true)], "what has ended is told at once");
}

#[test]
fn whoever_asks_while_a_task_ends_is_told() {
    for round in 0..3_000 {
        let (task, started, future) = Locked::future();
        let together = Barrier::new(3);
        let ask = || {
            together.wait();
            let notes = Arc::new(Notes::default());
            future.watch(Arc::clone(&notes) as Arc<dyn Watcher>, round).unwrap();
            let outcome = future.together(None);
            while notes.0.lock().unwrap().is_empty() {
                thread::yield_now();
            }
            outcome
        };
        thread::scope(|scope| {
            let asking = [scope.spawn(ask), scope.spawn(ask)];
            together.wait();
            // Now the end comes first, now they do.
            for _ in 0..round % 50 * 20 {
                std::hint::spin_loop();
            }
            Locked::run(&task, started, Ok(7));
            // The thread that ran it notes its next task over it.
            Started::number().during(|| ());
            for asking in asking {
                assert_eq!(asking.join().unwrap(), Ok(Ok(7)));
            }
        });
        assert!(!told::is_asked(started), "what was told is not kept");
    }
}

#[test]
fn a_future_about_which_somebody_asked_leaves_nothing_behind() {
    let (task, started, future) = Locked::future();
    let notes = Arc::new(Notes::default());
    let id = future.watch(Arc::clone(&notes) as Arc<dyn Watcher>, 1).unwrap();
    future.unwatch(id);
    drop(future);
    assert!(task.facts().let_go);
    assert!(!told::is_asked(started));
    assert_eq!(*notes.0.lock().unwrap(), []);
}
