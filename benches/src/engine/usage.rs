//! What a process and all those below it use: processor time and memory, seen from outside, so
//! that executors of every kind and language are measured alike.

use std::fs;
use std::io;

/// What a process and its descendants use together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Processor time so far, in nanoseconds.
    pub(super) cpu_ns: u64,
    /// Memory in bytes that no file could give back: anonymous and shared memory, pages that several
    /// processes share counted in parts (`Pss_Anon` and `Pss_Shmem` of the system).
    pub(super) memory_bytes: u64,
    /// How many processes there are.
    pub(super) processes: u64,
}

impl Usage {
    /// Of `process` and everything below it. A descendant that ends meanwhile does not count.
    ///
    /// # Errors
    ///
    /// If `process` itself cannot be looked at.
    pub(super) fn of(process: u32) -> io::Result<Self> {
        let mut usage = Self::default();
        usage.add(process)?;
        let mut unseen = children(process);
        while let Some(below) = unseen.pop() {
            if usage.add(below).is_ok() {
                unseen.extend(children(below));
            }
        }
        Ok(usage)
    }

    /// Processor time of `process` and everything below it, in nanoseconds.
    ///
    /// # Errors
    ///
    /// If `process` itself cannot be looked at.
    pub(super) fn cpu_of(process: u32) -> io::Result<u64> {
        let mut sum = cpu_ns(process)?;
        let mut unseen = children(process);
        while let Some(below) = unseen.pop() {
            if let Ok(cpu) = cpu_ns(below) {
                sum += cpu;
                unseen.extend(children(below));
            }
        }
        Ok(sum)
    }

    fn add(&mut self, process: u32) -> io::Result<()> {
        let (cpu, memory) = (cpu_ns(process)?, memory_bytes(process)?);
        self.cpu_ns += cpu;
        self.memory_bytes += memory;
        self.processes += 1;
        Ok(())
    }
}

/// The processes that the threads of `process` have started.
fn children(process: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    let lists = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

/// The proportional set size, without the pages of files: how many of those are a process's own depends
/// on who else on the machine runs the same program at that moment.
fn memory_bytes(process: u32) -> io::Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let kib = |field: &str| {
        rollup.lines().find_map(|line| line.strip_prefix(field)?.trim().strip_suffix(" kB")?.parse::<u64>().ok())
    };
    let kib = kib("Pss_Anon:").zip(kib("Pss_Shmem:")).map(|(anonymous, shared)| anonymous + shared);
    kib.map(|kib| kib * 1024).ok_or_else(|| {
        io::Error::other("the kernel tells no proportional set size by kind (it does from Linux 5.3 on)")
    })
}

/// The processor time of all its threads, those that ended included.
fn cpu_ns(process: u32) -> io::Result<u64> {
    let process = libc::pid_t::try_from(process).map_err(io::Error::other)?;
    let mut clock: libc::clockid_t = 0;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both calls write to the valid places they are given and nowhere else.
    #[allow(unsafe_code)]
    unsafe {
        match libc::clock_getcpuclockid(process, &raw mut clock) {
            0 => {}
            error => return Err(io::Error::from_raw_os_error(error)),
        }
        if libc::clock_gettime(clock, &raw mut time) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    let part = |number: libc::c_long| u64::try_from(number).unwrap_or(0);
    Ok(part(time.tv_sec) * 1_000_000_000 + part(time.tv_nsec))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::process::{Command, Stdio};

    #[test]
    fn who_is_below_counts() {
        let mut shell = Command::new("sh")
            .args(["-c", "sh -c 'echo ready; cat >/dev/null'; :"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell is there");
        let mut ready = [0; 6];
        shell.stdout.as_mut().expect("piped").read_exact(&mut ready).expect("it says so");
        let usage = Usage::of(shell.id()).expect("it runs");
        drop(shell.stdin.take());
        shell.wait().expect("it ends");
        assert!(usage.processes >= 2, "{usage:?}");
        assert!(Usage::of(shell.id()).is_err(), "a process that is gone cannot be looked at");
    }

    #[test]
    fn computing_takes_time() {
        let before = Usage::cpu_of(std::process::id()).expect("this process runs");
        let mut state = 1_u64;
        while Usage::cpu_of(std::process::id()).expect("it still runs") < before + 2_000_000 {
            state = std::hint::black_box(state.wrapping_mul(3));
        }
    }
}
