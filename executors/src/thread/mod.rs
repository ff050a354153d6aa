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
//! # Queues
//!
//! One queue, first in, first out, is shared by all. It has two parts, each with a lock of its own:
//! what comes from outside enters the *inbox*; a worker that finds the shared queue empty moves the
//! whole inbox there, under the pool's mutex, by exchanging two pointers. So submitters and workers
//! meet at a lock once for many tasks, not for each, and the order stays that of submission.
//!
//! Each worker has a queue of its own besides. What a task submits goes there, as long as the shared
//! queue and the inbox are empty; so with one worker tasks start in the order of their submission,
//! nested ones included: what is in the own queue is always older than what is in the shared one. A
//! worker looks into its own queue first, then into the shared one, then takes the oldest task from
//! another worker. A bounded executor has only the shared queue, whose length is the bound.
//!
//! The inbox and the own queues are *inlets*: filled without the pool's mutex, and closed for good
//! when the pool stops.
//!
//! # Who wakes whom
//!
//! A worker without a task *searches*: it looks a few times more, yielding in between, and only
//! then *sleeps*. Both numbers are kept in `idle.rs`, under the pool's mutex.
//!
//! * A `submit` wakes one sleeper, the one that went to sleep last, and only if nobody searches. A
//!   searching worker that finds a task, and was the last one searching, wakes the next sleeper if
//!   there is more to find. So a burst of tasks wakes as many workers as it takes, one after the
//!   other, and a stream that one worker keeps up with wakes nobody.
//! * `shutdown` and a broken initialiser wake all.
//! * `room`: submitters sleep on it while a bounded queue is full. A worker that takes a task wakes
//!   one; whoever stops the executor wakes all.
//! * `gone`: a waiting `shutdown` sleeps on it. A worker that ends wakes all, and so does a worker
//!   that begins to wait here itself.
//!
//! No task, callback, destructor or initialiser runs under a lock. Locks are taken in the order
//! pool, inlet.
//!
//! # Why nothing is lost
//!
//! *A wake-up.* The promise is: while a task waits in a queue and a worker sleeps, another worker
//! searches. Three things can break it, and each mends it. (1) A task enters the shared queue: under
//! the mutex, so `submit` knows whether somebody must be woken; or with the inbox, and then nothing
//! changes, because it waited before. (2) A searching worker finds a task or goes to sleep: under the
//! mutex, and it looks into the shared queue again. (3) A task enters an inlet, without the pool's
//! mutex. Here two threads each write one word and read the other's: who pushes writes the length of
//! the inlet and reads `wanting`, which says that a worker could be woken or started; a worker that
//! goes to sleep, or stops searching, writes `wanting` and reads the lengths. Between its write and
//! its read each passes a sequentially consistent fence, so at least one of the two sees what the
//! other wrote: either the pusher wakes somebody, or the other one finds the task.
//!
//! *A worker.* A `submit` that leaves more tasks waiting than there are idle workers starts a worker
//! unless all are there: an idle worker is reused first, there are never more workers than tasks
//! submitted, and the full number can always be reached.
//!
//! *A task.* It is in a queue or in the hands of one worker; whoever takes it out of the queue
//! runs, cancels or fails it, and a [`Job`](poolproof_harness::Job) that is dropped fails. A task
//! that its own waiter ran stays in the queue as a husk, and does nothing when it is taken.
//!
//! *A shutdown.* Stopping closes each inlet under that inlet's lock: a `submit` has entered it before, and is
//! cancelled or run with the rest, or finds it closed and is refused. A worker ends only when it has found every
//! queue empty and closed. A waiting shutdown returns when no worker is left. A worker that shuts its own executor
//! down is *leaving* from then on, and nobody inside waits for it: two tasks may do it at once. Outside, all
//! threads are joined.
//!
//! # Memory orderings
//!
//! What a task carries reaches its worker through the mutex of the queue. `queued` is a hint and
//! relaxed: who acts on it takes the lock first, and a worker that submits sees at least what it was
//! told about. `staffed` is relaxed too: who reads an old `false` takes the mutex and finds out. The inlets' lengths
//! and `wanting` are relaxed, with a fence between the write of one and the read of the other on either
//! side, for the reason above.
//!
//! # Choices
//!
//! Dropping the executor does not block: accepted tasks still run. A task that waits, without a
//! limit, for another one of the same executor that no worker has taken yet runs it itself; so
//! nested waits progress with any number of workers, and the stack grows with their depth. A bounded
//! queue limits those outside: a task or callback that submits to its own executor is never made to
//! wait for room, because only its own worker could make it.

mod config;
mod executor;
mod idle;
mod inlet;
mod local;
mod map;
#[cfg(all(test, loom))]
mod models;
mod native;
mod pool;
mod queue;
mod shutdown;
mod sync;
#[cfg(all(test, not(loom)))]
mod tests;
mod worker;

pub use config::ThreadBuilder;
pub use executor::ThreadExecutor;
pub(crate) use executor::profile;
pub use native::ThreadNative;
