//! What a process holds: threads, descriptors, children, shared memory, temporary files. Compared
//! before and after a check.

use super::family::{self, ThreadStat};
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
        for (thread, stat, children) in threads() {
            // One that has run its last instruction is on its way out, whether anybody joined it or not.
            if !stat.is_exiting && !OWN_THREADS.contains(&stat.name.as_str()) && !is_own(&(thread, stat.started)) {
                *holdings.threads.entry(stat.name).or_default() += 1;
            }
            for child in children.split_whitespace() {
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
    /// as anything else that must happen. Meanwhile `alive` is called: that waiting is not the subject's.
    pub(crate) fn left_behind(&self, patience: Patience, alive: impl Fn()) -> Option<String> {
        let mut deadline = patience.start();
        loop {
            alive();
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

/// Every thread of this process: its number, what the system says of it, and its children.
///
/// A list that is read while a thread ends may lack others: the system loses its place in it. Where
/// nobody ended between two readings, nobody is missing, so the list is read until it stays the same.
fn threads() -> Vec<(String, ThreadStat, String)> {
    let mut before = None;
    for _ in 0..READINGS {
        let now = list();
        let same = before.as_ref().is_some_and(|before: &Vec<(String, ThreadStat, String)>| {
            before.iter().map(|one| &one.0).eq(now.iter().map(|one| &one.0))
        });
        if same {
            return now;
        }
        before = Some(now);
    }
    before.unwrap_or_default()
}

/// A process whose threads never stop to come and go is taken as it was read last.
const READINGS: u32 = 100;

fn list() -> Vec<(String, ThreadStat, String)> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let read = tasks.filter_map(|task| {
        let stat = ThreadStat::parse(&fs::read_to_string(task.path().join("stat")).ok()?)?;
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        Some((task.file_name().to_string_lossy().into_owned(), stat, children))
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{Aside, Vigil};
    use poolproof_harness::History;
    use std::cell::RefCell;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{Receiver, channel};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// These tests look at the whole process, and leave threads of the same name: one at a time.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn vigil() -> Vigil {
        Vigil::new(&History::default(), Patience::ticks(1000))
    }

    #[test]
    fn a_thread_without_a_name_that_a_call_beside_the_check_leaves_is_found() {
        let _alone = alone();
        let before = Holdings::now();
        let (stop, stopped) = channel::<()>();
        let call = Aside::start("leave a thread", vigil(), move || {
            std::thread::spawn(move || stopped.recv());
        });
        call.returns().expect("it returns");
        let signs = std::cell::Cell::new(0);
        let left = before.left_behind(Patience::ticks(5), || signs.set(signs.get() + 1)).expect("it is there");
        // Who waits for the audit must hear of it while it waits.
        assert!(signs.get() > 1, "{} signs of life", signs.get());
        assert!(left.contains("1 more threads (aside)"), "{left}");
        drop(stop);
    }

    /// Waits, when its thread ends, until it is told.
    struct Lingers(Receiver<()>);

    impl Drop for Lingers {
        fn drop(&mut self) {
            let _ = self.0.recv();
        }
    }

    thread_local! {
        static AT_THE_END: RefCell<Option<Lingers>> = const { RefCell::new(None) };
    }

    #[test]
    fn a_thread_that_ran_a_call_and_is_not_over_hides_none_of_its_name() {
        let _alone = alone();
        let (stop, stopped) = channel::<()>();
        let call = Aside::start("linger", vigil(), move || {
            AT_THE_END.with(|end| *end.borrow_mut() = Some(Lingers(stopped)));
        });
        call.returns().expect("it returns");
        assert_eq!(Holdings::now().threads.get("aside"), None);
        drop(stop);
    }

    #[test]
    fn threads_that_end_meanwhile_hide_no_other() {
        let _alone = alone();
        let (stop, stopped) = channel::<()>();
        let (start, started) = channel();
        let body = move || {
            let _ = start.send(());
            stopped.recv()
        };
        let steady = std::thread::Builder::new().name("steady".into()).spawn(body).expect("a thread can be started");
        started.recv().expect("the thread runs");
        let churn = AtomicBool::new(true);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while churn.load(Ordering::Relaxed) {
                        let _ = std::thread::spawn(|| {}).join();
                    }
                });
            }
            for _ in 0..200 {
                let found = Holdings::now().threads.get("steady").copied();
                if found != Some(1) {
                    churn.store(false, Ordering::Relaxed);
                }
                assert_eq!(found, Some(1));
            }
            churn.store(false, Ordering::Relaxed);
        });
        drop(stop);
        let _ = steady.join();
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
        // Other tests open sockets and pipes meanwhile, but not this file.
        let file = tempfile::NamedTempFile::new().expect("a file can be made");
        let again = file.reopen().expect("it is there");
        let excess = before.excess(&Holdings::now()).expect("both are there");
        assert!(excess.contains("1 more threads (leaky)"), "{excess}");
        let descriptors = format!("2 more descriptors ({})", file.path().display());
        assert!(excess.contains(&descriptors), "{excess}");
        drop((stop, file, again));
        let _ = thread.join();
    }
}
