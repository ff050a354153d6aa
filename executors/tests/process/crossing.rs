//! What crosses the border of the process, and what cannot.

use crate::support::{House, PATIENCE, alone, open, outcome, pid};
use poolproof_executors::process::Tasks;
use poolproof_harness::{
    Actor, Brittle, Canary, Executor, Failing, Failure, Future, GateId, HouseAddress, Moment, PayloadBytes, Raised,
    Shutdown, Step, Stubborn, Task, Value, Witness, Work, Workload,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The tasks that the workers of these tests know.
pub(crate) fn tasks() -> Tasks {
    Tasks::new().with::<Nested>().with::<Noisy>().with::<Mine>().with::<Grudging>().with::<Babbler>()
}

/// Opens a process executor in the worker that runs it.
#[derive(Serialize, Deserialize)]
struct Nested;

impl Task for Nested {
    const NAME: &'static str = "nested";
    type Output = (u32, u32);
    fn run(self) -> Result<(u32, u32), Raised> {
        let executor = open(1);
        let inner =
            executor.submit(Mine { kill_when: When::Never }).map_err(|e| Raised::new("Refused", e.to_string()))?;
        let inner = outcome(&inner).map_err(|failure| Raised::new("Inner", failure.to_string()))?;
        Ok((std::process::id(), inner.pid))
    }
}

/// Writes to standard output, where it must disturb nobody.
#[derive(Serialize, Deserialize)]
struct Noisy;

impl Task for Noisy {
    const NAME: &'static str = "noisy";
    type Output = ();
    fn run(self) -> Result<(), Raised> {
        println!("{}", "noise ".repeat(20_000));
        Ok(())
    }
}

/// At which moment a [`Mine`] ends its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum When {
    Never,
    /// While the worker rebuilds the task.
    Rebuilt,
    /// While the worker serialises the result.
    Replied,
}

/// A task that blows up at a border. It says where it ran.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Mine {
    pub(crate) kill_when: When,
}

#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) pid: u32,
    kill_when: When,
}

impl<'de> Deserialize<'de> for Mine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kill_when = When::deserialize(deserializer)?;
        if kill_when == When::Rebuilt {
            std::process::abort();
        }
        Ok(Self { kill_when })
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.kill_when == When::Replied {
            std::process::exit(7);
        }
        self.pid.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { pid: u32::deserialize(deserializer)?, kill_when: When::Never })
    }
}

impl Task for Mine {
    const NAME: &'static str = "mine";
    type Output = Report;
    fn run(self) -> Result<Report, Raised> {
        Ok(Report { pid: std::process::id(), kill_when: self.kill_when })
    }
}

/// At which border a [`Grudging`] panics: in its own code, and not with an error.
#[derive(Serialize, Deserialize)]
struct Grudging {
    panics: bool,
}

#[derive(Clone)]
struct Grudge;

impl Serialize for Grudge {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("no result from me")
    }
}

