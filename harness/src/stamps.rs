//! The seven moments of a task, and rounds that stamp them.
//!
//! | stamp | when |
//! | --- | --- |
//! | intended | the task should be submitted: by the schedule of an open loop, else when it is |
//! | entered | before `submit` |
//! | returned | after `submit` |
//! | started | the body begins, in the worker |
//! | ended | the body ends, in the worker |
//! | marked | the future is done, as its callback tells; absent where futures have none |
//! | held | `result` has returned |
//!
//! All are read from the monotonic clock, which the processes of a machine share. Rounds of any other
//! dispatch read the clock twice for a round, or twice for a round trip, and carry nothing else.

use crate::round::verify;
use crate::{Executor, Future, Raised, RoundError, RoundSpec, Task, Work, now_ns};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;

/// The moments of one task, in nanoseconds since the round began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 7]", into = "[u64; 7]")]
pub struct Stamps {
    /// When it should have been submitted.
    pub intended: u64,
    /// Before `submit`.
    pub entered: u64,
    /// After `submit`.
    pub returned: u64,
    /// The body began.
    pub started: u64,
    /// The body ended.
    pub ended: u64,
    /// The future was marked done; 0 if nothing tells.
    pub marked: u64,
    /// `result` had returned.
    pub held: u64,
}

impl From<[u64; 7]> for Stamps {
    fn from([intended, entered, returned, started, ended, marked, held]: [u64; 7]) -> Self {
        Self { intended, entered, returned, started, ended, marked, held }
    }
}

impl From<Stamps> for [u64; 7] {
    fn from(stamps: Stamps) -> Self {
        let Stamps { intended, entered, returned, started, ended, marked, held } = stamps;
        [intended, entered, returned, started, ended, marked, held]
    }
}

/// A task that tells when its body ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StampedWork(pub Work);

impl Task for StampedWork {
    const NAME: &'static str = "stamped-work";
    /// The answer of the work, and when its body began and ended on the monotonic clock.
    type Output = (u64, u64, u64);

    fn run(self) -> Result<Self::Output, Raised> {
        let started = now_ns();
        let answer = self.0.run()?;
        Ok((answer, started, now_ns()))
    }
}

/// When the tasks of an open loop come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    /// Nanoseconds for each task.
    pub(crate) period: u64,
    /// How many come at once; 1 if each for itself.
    pub(crate) burst: u64,
}

impl Schedule {
    /// When the task of this number should be submitted, in nanoseconds since the round began.
    fn of(self, number: u64) -> u64 {
        (number - number % self.burst) * self.period
    }
}

/// Runs a stamped round: one task at a time, or by a schedule, whatever has become of those before.
pub(crate) fn run_stamped<E: Executor>(
    executor: &E,
    spec: &RoundSpec,
    schedule: Option<Schedule>,
    work: impl Fn(u64) -> Work,
) -> Result<Vec<Stamps>, RoundError> {
    let origin = now_ns();
    let since = |at: u64| at.saturating_sub(origin);
    let submit = |number: u64, intended: Option<u64>| {
        let marked = Arc::new(AtomicU64::new(0));
        let task = StampedWork(work(number));
        let entered = now_ns();
        let future = executor.submit(task).map_err(|refused| RoundError::Wrong(refused.to_string()))?;
        let returned = now_ns();
        let mark = Arc::clone(&marked);
        // A future without callbacks leaves this stamp out.
        let _ = future.on_done(Box::new(move || mark.store(now_ns(), Ordering::Release)));
        let stamps = Stamps {
            intended: since(intended.unwrap_or(entered)),
            entered: since(entered),
            returned: since(returned),
            ..Stamps::default()
        };
        Ok::<_, RoundError>((future, marked, stamps))
    };
    let collect = |number: u64, future: &E::Future<(u64, u64, u64)>, marked: &AtomicU64, stamps: Stamps| {
        let result = future.result(None);
        let held = since(now_ns());
        let (mut started, mut ended) = (0, 0);
        verify(
            number,
            result.map(|outcome| {
                outcome.map(|(answer, began, finished)| {
                    (started, ended) = (since(began), since(finished));
                    answer
                })
            }),
        )?;
        let marked = match marked.load(Ordering::Acquire) {
            0 => 0,
            at => since(at),
        };
        Ok::<_, RoundError>(Stamps { started, ended, marked, held, ..stamps })
    };
    let Some(schedule) = schedule else {
        return (0..spec.tasks)
            .map(|number| {
                let (future, marked, stamps) = submit(number, None)?;
                collect(number, &future, &marked, stamps)
            })
            .collect();
    };
    std::thread::scope(|scope| {
        let (hand, handed) = channel();
        // Whoever submits must not wait: another thread takes the results, in the order of submits.
        let collector = scope.spawn(move || -> Result<Vec<Stamps>, RoundError> {
            let taken =
                handed.iter().map(|(number, future, marked, stamps): (u64, E::Future<_>, Arc<AtomicU64>, _)| {
                    collect(number, &future, &marked, stamps)
                });
            taken.collect()
        });
        let slack = set_timer_slack(1);
        let submitted = (0..spec.tasks).try_for_each(|number| {
            let intended = origin + schedule.of(number);
            sleep_until(intended);
            let (future, marked, stamps) = submit(number, Some(intended))?;
            hand.send((number, future, marked, stamps))
                .map_err(|_| RoundError::Died("the thread that takes results is gone".into()))
        });
        set_timer_slack(slack);
        drop(hand);
        let collected = collector.join().unwrap_or_else(|_| Err(RoundError::Died("taking a result panicked".into())));
        // What a result says of a failure says more than that nobody takes results any more.
        let stamps = collected?;
        submitted.map(|()| stamps)
    })
}

