//! A task: a serialisable value with a name and a `run`.

use crate::Raised;
use serde::{Serialize, de::DeserializeOwned};

/// A value that can travel to a worker and back: by move to a thread, as bytes to a process.
///
/// Implemented for everything that qualifies; never implement it by hand.
pub trait Payload: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Payload for T {}

/// One unit of work, as every executor understands it.
///
/// A thread executor moves the value, a process executor sends it to a worker of the same
/// program and finds the code by [`Task::NAME`], a driver looks the name up in its language.
///
/// ```
/// use poolproof_harness::{Raised, Task};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Double(u64);
///
/// impl Task for Double {
///     const NAME: &'static str = "double";
///     type Output = u64;
///     fn run(self) -> Result<u64, Raised> {
///         self.0.checked_mul(2).ok_or_else(|| Raised::new("Overflow", "too large to double"))
///     }
/// }
/// assert_eq!(Double(21).run(), Ok(42));
/// ```
pub trait Task: Serialize + DeserializeOwned + Send + 'static {
    /// The name under which workers in other processes and languages know this task.
    const NAME: &'static str;

    /// What the task produces.
    type Output: Payload;

    /// Does the work in the worker.
    ///
    /// # Errors
    ///
    /// Whatever the task itself reports as failed; it reaches the waiter as
    /// [`Failure::Raised`](crate::Failure::Raised). A panic reaches it as
    /// [`Failure::Panicked`](crate::Failure::Panicked).
    fn run(self) -> Result<Self::Output, Raised>;
}