impl<'de> Deserialize<'de> for Grudge {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

impl Task for Grudging {
    const NAME: &'static str = "grudging";
    type Output = Grudge;
    fn run(self) -> Result<Grudge, Raised> {
        if self.panics { Ok(Grudge) } else { Err(Raised::new("Mild", "an error instead")) }
    }
}

/// Writes to the memory between its worker and the executor, which is not for tasks.
#[derive(Serialize, Deserialize)]
pub(crate) struct Babbler {
    pub(crate) house: HouseAddress,
    /// Only when it is open, long after the task is done; otherwise at once, and never returns.
    pub(crate) later: Option<GateId>,
}

/// Claims that there are more replies than a ring can hold, and wakes who waits for one.
fn babble() {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("/proc");
    let is_first = |line: &&str| line.contains("memfd:poolproof-process") && line.contains(" 00000000 ");
    let line = maps.lines().find(is_first).expect("a worker has memory in common with its executor");
    let base = usize::from_str_radix(line.split('-').next().expect("an address"), 16).expect("an address");
    // The lane of the replies is behind that of the requests, four pairs of cache lines: counts, and then what the
    // executor sleeps on.
    let (tail, bell) = (base + 4 * 128, base + 6 * 128);
    // SAFETY: the page is mapped as long as this process lives, and holds nothing but atomics.
    #[allow(unsafe_code)]
    unsafe {
        (*(tail as *const std::sync::atomic::AtomicU64)).store(u64::MAX, std::sync::atomic::Ordering::SeqCst);
        libc::syscall(libc::SYS_futex, bell, libc::FUTEX_WAKE, 1);
    }
}

impl Task for Babbler {
    const NAME: &'static str = "babbler";
    type Output = ();
    fn run(self) -> Result<(), Raised> {
        match self.later {
            None => loop {
                // The executor may not sleep yet.
                babble();
                std::thread::yield_now();
            },
            Some(gate) => drop(std::thread::spawn(move || {
                Witness::connect(&self.house, Actor::Check).pass(gate);
                loop {
                    babble();
                    std::thread::yield_now();
                }
            })),
        }
        Ok(())
    }
}

/// A task that no worker knows.
#[derive(Serialize, Deserialize)]
struct Stranger;

impl Task for Stranger {
    const NAME: &'static str = "stranger";
    type Output = ();
    fn run(self) -> Result<(), Raised> {
        Ok(())
    }
}

#[test]
fn tasks_run_in_another_process_and_answer_for_themselves() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(2));
    let futures: Vec<_> = (0..100)
        .map(|number| executor.submit(Work { number, workload: Workload::Empty, turns: 0, port: 0 }).unwrap())
        .collect();
    for (number, future) in (0..).zip(&futures) {
        assert_eq!(outcome(future), Ok(Work::answer(number)));
    }
    let worker = pid(&outcome(&executor.submit(house.who(1)).unwrap()));
    assert_ne!(worker, std::process::id());
}

#[test]
fn large_payloads_cross_both_ways_at_once() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(2));
    let value = |seed| Value::Payload(PayloadBytes { len: 4 << 20, seed });
    let futures: Vec<_> =
        (0..6).map(|seed| executor.submit(house.probe(1, Vec::new(), value(seed))).unwrap()).collect();
    for (seed, future) in (0..).zip(&futures) {
        assert_eq!(outcome(future), Ok(value(seed)));
    }
}

#[test]
fn a_held_result_stops_where_it_is_rebuilt() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(2));
    let gate = house.gates.gate();
    let held = executor.submit(house.probe(1, Vec::new(), Value::HeldReply(gate.id()))).unwrap();
    let asking = std::thread::spawn({
        let held = held.clone();
        move || outcome(&held)
    });
    assert!(gate.await_arrivals(1, PATIENCE), "nobody rebuilds the result");
    assert!(!held.state().done, "a result is there before it is rebuilt");
    // Whoever rebuilds takes his time at nobody else's cost: there is another worker.
    assert_eq!(outcome(&executor.submit(house.echo(3)).unwrap()), Ok(Value::Int(3)));
    gate.open();
    assert!(matches!(asking.join().unwrap(), Ok(Value::Held(_))));
}

#[test]
fn what_cannot_cross_fails_alone() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let before = pid(&outcome(&executor.submit(house.who(0)).unwrap()));
    let bad = [
        Value::Unserialisable(Stubborn),
        Value::Unrebuildable(Brittle),
        Value::UnserialisableReply,
        Value::UnrebuildableReply,
    ];
    let plug = house.gates.gate();
    let parked = executor.submit(house.pass(1, &plug)).unwrap();
    // Several in a row, with a good task behind each: none may delay or spoil its neighbour.
    let mut futures = Vec::new();
    for value in bad.iter().chain(&bad) {
        futures.push((false, executor.submit(house.probe(2, Vec::new(), value.clone())).unwrap()));
        futures.push((true, executor.submit(house.echo(3)).unwrap()));
    }
    let last = executor.submit(house.who(4)).unwrap();
    // What cannot leave is known at once; nobody need run for it.
    assert!(matches!(outcome(&futures[0].1), Err(Failure::Unserialisable(_))));
    plug.open();
    assert_eq!(outcome(&parked), Ok(Value::Int(1)));
    for (good, future) in &futures {
        match outcome(future) {
            Ok(value) if *good => assert_eq!(value, Value::Int(3)),
            Err(Failure::Unserialisable(reason)) if !good => assert!(reason.contains("`probe`"), "{reason}"),
            other => panic!("good: {good}, and it ended with {other:?}"),
        }
    }
    assert_eq!(pid(&outcome(&last)), before, "the worker survives them all");
    executor.shutdown(Shutdown::WAIT);
}

