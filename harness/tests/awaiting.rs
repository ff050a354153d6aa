//! Futures of the harness, awaited: by tokio, by a `block_on` of three lines, and by nobody.

use poolproof_harness::{CellFuture, Failure, Future as _, Promise};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

struct Unpark(Thread);
impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The least that runs a future.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

#[derive(Default)]
struct Count(AtomicUsize);
impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A waker that counts, and its count.
fn counting() -> (Waker, Arc<Count>) {
    let count = Arc::new(Count::default());
    (Waker::from(Arc::clone(&count)), count)
}

fn poll(future: &mut CellFuture<u32>, waker: &Waker) -> Poll<Result<u32, Failure>> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

#[test]
fn a_future_that_is_done_later_wakes_block_on() {
    for _ in 0..200 {
        let (promise, future) = Promise::pair();
        let completing = thread::spawn(move || promise.complete(Ok(7)));
        assert_eq!(block_on(future), Ok(7));
        completing.join().unwrap();
    }
}

#[test]
fn a_failure_and_a_cancellation_reach_who_awaits() {
    let (promise, future) = Promise::<u32>::pair();
    drop(promise);
    assert!(matches!(block_on(future), Err(Failure::Broken(_))));
    let (_promise, future) = Promise::<u32>::pair();
    let other = future.clone();
    let cancelling = thread::spawn(move || other.cancel());
    assert_eq!(block_on(future), Err(Failure::Cancelled));
    assert_eq!(cancelling.join().unwrap(), Ok(true));
}

#[test]
fn only_the_waker_of_the_last_poll_is_woken() {
    let (promise, mut future) = Promise::pair();
    let ((first, once), (last, again)) = (counting(), counting());
    assert!(poll(&mut future, &first).is_pending() && poll(&mut future, &last).is_pending());
    drop(first);
    assert_eq!(Arc::strong_count(&once), 1, "a waker that was replaced is let go");
    promise.complete(Ok(1));
    assert_eq!((once.0.load(Ordering::SeqCst), again.0.load(Ordering::SeqCst)), (0, 1));
    assert_eq!(poll(&mut future, &last), Poll::Ready(Ok(1)));
    assert_eq!(poll(&mut future, &last), Poll::Ready(Ok(1)), "it can be asked again, like `result`");
}

#[test]
fn every_clone_has_a_waker_of_its_own() {
    let (promise, mut one) = Promise::pair();
    let mut two = one.clone();
    let ((first, once), (second, twice)) = (counting(), counting());
    assert!(poll(&mut one, &first).is_pending() && poll(&mut two, &second).is_pending());
    promise.complete(Ok(1));
    assert_eq!((once.0.load(Ordering::SeqCst), twice.0.load(Ordering::SeqCst)), (1, 1));
}

#[test]
fn a_future_dropped_while_it_is_awaited_leaves_nothing_and_detaches_the_task() {
    let (promise, mut future) = Promise::pair();
    let other = future.clone();
    let (waker, count) = counting();
    assert!(poll(&mut future, &waker).is_pending());
    drop((future, waker));
    assert_eq!(Arc::strong_count(&count), 1, "the cell holds no waker any more");
    promise.complete(Ok(3));
    assert_eq!((other.result(None), count.0.load(Ordering::SeqCst)), (Ok(Ok(3)), 0));
}

#[test]
fn a_waker_that_panics_costs_nobody_else_the_outcome() {
    struct Angry;
    impl Wake for Angry {
        fn wake(self: Arc<Self>) {
            panic!("a waker panics on purpose");
        }
    }
    let (promise, mut future) = Promise::pair();
    let mut other = future.clone();
    let (waker, count) = counting();
    assert!(poll(&mut future, &Waker::from(Arc::new(Angry))).is_pending());
    assert!(poll(&mut other, &waker).is_pending());
    promise.complete(Ok(1));
    assert_eq!((future.result(None), count.0.load(Ordering::SeqCst)), (Ok(Ok(1)), 1));
}

#[test]
fn tokio_awaits_them_joins_them_and_times_them_out() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (promises, futures): (Vec<_>, Vec<_>) = (0..50).map(|_| Promise::<u32>::pair()).unzip();
        let completing = thread::spawn(move || {
            for (number, promise) in (0..).zip(promises).collect::<Vec<_>>().into_iter().rev() {
                promise.complete(Ok(number));
            }
        });
        let awaiting: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
        for (number, task) in (0..).zip(awaiting) {
            assert_eq!(task.await.unwrap(), Ok(number));
        }
        completing.join().unwrap();
        let (promise, mut future) = Promise::<u32>::pair();
        let limit = std::time::Duration::from_millis(1);
        assert!(tokio::time::timeout(limit, &mut future).await.is_err(), "nobody completes it");
        promise.complete(Ok(9));
        assert_eq!(future.await, Ok(9));
    });
}
