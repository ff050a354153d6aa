//! What the tests share: probes, waiting with patience, and a look at the system's processes.

use poolproof_executors::process::ProcessExecutor;
use poolproof_harness::{
    Canary, CellFuture, Executor, Gate, Gatehouse, HouseAddress, Outcome, Patience, Probe, Step, Value,
    set_worker_arguments,
};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// For what must happen. It is never waited out when all is well.
pub(crate) const PATIENCE: Patience = Patience::ticks(3000);

/// One test at a time: each counts the children and descriptors of this process. Also says how
/// this program is started as a worker.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    set_worker_arguments(["--exact", "worker", "--nocapture"]);
    turn
}

pub(crate) fn open(workers: usize) -> ProcessExecutor {
    ProcessExecutor::new(workers).expect("an executor")
}

/// A gatehouse that workers can reach.
pub(crate) struct House {
    pub(crate) gates: Gatehouse,
    pub(crate) address: HouseAddress,
}

impl House {
    pub(crate) fn new() -> Self {
        let gates = Gatehouse::new();
        let address = gates.listen().expect("a socket for the gates");
        Self { gates, address }
    }

    /// A probe of no house that returns its label.
    pub(crate) fn bare(label: u32) -> Probe {
        let house = HouseAddress::default();
        Probe {
            label,
            house,
            executor: 0,
            steps: Vec::new(),
            value: Value::Int(label.into()),
            canary: Canary::default(),
        }
    }

    pub(crate) fn probe(&self, label: u32, steps: Vec<Step>, value: Value) -> Probe {
        Probe { house: self.address.clone(), steps, value, ..Self::bare(label) }
    }

    /// A probe that returns its label.
    pub(crate) fn echo(&self, label: u32) -> Probe {
        self.probe(label, Vec::new(), Value::Int(label.into()))
    }

    /// A probe that stops at `gate` and returns its label.
    pub(crate) fn pass(&self, label: u32, gate: &Gate) -> Probe {
        self.probe(label, vec![Step::Pass(gate.id())], Value::Int(label.into()))
    }

    /// A probe that returns who runs it.
    pub(crate) fn who(&self, label: u32) -> Probe {
        self.probe(label, Vec::new(), Value::WhoAmI)
    }

    /// Whether `count` tasks can run at the same time.
    pub(crate) fn assert_capacity(&self, executor: &ProcessExecutor, count: u32) {
        let meeting = self.gates.meeting(count as usize);
        let futures: Vec<_> =
            (0..count).map(|label| executor.submit(self.pass(label, &meeting)).expect("accepted")).collect();
        for (label, future) in (0..).zip(futures) {
            assert_eq!(outcome(&future), Ok(Value::Int(label)), "of {count} tasks that meet");
        }
    }
}

/// The outcome of a future that must be done in time.
pub(crate) fn outcome<T: Clone + Send + Sync + 'static>(future: &CellFuture<T>) -> Outcome<T> {
    use poolproof_harness::Future;
    future.result(Some(PATIENCE.nominal())).expect("the future must be done in time")
}

/// The process that ran a [`House::who`].
pub(crate) fn pid(outcome: &Outcome<Value>) -> u32 {
    match outcome {
        Ok(Value::Identity { pid, .. }) => *pid,
        other => panic!("the identity of a worker is expected, and not {other:?}"),
    }
}

/// Waits until `condition` holds: for what the system tells only to those who ask.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let mut deadline = PATIENCE.start();
    while !condition() {
        let slice = deadline.next_slice().unwrap_or_else(|| panic!("in time: {what}"));
        std::thread::park_timeout(slice);
    }
}

/// State and parent of every process: the letter of `/proc/PID/stat` and a number.
pub(crate) fn processes() -> BTreeMap<u32, (char, u32)> {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter_map(|pid| Some((pid, state_of(pid)?))).collect()
}

fn state_of(pid: u32) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold anything, even a parenthesis.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// The children of this process, zombies included.
pub(crate) fn children() -> Vec<u32> {
    let me = std::process::id();
    processes().into_iter().filter(|(_, (_, parent))| *parent == me).map(|(pid, _)| pid).collect()
}

/// Whether the process is gone, or a zombie that only its parent can remove.
pub(crate) fn has_ended(pid: u32) -> bool {
    state_of(pid).is_none_or(|(state, _)| matches!(state, 'Z' | 'X'))
}

pub(crate) fn signal(pid: u32, signal: i32) {
    let pid = i32::try_from(pid).expect("a process number");
    // SAFETY: kill takes two numbers and touches no memory.
    #[allow(unsafe_code)]
    let status = unsafe { libc::kill(pid, signal) };
    assert_eq!(status, 0, "signal {signal} for process {pid}");
}

/// Open descriptors of this process, less the one that counts them.
pub(crate) fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("/proc").count() - 1
}
