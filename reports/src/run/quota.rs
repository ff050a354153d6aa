//! The processor time that a control group may use, exactly as the kernel has it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// So many microseconds of processor time in each period of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Quota {
    time: u64,
    period: u64,
}

impl Quota {
    fn is_below(self, other: Self) -> bool {
        u128::from(self.time) * u128::from(other.period) < u128::from(other.time) * u128::from(self.period)
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { time, period } = *self;
        write!(f, "{time} us in each {period} us ({} cores)", time as f64 / period as f64)
    }
}

/// The least quota of this process's control group and of all above it, of the second version and of the first;
/// `none` if not one of them has any, `unknown` if the kernel does not say which group this is.
pub(super) fn quota() -> String {
    match fs::read_to_string("/proc/self/cgroup") {
        Ok(own) => {
            least(Path::new("/sys/fs/cgroup"), &own).map_or_else(|| "none".to_owned(), |quota| quota.to_string())
        }
        Err(_) => "unknown".to_owned(),
    }
}

/// The same, of a process whose `/proc/PID/cgroup` is `own`, where control groups are mounted at `root`.
fn least(root: &Path, own: &str) -> Option<Quota> {
    let groups = own.lines().filter_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        Some((controllers, path.trim_start_matches('/')))
    });
    let mut found = Vec::new();
    for (controllers, path) in groups {
        if controllers.is_empty() {
            found.extend(upwards(root, path).filter_map(|group| second_version(&group)));
            // Where both versions are mounted side by side.
            found.extend(upwards(&root.join("unified"), path).filter_map(|group| second_version(&group)));
        } else if controllers.split(',').any(|controller| controller == "cpu") {
            for mounted in ["cpu", controllers] {
                found.extend(upwards(&root.join(mounted), path).filter_map(|group| first_version(&group)));
            }
        }
    }
    found.into_iter().reduce(|least, quota| if quota.is_below(least) { quota } else { least })
}

/// The group at `path` below `root`, and each above it up to `root`. Within a container the group may be mounted as
/// the root itself, and the path leads nowhere.
fn upwards(root: &Path, path: &str) -> impl Iterator<Item = PathBuf> {
    let mut groups: Vec<PathBuf> = Path::new(path).ancestors().map(|group| root.join(group)).collect();
    groups.dedup();
    groups.into_iter()
}

/// `cpu.max`: the time or `max`, and the period.
fn second_version(group: &Path) -> Option<Quota> {
    let text = fs::read_to_string(group.join("cpu.max")).ok()?;
    let (time, period) = text.trim().split_once(' ')?;
    made_of(time, period)
}

/// `cpu.cfs_quota_us`, which is -1 without a quota, and `cpu.cfs_period_us`.
fn first_version(group: &Path) -> Option<Quota> {
    let of = |name: &str| fs::read_to_string(group.join(name)).ok();
    made_of(of("cpu.cfs_quota_us")?.trim(), of("cpu.cfs_period_us")?.trim())
}

fn made_of(time: &str, period: &str) -> Option<Quota> {
    let positive = |text: &str| text.parse().ok().filter(|&micros: &u64| micros > 0);
    Some(Quota { time: positive(time)?, period: positive(period)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounted(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a directory can be made");
        for (file, text) in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().expect("it is in a group")).expect("the group can be made");
            fs::write(path, text).expect("the file can be written");
        }
        root
    }

    fn least_in(files: &[(&str, &str)], own: &str) -> Option<String> {
        least(mounted(files).path(), own).map(|quota| quota.to_string())
    }

    #[test]
    fn it_is_exact_in_the_second_version() {
        let files = [("a/b/cpu.max", "133333 100000\n"), ("a/cpu.max", "max 100000\n")];
        let exact = Some("133333 us in each 100000 us (1.33333 cores)".to_owned());
        assert_eq!(least_in(&files, "0::/a/b\n"), exact);
        assert_eq!(least_in(&files, "0::/a\n"), None);
        // Mounted as the root itself.
        assert_eq!(least_in(&[("cpu.max", "133333 100000\n")], "0::/docker/77\n"), exact);
    }

    #[test]
    fn it_is_exact_in_the_first_version() {
        let files = [("cpu,cpuacct/a/cpu.cfs_quota_us", "50000\n"), ("cpu,cpuacct/a/cpu.cfs_period_us", "200000\n")];
        let own = "7:memory:/m\n3:cpu,cpuacct:/a\n0::/\n";
        assert_eq!(least_in(&files, own), Some("50000 us in each 200000 us (0.25 cores)".to_owned()));
        assert_eq!(least_in(&files, "3:cpu,cpuacct:/\n"), None);
        let without = [("cpu/cpu.cfs_quota_us", "-1\n"), ("cpu/cpu.cfs_period_us", "100000\n")];
        assert_eq!(least_in(&without, "1:cpu:/\n"), None);
    }

    #[test]
    fn the_tightest_group_on_the_way_up_decides() {
        let files = [("a/b/cpu.max", "300000 100000\n"), ("a/cpu.max", "90000 50000\n"), ("z/cpu.max", "1 100000\n")];
        assert_eq!(least_in(&files, "0::/a/b\n"), Some("90000 us in each 50000 us (1.8 cores)".to_owned()));
    }

    #[test]
    fn nonsense_is_no_quota() {
        assert_eq!(least_in(&[("cpu.max", "many 100000\n")], "0::/\n"), None);
        assert_eq!(least_in(&[("cpu.max", "100 0\n")], "0::/\n"), None);
        assert_eq!(least_in(&[], "no colon here\n"), None);
    }
}
