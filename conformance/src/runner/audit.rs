//! What a process holds: threads, descriptors, children, shared memory, temporary files. Compared
//! before and after a check.

use super::family;
use crate::trial::is_own;
use poolproof_harness::Patience;
use std::collections::BTreeMap;
use std::fs;

/// What this process held at one moment, by kind and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holdings {
    threads: BTreeMap<String, usize>,
    descriptors: BTreeMap<String, usize>,
    children: BTreeMap<String, usize>,
    mappings: BTreeMap<String, usize>,
    files: BTreeMap<String, usize>,
}

/// Threads of the suite itself, which come and go with its own business.
const OWN_THREADS: [&str; 2] = ["gatehouse", "gate"];

/// What shared memory is mapped from.
const SHARED: [&str; 3] = ["/dev/shm/", "/SYSV", "/memfd:"];

impl Holdings {
    /// What this process holds now.
    pub(crate) fn now() -> Self {
        let mut holdings = Self::default();
        for task in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
            let read = |file| fs::read_to_string(task.path().join(file)).unwrap_or_default();
            let name = read("comm").trim().to_owned();
            if !OWN_THREADS.contains(&name.as_str()) && !is_own(&task.file_name().to_string_lossy()) {
                *holdings.threads.entry(name).or_default() += 1;
            }
            for child in read("children").split_whitespace() {
                let (name, zombie) = child.parse().map(family::name_of).unwrap_or_default();
                let kind = if zombie { "zombie" } else { "child process" };
                *holdings.children.entry(format!("{kind} {name}")).or_default() += 1;
            }
        }
        for descriptor in fs::read_dir("/proc/self/fd").into_iter().flatten().flatten() {
            if let Ok(target) = fs::read_link(descriptor.path()) {
                // `socket:[12345]` is a socket, whichever it is; the directory being read is ours.
                let target = target.to_string_lossy().into_owned();
                let kind = target.split(":[").next().unwrap_or_default().to_owned();
                if !target.ends_with("/fd") {
                    *holdings.descriptors.entry(kind).or_default() += 1;
                }
            }
        }
        for line in fs::read_to_string("/proc/self/maps").unwrap_or_default().lines() {
            let shared =
                line.split_whitespace().nth(5).filter(|path| SHARED.iter().any(|shared| path.starts_with(shared)));
            if let Some(path) = shared {
                *holdings.mappings.entry(path.to_owned()).or_default() += 1;
            }
        }
        for file in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
            *holdings.files.entry(file.file_name().to_string_lossy().into_owned()).or_default() += 1;
        }
        holdings
    }

    /// What is held now beyond what was held before, once it no longer shrinks; `None` if nothing.
    ///
    /// Threads and processes need a moment to disappear after they were told to: they get as long
    /// as anything else that must happen.
    pub(crate) fn left_behind(&self, patience: Patience) -> Option<String> {
        let mut deadline = patience.start();
        loop {
            let excess = self.excess(&Self::now())?;
            match deadline.next_slice() {
                Some(slice) => std::thread::park_timeout(slice),
                None => return Some(excess),
            }
        }
    }

    fn excess(&self, now: &Self) -> Option<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, before: &BTreeMap<String, usize>, after: &BTreeMap<String, usize>| {
            for (name, &count) in after {
                let more = count.saturating_sub(before.get(name).copied().unwrap_or(0));
                if more > 0 {
                    found.push(format!("{more} {what} ({name})"));
                }
            }
        };
        compare("more threads", &self.threads, &now.threads);
        compare("more descriptors", &self.descriptors, &now.descriptors);
        compare("processes", &self.children, &now.children);
        compare("more mappings of shared memory", &self.mappings, &now.mappings);
        compare("more temporary files", &self.files, &now.files);
        (!found.is_empty()).then(|| found.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::Aside;
    use std::sync::mpsc::channel;

    #[test]
    fn a_thread_without_a_name_that_a_call_beside_the_check_leaves_is_found() {
        let before = Holdings::now();
        let (stop, stopped) = channel::<()>();
        let call = Aside::start("leave a thread", Patience::ticks(1000), move || {
            std::thread::spawn(move || stopped.recv());
        });
        call.returns().expect("it returns");
        let left = before.left_behind(Patience::ticks(5)).expect("it is there");
        assert!(left.contains("1 more threads (aside)"), "{left}");
        drop(stop);
    }

    #[test]
    fn a_thread_and_a_descriptor_that_stay_are_found() {
        let before = Holdings::now();
        let (stop, stopped) = channel::<()>();
        let (start, started) = channel();
        let body = move || {
            let _ = start.send(());
            stopped.recv()
        };
        let thread = std::thread::Builder::new().name("leaky".into()).spawn(body);
        let thread = thread.expect("a thread can be started");
        // It gives itself its name before it runs its body, not before it counts as started.
        started.recv().expect("the thread runs");
        let pipe = std::io::pipe().expect("a pipe can be made");
        let excess = before.excess(&Holdings::now()).expect("both are there");
        assert!(excess.contains("1 more threads (leaky)"), "{excess}");
        assert!(excess.contains("2 more descriptors (pipe)"), "{excess}");
        drop((stop, pipe));
        let _ = thread.join();
    }
}