/// Sleeps until this time on the monotonic clock; at once if it is over.
fn sleep_until(at_ns: u64) {
    let part = |number: u64| libc::c_long::try_from(number).unwrap_or(libc::c_long::MAX);
    let at = libc::timespec { tv_sec: part(at_ns / 1_000_000_000), tv_nsec: part(at_ns % 1_000_000_000) };
    while now_ns() < at_ns {
        // SAFETY: `at` is a valid timespec, and no remainder is asked for.
        #[allow(unsafe_code)]
        unsafe {
            libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &raw const at, std::ptr::null_mut());
        }
    }
}

/// How late this thread's timers may be, in nanoseconds; returns what was allowed before.
fn set_timer_slack(nanoseconds: libc::c_ulong) -> libc::c_ulong {
    // SAFETY: both calls take and return numbers and touch no memory.
    #[allow(unsafe_code)]
    unsafe {
        let before = libc::prctl(libc::PR_GET_TIMERSLACK);
        libc::prctl(libc::PR_SET_TIMERSLACK, nanoseconds);
        libc::c_ulong::try_from(before).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Contender, Dispatch, Job, NativeContender, OpenError, Refused, Shutdown, Spawn, Supplied, Workload};

    /// A thread for each job.
    struct Threads;

    impl Spawn for Threads {
        fn spawn(&self, job: Job) -> Result<(), Refused> {
            std::thread::spawn(move || job.run());
            Ok(())
        }
        fn shutdown(&self, _: Shutdown) {}
    }

    fn stamped(period: u64) -> Vec<Stamps> {
        let mut contender =
            NativeContender::new("threads", |_: &crate::Config| Ok::<_, OpenError>(Supplied::new(Threads)));
        contender.open(1).expect("it opens");
        let dispatch = Dispatch::Stamped(period);
        let spec = RoundSpec { workload: Workload::Empty, tasks: 20, dispatch, port: 0 };
        contender.round(&spec).expect("the round is right").stamps
    }

    #[test]
    fn moments_are_in_order_and_one_follows_the_other() {
        let stamps = stamped(0);
        assert_eq!(stamps.len(), 20);
        for one in &stamps {
            assert!(one.intended == one.entered && one.entered <= one.returned, "{one:?}");
            assert!(one.entered <= one.started && one.started <= one.ended && one.ended <= one.held, "{one:?}");
        }
        assert!(stamps.windows(2).all(|pair| pair[0].held <= pair[1].entered), "{stamps:?}");
    }

    #[test]
    fn an_open_loop_follows_its_schedule_whatever_the_tasks_do() {
        let stamps = stamped(100_000);
        for (number, one) in (0..).zip(&stamps) {
            assert_eq!(one.intended, number * 100_000);
            assert!(one.intended <= one.entered && one.entered <= one.started && one.ended <= one.held, "{one:?}");
        }
    }

    #[test]
    fn bursts_come_at_once_and_no_more_often_than_single_tasks() {
        let schedule = Schedule { period: 100, burst: 4 };
        let intended: Vec<u64> = (0..9).map(|number| schedule.of(number)).collect();
        assert_eq!(intended, [0, 0, 0, 0, 400, 400, 400, 400, 800]);
    }

    #[test]
    fn stamps_are_seven_numbers_on_the_wire() {
        let stamps = Stamps::from([1, 2, 3, 4, 5, 6, 7]);
        let text = serde_json::to_string(&stamps).expect("it is plain data");
        assert_eq!(text, "[1,2,3,4,5,6,7]");
        assert_eq!(serde_json::from_str::<Stamps>(&text).expect("the same"), stamps);
    }
}
