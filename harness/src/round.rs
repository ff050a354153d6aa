//! One measured round: a number of tasks through one open executor, verified.

use crate::shape::{Material, Ran};
use crate::stamps::{Schedule, run_stamped};
use crate::subject::OpenError;
use crate::{
    Config, Executor, Failure, Future, MapOptions, SetupError, Shape, Shutdown, Stamps, TimedOut, Work, Workload,
    now_ns,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// How the tasks of a round reach the executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dispatch {
    /// `submit` each, then collect the results in order.
    Submit,
    /// One `map`, with this chunksize (`None`: the executor's default).
    Map(Option<usize>),
    /// `submit` one and wait for it, again and again; times each round trip.
    OneByOne,
    /// The same, after this many microseconds in which nothing happens before each.
    AfterGap(u64),
    /// `submit` all, say so to the server at the round's port and wait for its answer, and only
    /// then collect. The first so many tasks wait for that answer, too, so that all tasks behind
    /// them are pending meanwhile.
    Held(u64),
    /// `submit` [`StampedWork`](crate::StampedWork) and keep the [`Stamps`] of each task: one at a time if
    /// this is 0, else one every so many nanoseconds, whatever has become of those before.
    Stamped(u64),
    /// The same open loop in bursts: [`BURST`] tasks at once, so seldom that there is one every so many nanoseconds.
    Bursts(u64),
    /// As the shape has it.
    Shaped(Shape),
}

/// How many tasks come at once in [`Dispatch::Bursts`].
pub const BURST: u64 = 16;

/// What one round runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundSpec {
    /// What each task does.
    pub workload: Workload,
    /// How many tasks.
    pub tasks: u64,
    /// How they reach the executor.
    pub dispatch: Dispatch,
    /// The port of the echo server, for [`Workload::Socket`] and [`Dispatch::Held`].
    pub port: u16,
}

/// What one round took. Its results were verified: every task ran and answered for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// From before the first submit to after the last result, in nanoseconds.
    pub elapsed_ns: u64,
    /// For [`Dispatch::OneByOne`] and [`Dispatch::AfterGap`]: each round trip, in nanoseconds; for
    /// [`Shape::Tick`]: each turn of the loop.
    pub trips_ns: Vec<u64>,
    /// For [`Dispatch::Stamped`] and [`Dispatch::Bursts`]: the moments of each task, in the order of submits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stamps: Vec<Stamps>,
}

/// What [`Dispatch::Held`] sends to the server when all tasks are submitted; a task sends another
/// byte.
pub const ALL_SUBMITTED: u8 = 1;

/// The times of one life of an executor, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// From before it is opened to after the result of its first task.
    pub first_ns: u64,
    /// From before it is opened until as many tasks as it has workers have met, all of them
    /// running, and their results are there.
    pub all_ns: u64,
    /// How long a waiting shutdown takes when all workers are idle.
    pub stop_ns: u64,
}

/// Why a round has no figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoundError {
    /// A result was missing or wrong, or a task failed.
    Wrong(String),
    /// The subject died or its driver broke.
    Died(String),
    /// It does not offer this kind of round; others go on.
    Unsupported(String),
}

impl fmt::Display for RoundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(what) => write!(f, "the round's results are wrong: {what}"),
            Self::Died(what) => write!(f, "the subject died during the round: {what}"),
            Self::Unsupported(what) => write!(f, "the subject does not offer this kind of round: {what}"),
        }
    }
}

impl std::error::Error for RoundError {}

/// Something that can be measured: a native executor, or one behind a driver.
pub trait Contender: Send {
    /// The address under which it was asked for.
    fn address(&self) -> &str;

    /// Opens a fresh executor with `workers` workers, closing the one before.
    ///
    /// # Errors
    ///
    /// [`SetupError`] if it does not open.
    fn open(&mut self, workers: usize) -> Result<(), SetupError>;