#[test]
fn serialisation_that_panics_fails_alone() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let grudging = executor.submit(Grudging { panics: true }).unwrap();
    let mild = executor.submit(Grudging { panics: false }).unwrap();
    let good = executor.submit(house.echo(1)).unwrap();
    let reason = outcome(&grudging).map(drop).unwrap_err();
    assert!(matches!(&reason, Failure::Unserialisable(text) if text.contains("no result from me")), "{reason}");
    assert_eq!(outcome(&mild).map(drop), Err(Failure::Raised(Raised::new("Mild", "an error instead"))));
    assert_eq!(outcome(&good), Ok(Value::Int(1)));
}

#[test]
fn errors_and_panics_reach_the_waiter_and_spare_the_worker() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let before = pid(&outcome(&executor.submit(house.who(0)).unwrap()));
    let failing = |failing| executor.submit(house.probe(1, vec![Step::Fail(failing)], Value::None)).unwrap();
    for kind in [Failing::Error, Failing::Exit, Failing::Cancelled, Failing::Timeout] {
        let future = failing(kind);
        assert!(matches!(outcome(&future), Err(Failure::Raised(raised)) if raised.kind == kind.kind()));
        assert!(!future.state().cancelled);
    }
    let panicked = outcome(&failing(Failing::Panic));
    assert_eq!(panicked, Err(Failure::Panicked("probe panics on purpose".to_owned())));
    assert!(matches!(outcome(&failing(Failing::PanicPayload)), Err(Failure::Panicked(_))));
    assert_eq!(pid(&outcome(&executor.submit(house.who(2)).unwrap())), before);
}

#[test]
fn a_task_that_workers_do_not_know_is_named() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let stranger = executor.submit(Stranger).unwrap();
    let good = executor.submit(house.echo(1)).unwrap();
    let failure = outcome(&stranger).unwrap_err();
    assert!(matches!(&failure, Failure::Broken(text) if text.contains("no task called `stranger`")), "{failure}");
    assert_eq!(outcome(&good), Ok(Value::Int(1)));
}

#[test]
fn a_task_is_bytes_from_the_moment_of_submit() {
    let _alone = alone();
    let (house, executor) = (House::new(), open(1));
    let plug = house.gates.gate();
    let parked = executor.submit(house.pass(1, &plug)).unwrap();
    let mut probe = house.echo(2);
    probe.canary = Canary::new(house.address.clone(), 2);
    let waiting = executor.submit(probe).unwrap();
    let released = house.gates.history().count(|event| event.moment == Moment::Released);
    assert_eq!(released, 1, "what the task held is released although it has not started");
    assert!(!waiting.state().running);
    plug.open();
    assert_eq!((outcome(&parked), outcome(&waiting)), (Ok(Value::Int(1)), Ok(Value::Int(2))));
}

#[test]
fn a_task_may_open_a_process_executor_of_its_own() {
    let _alone = alone();
    let executor = open(1);
    let (outer, inner) = outcome(&executor.submit(Nested).unwrap()).expect("a nested executor works");
    assert!(outer != inner && inner != std::process::id());
    assert_eq!(outcome(&executor.submit(Noisy).unwrap()), Ok(()));
}
