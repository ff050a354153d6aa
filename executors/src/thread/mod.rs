//! The thread executor: workers are threads of this process, tasks are moved to them.
//!
//! # States
//!
//! ```text
//! executor:  open --shutdown--> closed          worker:  starting --> busy <--> asleep --> gone
//!              |                   |
//!              +-- a worker's initialiser failed --> broken
//! ```
//!
//! Only an open executor accepts tasks. A closed one works off its queue, or cancels it; a broken
//! one has failed everything that was queued. A worker is gone when the executor is not open and
//! the queue is empty.
//!
//! # Who wakes whom
//!
//! All of this is guarded by one mutex. No task, callback, destructor or initialiser runs under it.
//!
//! * `work`: workers sleep on it. A `submit` wakes one of them, and only if one sleeps that no
//!   earlier `submit` has woken; `shutdown` and a broken initialiser wake all.
//! * `room`: submitters sleep on it while a bounded queue is full. A worker that takes a task wakes
//!   one; whoever stops the executor wakes all.
//! * `gone`: a waiting `shutdown` sleeps on it. A worker that ends wakes all, and so does a worker
//!   that begins to wait here itself.
//!
//! # Why nothing is lost
//!
//! *A wake-up.* `asleep` counts the workers inside `work.wait`, those that were woken and have not
//! run yet included. At any time at least `min(asleep, queued)` of them have been woken: a
//! `submit` that leaves `queued <= asleep` wakes one more, one that leaves `queued > asleep` finds
//! all of them woken already, and a busy worker that takes a task only makes `queued` smaller. So
//! no task waits while a worker sleeps undisturbed.
//!
//! *A worker.* A `submit` that leaves `queued > asleep` starts a worker unless all are there: an
//! idle worker is reused first, there are never more workers than tasks submitted, and the full
//! number can always be reached.
//!
//! *A task.* It is in the queue or in the hands of one worker; whoever takes it out of the queue
//! runs, cancels or fails it, and a [`Job`](poolproof_harness::Job) that is dropped fails.
//!
//! *A shutdown.* A waiting one returns when no worker is left. A worker that shuts its own
//! executor down is *leaving* from then on, and nobody inside waits for it: two tasks may do it at
//! once. Outside, all threads are joined.
//!
//! # Choices
//!
//! Dropping the executor does not block: accepted tasks still run. A task that waits for another
//! one of the same executor blocks its worker. A bounded queue limits those outside: a task or
//! callback that submits to its own executor is never made to wait for room, because only its own
//! worker could make it.

mod config;
mod executor;
mod native;
mod pool;
mod queue;
mod shutdown;
mod worker;

pub use config::ThreadBuilder;
pub use executor::ThreadExecutor;
pub(crate) use executor::profile;
pub use native::ThreadNative;
