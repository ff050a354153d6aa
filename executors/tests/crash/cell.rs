//! One cell of the matrix, and what all of them look at.

use crate::task::{How, Mine, Place, Prepare, Report};
use poolproof_executors::process::{ProcessExecutor, StartMethod};
use poolproof_harness::{CellFuture, Executor, Failure, Future, Outcome, Patience, Refused, Shutdown};
use std::collections::BTreeMap;
use std::sync::mpsc::channel;

pub(crate) type Start = StartMethod;

/// All start methods, in the order of the default run.
pub(crate) trait All {
    const ALL: [Start; 3];
}

impl All for Start {
    const ALL: [Start; 3] = [Start::Spawn, Start::ForkServer, Start::Fork];
}

/// For what must happen. It is never waited out when all is well.
const PATIENCE: Patience = Patience::ticks(3000);

/// Whether who waits for a future has a limit. Without one he stands in for the worker's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Set,
    None,
}

impl Limit {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Set, Self::None];

    pub(crate) fn outcome<T: Clone + Send + Sync + 'static>(self, future: &CellFuture<T>) -> Outcome<T> {
        if self == Self::Set {
            return future.result(Some(PATIENCE.nominal())).expect("every future resolves");
        }
        std::thread::scope(|scope| {
            let (said, heard) = channel();
            scope.spawn(move || said.send(future.result(None).expect("there is no limit")));
            heard.recv_timeout(PATIENCE.nominal()).unwrap_or_else(|_| {
                // That thread never ends, and nobody can leave without it.
                eprintln!("a future does not resolve for who waits without a limit");
                std::process::exit(1);
            })
        })
    }
}

/// Waits until `condition` holds.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let mut deadline = PATIENCE.start();
    while !condition() {
        let slice = deadline.next_slice().unwrap_or_else(|| panic!("in time: {what}"));
        std::thread::park_timeout(slice / 5);
    }
}

/// State and parent of every process.
fn processes() -> BTreeMap<u32, (char, u32)> {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter_map(|pid| Some((pid, state_of(pid)?))).collect()
}

fn state_of(pid: u32) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// The processes below `ancestor`, zombies included.
pub(crate) fn descendants(ancestor: u32) -> Vec<u32> {
    let all = processes();
    let is_below = |pid: u32| {
        let mut above = all.get(&pid).map(|(_, parent)| *parent);
        while let Some(pid) = above {
            if pid == ancestor {
                return true;
            }
            above = all.get(&pid).map(|(_, parent)| *parent);
        }
        false
    };
    all.keys().copied().filter(|pid| is_below(*pid)).collect()
}

/// Whether the process is gone, or a zombie that only its parent can remove.
pub(crate) fn has_ended(pid: u32) -> bool {
    state_of(pid).is_none_or(|(state, _)| matches!(state, 'Z' | 'X'))
}

fn signal(pid: u32, signal: i32) {
    let pid = i32::try_from(pid).expect("a process number");
    // SAFETY: kill takes two numbers and touches no memory.
    #[allow(unsafe_code)]
    let status = unsafe { libc::kill(pid, signal) };
    assert_eq!(status, 0, "signal {signal} for process {pid}");
}

/// Kills the process below this one that has stopped.
pub(crate) fn kill_the_stopped() {
    let stopped =
        || descendants(std::process::id()).into_iter().find(|pid| state_of(*pid).is_some_and(|(s, _)| s == 'T'));
    until("the worker has stopped", || stopped().is_some());
    signal(stopped().expect("it stays stopped"), libc::SIGKILL);
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("/proc").count()
}

