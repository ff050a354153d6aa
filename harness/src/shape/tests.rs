use super::*;
use crate::{
    Contender, Dispatch, Job, Kind, NativeContender, OpenError, Refused, RoundSpec, Shutdown, Spawn, Supplied, Workload,
};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

/// Two threads and a queue. It refuses the task of one place in the order of submits, if told to.
struct Pool {
    queue: Mutex<Option<Sender<Job>>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
    submitted: Arc<AtomicU64>,
    refuses: Option<u64>,
}

impl Pool {
    fn new(submitted: Arc<AtomicU64>, refuses: Option<u64>) -> Self {
        let (queue, jobs) = channel::<Job>();
        let jobs = Arc::new(Mutex::new(jobs));
        let worker = || {
            let jobs = Arc::clone(&jobs);
            std::thread::spawn(move || {
                loop {
                    let job = jobs.lock().expect("no worker panics with it").recv();
                    match job {
                        Ok(job) => job.run(),
                        Err(_) => break,
                    }
                }
            })
        };
        let workers = vec![worker(), worker()];
        Self { queue: Mutex::new(Some(queue)), workers: Mutex::new(workers), submitted, refuses }
    }
}

impl Spawn for Pool {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let place = self.submitted.fetch_add(1, Ordering::Relaxed);
        let queue = self.queue.lock().expect("nobody panics with it");
        match &*queue {
            Some(queue) if self.refuses != Some(place) => queue.send(job).map_err(|_| Refused::Shutdown),
            _ => Err(Refused::Shutdown),
        }
    }

    fn shutdown(&self, how: Shutdown) {
        drop(self.queue.lock().expect("nobody panics with it").take());
        if how.wait {
            let workers = std::mem::take(&mut *self.workers.lock().expect("nobody panics with it"));
            workers.into_iter().for_each(|worker| worker.join().expect("no worker panics"));
        }
    }
}

/// Runs a round of `tasks`; how many tasks were submitted, and what came of it.
fn round(shape: Shape, tasks: u64, refuses: Option<u64>) -> (u64, Result<crate::Round, RoundError>) {
    let submitted = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&submitted);
    let mut contender = NativeContender::new("pool", move |_: &crate::Config| {
        Ok::<_, OpenError>(Supplied::new(Pool::new(Arc::clone(&counted), refuses)))
    });
    contender.open(2).expect("it opens");
    let spec = RoundSpec { workload: Workload::Empty, tasks, dispatch: Dispatch::Shaped(shape), port: 0 };
    let outcome = contender.round(&spec);
    contender.close();
    (submitted.load(Ordering::Relaxed), outcome)
}

#[test]
fn every_shape_works_on_every_number_once() {
    for &shape in Shape::ALL {
        for tasks in [1, 2, 9, 10, 64, 1_000] {
            let (submitted, outcome) = round(shape, tasks, None);
            let found = outcome.unwrap_or_else(|error| panic!("{shape} of {tasks}: {error}"));
            let turns = if shape == Shape::Tick { tasks.div_ceil(4) } else { 0 };
            assert_eq!(found.trips_ns.len() as u64, turns, "{shape} of {tasks}");
            if shape == Shape::TreeCutOff {
                assert!(submitted <= tasks.div_ceil(4), "{shape} of {tasks} took {submitted} tasks");
            } else {
                assert_eq!(submitted, tasks, "{shape}");
            }
        }
    }
}

#[test]
fn a_task_that_is_refused_in_the_middle_is_a_wrong_round_and_no_hang() {
    for &shape in Shape::ALL {
        let (_, outcome) = round(shape, 100, Some(if shape == Shape::TreeCutOff { 3 } else { 50 }));
        assert!(matches!(outcome, Err(RoundError::Wrong(_))), "{shape}: {outcome:?}");
    }
}

/// Says of itself that its workers are processes.
struct Elsewhere(Supplied<Pool>);

impl Executor for Elsewhere {
    type Future<T: crate::Payload> = <Supplied<Pool> as Executor>::Future<T>;

    fn profile(&self) -> crate::Profile {
        crate::Profile { kind: Kind::Process, ..self.0.profile() }
    }

    fn submit<T: crate::Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        self.0.submit(task)
    }

    fn shutdown(&self, how: Shutdown) {
        self.0.shutdown(how);
    }
}

#[test]
fn workers_that_cannot_submit_are_said_to_be_so() {
    let open = |_: &crate::Config| Ok::<_, OpenError>(Elsewhere(Supplied::new(Pool::new(Arc::default(), None))));
    let mut contender = NativeContender::new("elsewhere", open);
    contender.open(2).expect("it opens");
    for &shape in Shape::ALL {
        let spec = RoundSpec { workload: Workload::Empty, tasks: 9, dispatch: Dispatch::Shaped(shape), port: 0 };
        let outcome = contender.round(&spec);
        match shape {
            Shape::Many | Shape::Tick => assert!(outcome.is_ok(), "{shape} submits from outside: {outcome:?}"),
            _ => assert!(matches!(outcome, Err(RoundError::Unsupported(_))), "{shape}: {outcome:?}"),
        }
    }
    contender.close();
}
