//! Facts about the machine that belong beside every figure.

use super::quota::quota;
use std::collections::BTreeMap;
use std::fs;

/// What is known about this machine; what cannot be read is left out.
#[must_use]
pub fn facts() -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()) {
            facts.insert(name.to_owned(), value);
        }
    };
    let cpuinfo = read("/proc/cpuinfo").unwrap_or_default();
    fact("cpu", field(&cpuinfo, "model name").or_else(|| field(&cpuinfo, "Model")));
    fact("architecture", Some(std::env::consts::ARCH.to_owned()));
    fact("cores", read("/sys/devices/system/cpu/online"));
    fact("affinity", read("/proc/self/status").and_then(|status| field(&status, "Cpus_allowed_list")));
    fact("parallelism", std::thread::available_parallelism().ok().map(|n| n.to_string()));
    fact("cgroup quota", Some(quota()));
    fact("governor", read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
    fact("clock source", read("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
    fact("kernel", read("/proc/sys/kernel/osrelease").map(|release| format!("{} {release}", std::env::consts::OS)));
    fact("load", read("/proc/loadavg").map(|load| load.split(' ').take(3).collect::<Vec<_>>().join(" ")));
    fact("memory", read("/proc/meminfo").and_then(|memory| field(&memory, "MemTotal")));
    facts
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "model name\t: Fast 9000\nmodel\t: 7\n";
        assert_eq!(field(text, "model"), Some("7".to_owned()));
        assert_eq!(field(text, "absent"), None);
    }

    #[test]
    fn this_machine_has_a_kernel_and_cores() {
        let facts = facts();
        assert!(facts.contains_key("kernel") && facts.contains_key("parallelism"), "{facts:?}");
    }
}