/// Opens an executor, has something go wrong, and looks at everything that is left.
pub(crate) fn check(place: Place, how: How, start: Start, limit: Limit) {
    let told = format!("{place:?} x {how:?} x {start}, limit: {limit:?}");
    eprintln!("{told}");
    let before = descriptors();
    let directory = tempfile::tempdir().expect("a directory");
    let go = directory.path().join("go").display().to_string();
    let mut builder = ProcessExecutor::builder(1).start_method(start);
    if place == Place::RecyclingLimit {
        builder = builder.max_tasks_per_worker(1);
    }
    if place == Place::Initialiser {
        builder = builder.initialised_by(Prepare(how));
    }
    let executor = builder.open().unwrap_or_else(|error| panic!("{told}: {error}"));
    let mine = Mine { place, how, go: None };
    match place {
        // The worker that has lost its descriptors goes on.
        Place::Initialiser if how != How::Close => {
            let lost = executor.submit(Mine::calm()).expect("accepted");
            if how == How::Stop {
                kill_the_stopped();
            }
            assert_words(&told, how, limit.outcome(&lost));
            until("the executor is broken", || matches!(executor.submit(Mine::calm()), Err(Refused::Broken(_))));
        }
        Place::Idle => idle(&executor, &Mine { go: Some(go.clone()), ..mine }, &go, limit, &told),
        Place::Untaken => untaken(&executor, &Mine { go: Some(go.clone()), ..mine }, &go, limit, &told),
        Place::AfterShutdown => {
            let future = executor.submit(Mine { go: Some(go.clone()), ..mine }).expect("accepted");
            until("the task runs", || std::path::Path::new(&format!("{go}.there")).exists());
            executor.shutdown(Shutdown::NO_WAIT);
            std::fs::write(&go, "").expect("a file");
            assert_struck(&told, place, how, limit, &future);
        }
        _ => {
            let future = executor.submit(mine).expect("accepted");
            assert_struck(&told, place, how, limit, &future);
        }
    }
    if place != Place::AfterShutdown && (place != Place::Initialiser || how == How::Close) {
        limit
            .outcome(&executor.submit(Mine::calm()).expect("accepted"))
            .unwrap_or_else(|failure| panic!("{told}: {failure}"));
    }
    executor.shutdown(Shutdown::WAIT);
    assert_eq!(descendants(std::process::id()), [0_u32; 0], "{told}: processes are left");
    drop(executor);
    drop(directory);
    assert_eq!(descriptors(), before, "{told}: descriptors are left");
}

/// The worker is struck after its task was done.
fn idle(executor: &ProcessExecutor, mine: &Mine, go: &str, limit: Limit, told: &str) {
    let pid = limit.outcome(&executor.submit(mine.clone()).expect("accepted")).expect(told).pid;
    until("the thread that the task has left waits", || std::path::Path::new(&format!("{go}.there")).exists());
    std::fs::write(go, "").expect("a file");
    if mine.how == How::Stop {
        kill_the_stopped();
    }
    if mine.how.words().is_some() {
        until("the dead worker is reaped at once", || state_of(pid).is_none());
    }
}

/// The worker is struck while it stands still with a request in its ring, which another one runs, if it must.
fn untaken(executor: &ProcessExecutor, mine: &Mine, go: &str, limit: Limit, told: &str) {
    let exists = |end: &str| std::path::Path::new(&format!("{go}{end}")).exists();
    let first = limit.outcome(&executor.submit(mine.clone()).expect("accepted")).expect(told).pid;
    until("the thread that the task has left waits", || exists(".hold.there"));
    until("the worker waits for requests", || state_of(first).is_some_and(|(state, _)| state == 'S'));
    std::fs::write(format!("{go}.hold"), "").expect("a file");
    until("the worker stands still", || exists(".there"));
    let spared = executor.submit(Mine::calm()).expect("accepted");
    std::fs::write(go, "").expect("a file");
    if mine.how == How::Stop {
        kill_the_stopped();
    }
    let ran_by = limit.outcome(&spared).expect(told).pid;
    assert_eq!(ran_by == first, mine.how.words().is_none(), "{told}: {ran_by} ran it, after {first}");
}

/// A task that is struck in a worker ends as it must.
fn assert_struck(told: &str, place: Place, how: How, limit: Limit, future: &CellFuture<Report>) {
    if how == How::Stop {
        kill_the_stopped();
    }
    let outcome = limit.outcome(future);
    match (place, how) {
        (Place::Drop, How::Panic) | (_, How::Close) => assert!(outcome.is_ok(), "{told}: {outcome:?}"),
        (Place::Run | Place::RecyclingLimit | Place::AfterShutdown, How::Panic) => {
            assert!(
                matches!(&outcome, Err(Failure::Panicked(text)) if text.contains("on purpose")),
                "{told}: {outcome:?}"
            );
        }
        (_, How::Panic) => {
            let is_told = |text: &str| text.contains("`mine`") && text.contains("strikes on purpose");
            assert!(matches!(&outcome, Err(Failure::Unserialisable(text)) if is_told(text)), "{told}: {outcome:?}");
        }
        _ => {
            let text = assert_words(told, how, outcome);
            assert!(text.ends_with("while it ran the task `mine`"), "{told}: {text}");
        }
    }
}

fn assert_words(told: &str, how: How, outcome: Outcome<Report>) -> String {
    let Err(Failure::Broken(text)) = outcome else { panic!("{told}: a lost worker is expected, and not {outcome:?}") };
    assert!(text.contains(how.words().unwrap_or("on purpose")), "{told}: {text}");
    assert!(text.contains("worker process "), "{told}: {text}");
    text
}