    /// Runs one round on the open executor.
    ///
    /// # Errors
    ///
    /// [`RoundError`] if the results are not right; nothing is measured then.
    fn round(&mut self, spec: &RoundSpec) -> Result<Round, RoundError>;

    /// How many messages the open executor has exchanged with its workers so far, if it counts them.
    fn round_trips(&mut self) -> Option<u64> {
        None
    }

    /// Opens a fresh executor with `workers` workers, lets each of them work, and closes it.
    ///
    /// The server at `meeting` answers when as many tasks as there are workers have come.
    ///
    /// # Errors
    ///
    /// [`RoundError`] if it does not open, or the results are not right.
    fn life(&mut self, workers: usize, meeting: u16) -> Result<Life, RoundError> {
        self.close();
        let start = now_ns();
        self.open(workers).map_err(|error| RoundError::Died(error.to_string()))?;
        let one = RoundSpec { workload: Workload::Empty, tasks: 1, dispatch: Dispatch::Submit, port: meeting };
        self.round(&one)?;
        let first_ns = now_ns() - start;
        self.round(&RoundSpec { workload: Workload::Socket(1), tasks: workers as u64, ..one })?;
        let all_ns = now_ns() - start;
        let stop = now_ns();
        self.close();
        Ok(Life { first_ns, all_ns, stop_ns: now_ns() - stop })
    }

    /// The process in which the executor lives with all that it starts, if it is not this one.
    fn process(&self) -> Option<u32> {
        None
    }

    /// Shuts the open executor down, waiting for it.
    fn close(&mut self);
}

/// A native executor as a contender, statically dispatched within the round.
pub struct NativeContender<E, F> {
    address: String,
    make: F,
    /// Shared with the tasks of a round that submit tasks.
    executor: Option<Arc<E>>,
}

impl<E, F> fmt::Debug for NativeContender<E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeContender").field("address", &self.address).finish_non_exhaustive()
    }
}

impl<E, F> NativeContender<E, F>
where
    E: Executor,
    F: Fn(&Config) -> Result<E, OpenError> + Send,
{
    /// A contender at `address` whose executors `make` opens.
    pub fn new(address: impl Into<String>, make: F) -> Self {
        Self { address: address.into(), make, executor: None }
    }
}

impl<E, F> Contender for NativeContender<E, F>
where
    E: Executor,
    F: Fn(&Config) -> Result<E, OpenError> + Send,
{
    fn address(&self) -> &str {
        &self.address
    }

    fn open(&mut self, workers: usize) -> Result<(), SetupError> {
        self.close();
        let executor = (self.make)(&Config::workers(workers)).map_err(|error| SetupError::failed(error.to_string()))?;
        self.executor = Some(Arc::new(executor));
        Ok(())
    }

    fn round(&mut self, spec: &RoundSpec) -> Result<Round, RoundError> {
        let executor = self.executor.as_ref().ok_or_else(|| RoundError::Died("no executor is open".into()))?;
        run_round(executor, spec)
    }

    fn round_trips(&mut self) -> Option<u64> {
        self.executor.as_ref()?.round_trips()
    }

    fn close(&mut self) {
        if let Some(executor) = self.executor.take() {
            executor.shutdown(Shutdown::WAIT);
        }
    }
}

