//! Was a round disturbed? Decided by rules that are fixed in advance and see no figure, so that
//! running a disturbed round again favours nobody.
//!
//! | rule | what the kernel says | where |
//! | --- | --- | --- |
//! | `steal` | the hypervisor gave time of this machine to another one during the round | `/proc/stat` |
//! | `throttled` | the control group used up its quota during the round | `cpu.stat` |
//! | `pressure` | somebody else wanted a processor when the round began, while no subject had a task | `/proc/loadavg` |
//!
//! Pressure is looked at before the round, not in `/proc/pressure/cpu` after it, because a subject
//! with as many workers as cores presses by itself. A file that is not there accuses nobody.

use poolproof_harness::record::TaintRecord;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a round is tainted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taint {
    Steal,
    Throttled,
    Pressure,
}

/// Looks at the machine before and after a round.
pub(super) trait Watch {
    /// A round is about to begin.
    fn before(&mut self);

    /// It is over: was it disturbed?
    fn after(&mut self) -> Option<Taint>;
}

/// The machine itself.
#[derive(Debug)]
pub(super) struct Machine {
    group: Option<PathBuf>,
    steal: u64,
    throttled: u64,
    pressed: bool,
}

/// Workers of the subject before may still be falling asleep: who is seen this often, this far
/// apart, is somebody else.
const LOOKS: u32 = 3;
const APART: Duration = Duration::from_micros(50);

impl Machine {
    pub(super) fn new() -> Self {
        Self { group: statistics_of_group(), steal: 0, throttled: 0, pressed: false }
    }

    fn throttled(&self) -> u64 {
        let statistics = self.group.as_ref().and_then(|path| fs::read_to_string(path).ok());
        statistics.and_then(|text| throttled_in(&text)).unwrap_or(0)
    }
}

impl Watch for Machine {
    fn before(&mut self) {
        self.pressed = (0..LOOKS).all(|look| {
            if look > 0 {
                std::thread::sleep(APART);
            }
            fs::read_to_string("/proc/loadavg").ok().and_then(|text| runnable_in(&text)).is_some_and(|count| count > 1)
        });
        self.throttled = self.throttled();
        self.steal = steal();
    }

    fn after(&mut self) -> Option<Taint> {
        if steal() > self.steal {
            Some(Taint::Steal)
        } else if self.throttled() > self.throttled {
            Some(Taint::Throttled)
        } else {
            self.pressed.then_some(Taint::Pressure)
        }
    }
}

fn steal() -> u64 {
    fs::read_to_string("/proc/stat").ok().and_then(|text| steal_in(&text)).unwrap_or(0)
}

/// The eighth figure of the line `cpu`, in ticks.
fn steal_in(stat: &str) -> Option<u64> {
    stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().nth(7)?.parse().ok()
}

/// How often a control group was stopped for having used up its quota.
fn throttled_in(statistics: &str) -> Option<u64> {
    statistics.lines().find_map(|line| line.strip_prefix("nr_throttled "))?.trim().parse().ok()
}

/// How many threads of the machine run or could run, the one that asks included.
fn runnable_in(loadavg: &str) -> Option<u64> {
    loadavg.split(' ').nth(3)?.split_once('/')?.0.parse().ok()
}

/// Where the statistics of this process's control group are, of the second or the first version.
fn statistics_of_group() -> Option<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let second = own.lines().find_map(|line| line.strip_prefix("0::"));
    let first = own.lines().find_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        controllers.split(',').any(|controller| controller == "cpu").then_some(path)
    });
    let candidates = [("/sys/fs/cgroup/cpu", first), ("/sys/fs/cgroup", second)];
    candidates.into_iter().find_map(|(root, path)| {
        let inside = path.map(|path| Path::new(root).join(path.trim_start_matches('/')).join("cpu.stat"));
        // Within a container the group is mounted as the root.
        inside.into_iter().chain([Path::new(root).join("cpu.stat")]).find(|file| file.is_file())
    })
}

/// Counts what was tainted in one arm.
pub(super) fn count(record: &mut TaintRecord, taint: Taint) {
    match taint {
        Taint::Steal => record.steal += 1,
        Taint::Throttled => record.throttled += 1,
        Taint::Pressure => record.pressure += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_figures_are_read_where_they_stand() {
        assert_eq!(steal_in("cpu  1305688 82035 439146 684168 3933 0 1968 464 0 0\ncpu0 1 2\n"), Some(464));
        assert_eq!(steal_in("cpu 1 2 3\n"), None, "an old kernel does not tell");
        assert_eq!(throttled_in("nr_periods 9\nnr_throttled 4\nthrottled_time 77\n"), Some(4));
        assert_eq!(throttled_in("usage_usec 9\n"), None);
        assert_eq!(runnable_in("5.98 3.43 3.03 10/131 29114\n"), Some(10));
        assert_eq!(runnable_in("nonsense"), None);
    }

    #[test]
    fn whoever_runs_all_the_time_is_seen_and_this_machine_can_be_asked() {
        let stop = std::sync::atomic::AtomicBool::new(false);
        let (say, running) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                say.send(()).expect("the test waits");
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
            running.recv().expect("it runs");
            let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
            if runnable_in(&text).is_none_or(|count| count == 0) {
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
                return; // A kernel that does not even count who asks.
            }
            let mut machine = Machine::new();
            machine.before();
            let seen = machine.after();
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            // A hypervisor that steals meanwhile is named first.
            assert!(seen.is_some(), "a thread that never rests went unnoticed");
        });
    }
}
