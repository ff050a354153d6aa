//! The tasks that a worker knows, by name.

use super::codec::decode;
use super::message::Items;
use poolproof_harness::{Failure, Outcome, Probe, StampedWork, Task, Work, contain, run_caught};
use std::any::{TypeId, type_name};
use std::collections::BTreeMap;
use std::fmt;

/// Rebuilds one task, runs it, and appends its outcome to the reply.
type Run = fn(&[u8], &mut Items<'_>);

#[derive(Clone, Copy)]
struct Entry {
    id: TypeId,
    type_name: &'static str,
    run: Run,
    /// Another type that claims the same name.
    rival: Option<&'static str>,
}

/// The tasks that workers can run: a function for each [`Task::NAME`].
///
/// A program whose own tasks go to a process executor begins with
///
/// ```no_run
/// # use poolproof_harness::{Raised, Task};
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct Double(u64);
/// # impl Task for Double {
/// #     const NAME: &'static str = "double";
/// #     type Output = u64;
/// #     fn run(self) -> Result<u64, Raised> { Ok(self.0 * 2) }
/// # }
/// use poolproof_executors::process::Tasks;
///
/// fn main() {
///     Tasks::new().with::<Double>().serve_if_worker();
///     // What the program does when it is not a worker.
/// }
/// ```
#[derive(Clone)]
pub struct Tasks {
    table: BTreeMap<&'static str, Entry>,
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.table.keys()).finish()
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Tasks {
    /// The tasks of checks and of benchmarks: [`Probe`], [`Work`] and [`StampedWork`].
    #[must_use]
    pub fn new() -> Self {
        Self { table: BTreeMap::new() }.with::<Probe>().with::<Work>().with::<StampedWork>()
    }

    /// Adds a task. Two types of one name are an error of every task of that name.
    #[must_use]
    pub fn with<T: Task>(mut self) -> Self {
        let entry = Entry { id: TypeId::of::<T>(), type_name: type_name::<T>(), run: run_encoded::<T>, rival: None };
        let known = self.table.entry(T::NAME).or_insert(entry);
        if known.id != entry.id {
            known.rival = Some(entry.type_name);
        }
        self
    }

    /// Runs the task `name` in every one of `items`, and appends the outcomes to the reply.
    pub(super) fn run<'a>(&self, name: &str, items: impl Iterator<Item = &'a [u8]>, reply: &mut Items<'_>) {
        match self.find(name) {
            Ok(run) => items.for_each(|item| run(item, reply)),
            Err(problem) => items.for_each(|_| push_failure(reply, &Failure::Broken(problem.clone()))),
        }
    }

    fn find(&self, name: &str) -> Result<Run, String> {
        match self.table.get(name) {
            Some(Entry { run, rival: None, .. }) => Ok(*run),
            Some(Entry { type_name, rival: Some(rival), .. }) => {
                Err(format!("two tasks are called `{name}`, {type_name} and {rival}: give one of them another NAME"))
            }
            None => Err(format!(
                "the worker knows no task called `{name}`: add it with `Tasks::with` before `serve_if_worker`"
            )),
        }
    }
}

fn run_encoded<T: Task>(item: &[u8], reply: &mut Items<'_>) {
    let outcome: Outcome<T::Output> = match decode::<T>(item) {
        Ok(task) => run_caught(task),
        Err(problem) => {
            Err(Failure::Unserialisable(format!("the task `{}` cannot be rebuilt in the worker: {problem}", T::NAME)))
        }
    };
    if let Err(problem) = reply.push(&outcome) {
        let what = format!("the result of the task `{}` cannot be serialised: {problem}", T::NAME);
        push_failure(reply, &Failure::Unserialisable(what));
    }
    // A destructor has nobody to report to; the panic hook has said it already.
    let _ = contain(|| drop(outcome));
}

/// Appends a failure in place of an outcome of any type.
pub(super) fn push_failure(reply: &mut Items<'_>, failure: &Failure) {
    let outcome: Result<(), &Failure> = Err(failure);
    // A failure is an index and a text. If not even that fits any more, the reply is an item
    // short, and the executor reports the message as damaged.
    let _ = reply.push(&outcome);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::draft::Room;
    use crate::process::message::read_items;
    use poolproof_harness::Raised;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Double(u64);

    impl Task for Double {
        const NAME: &'static str = "double";
        type Output = u64;
        fn run(self) -> Result<u64, Raised> {
            assert_ne!(self.0, 13, "unlucky");
            self.0.checked_mul(2).ok_or_else(|| Raised::new("Overflow", "too large"))
        }
    }

    #[derive(Serialize, Deserialize)]
    struct Impostor;

    impl Task for Impostor {
        const NAME: &'static str = "double";
        type Output = ();
        fn run(self) -> Result<(), Raised> {
            Ok(())
        }
    }

    fn outcomes(tasks: &Tasks, name: &str, items: &[&[u8]]) -> Vec<Outcome<u64>> {
        let mut reply = Items::reply(Room::Anywhere, Vec::new());
        tasks.run(name, items.iter().copied(), &mut reply);
        let reply = reply.bytes();
        let items = read_items(&reply).expect("a whole reply");
        items.map(|item| decode(item).expect("an outcome")).collect()
    }

    #[test]
    fn each_item_has_its_own_outcome() {
        let tasks = Tasks::new().with::<Double>();
        let encoded = |number: u64| postcard::to_stdvec(&Double(number)).unwrap();
        let (two, unlucky, huge) = (encoded(2), encoded(13), encoded(u64::MAX));
        let found = outcomes(&tasks, "double", &[&two, &unlucky, &huge, &[], &two]);
        assert_eq!(found[0], Ok(4));
        assert!(matches!(&found[1], Err(Failure::Panicked(text)) if text.contains("unlucky")), "{found:?}");
        assert_eq!(found[2], Err(Failure::Raised(Raised::new("Overflow", "too large"))));
        assert!(matches!(&found[3], Err(Failure::Unserialisable(text)) if text.contains("`double`")), "{found:?}");
        assert_eq!(found[4], Ok(4));
    }

    #[test]
    fn an_unknown_or_ambiguous_name_is_named() {
        let unknown = outcomes(&Tasks::new(), "double", &[&[], &[]]);
        assert_eq!(unknown.len(), 2);
        assert!(matches!(&unknown[1], Err(Failure::Broken(text)) if text.contains("no task called `double`")));
        let twice = Tasks::new().with::<Double>().with::<Double>();
        assert_eq!(outcomes(&twice, "double", &[&[2]]), [Ok(4)]);
        let ambiguous = outcomes(&twice.with::<Impostor>(), "double", &[&[2]]);
        assert!(matches!(&ambiguous[0], Err(Failure::Broken(text)) if text.contains("Impostor")), "{ambiguous:?}");
    }
}