fn run_round<E: Executor>(shared: &Arc<E>, spec: &RoundSpec) -> Result<Round, RoundError> {
    let (spec, executor) = (*spec, &**shared);
    let work = spec.workload.works(spec.tasks, spec.port);
    let mut trips_ns = Vec::new();
    let mut stamps = Vec::new();
    // Memory for the futures is no cost of the executor, and letting go of them comes after the last result.
    let mut futures = Vec::with_capacity(match spec.dispatch {
        Dispatch::Submit => usize::try_from(spec.tasks).unwrap_or(0),
        _ => 0,
    });
    // Touched once: the first touch of a page is the kernel's time.
    futures.spare_capacity_mut().fill_with(MaybeUninit::zeroed);
    let start = now_ns();
    match spec.dispatch {
        Dispatch::Submit => {
            for number in 0..spec.tasks {
                let future = executor.submit(work(number));
                futures.push(future.map_err(|refused| RoundError::Wrong(refused.to_string()))?);
            }
            for (number, future) in (0..).zip(&mut futures) {
                verify(number, future.result_alone(None))?;
            }
        }
        Dispatch::Map(chunksize) => {
            let options = MapOptions { chunksize, ..MapOptions::default() };
            let mut tasks = (0..spec.tasks).map(work);
            let results =
                executor.map(&mut tasks, options).map_err(|refused| RoundError::Wrong(refused.to_string()))?;
            let mut count = 0;
            for (number, result) in (0..).zip(results) {
                verify(number, result)?;
                count = number + 1;
            }
            if count != spec.tasks {
                return Err(RoundError::Wrong(format!("map gave {count} results for {} items", spec.tasks)));
            }
        }
        Dispatch::OneByOne | Dispatch::AfterGap(_) => {
            trips_ns.reserve(usize::try_from(spec.tasks).unwrap_or(0));
            for number in 0..spec.tasks {
                if let Dispatch::AfterGap(micros) = spec.dispatch {
                    std::thread::sleep(Duration::from_micros(micros));
                }
                let begin = now_ns();
                let mut future =
                    executor.submit(work(number)).map_err(|refused| RoundError::Wrong(refused.to_string()))?;
                verify(number, future.result_alone(None))?;
                trips_ns.push(now_ns() - begin);
            }
        }
        Dispatch::Held(holders) => {
            let held = |number| Work { workload: Workload::Socket(1), ..work(number) };
            let tasks = (0..spec.tasks).map(|number| if number < holders { held(number) } else { work(number) });
            let futures: Result<Vec<_>, _> = tasks.map(|task| executor.submit(task)).collect();
            // Those who wait at the server are let go in any case.
            let said = say_all_submitted(spec.port);
            let mut futures = futures.map_err(|refused| RoundError::Wrong(refused.to_string()))?;
            for (number, future) in (0..).zip(&mut futures) {
                verify(number, future.result_alone(None))?;
            }
            said.map_err(|error| RoundError::Wrong(format!("the server of the round: {error}")))?;
        }
        Dispatch::Stamped(0) => stamps = run_stamped(executor, &spec, None, work)?,
        Dispatch::Stamped(period) => {
            stamps = run_stamped(executor, &spec, Some(Schedule { period, burst: 1 }), work)?;
        }
        Dispatch::Bursts(period) => {
            stamps = run_stamped(executor, &spec, Some(Schedule { period, burst: BURST }), work)?;
        }
        Dispatch::Shaped(shape) => {
            // It makes ready and verifies outside of what it measures.
            let Ran { elapsed_ns, trips_ns } = shape.run(&Material { executor: shared, tasks: spec.tasks, work })?;
            return Ok(Round { elapsed_ns, trips_ns, stamps });
        }
    }
    Ok(Round { elapsed_ns: now_ns() - start, trips_ns, stamps })
}

/// Says that all tasks are submitted, and waits for the answer.
fn say_all_submitted(port: u16) -> std::io::Result<()> {
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    server.write_all(&[ALL_SUBMITTED])?;
    server.read_exact(&mut [0])
}

/// Whether the task of this number answered for itself.
pub(crate) fn verify(number: u64, result: Result<Result<u64, Failure>, TimedOut>) -> Result<(), RoundError> {
    match result {
        Ok(Ok(answer)) if answer == Work::answer(number) => Ok(()),
        Ok(Ok(answer)) => Err(RoundError::Wrong(format!("task {number} answered {answer:#x}"))),
        Ok(Err(failure)) => Err(RoundError::Wrong(format!("task {number}: {failure}"))),
        Err(TimedOut) => Err(RoundError::Wrong(format!("task {number} timed out without a limit"))),
    }
}
