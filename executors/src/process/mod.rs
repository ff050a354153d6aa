//! The reference process executor: worker processes of this same program.
//!
//! ```text
//!  submit, map                 links (threads, one per worker)          worker processes
//!  -----------                 -------------------------------          ----------------
//!  serialise ----> queue ----> take, claim ---- request --------------> rebuild
//!                                                                       run
//!  future <------ complete <-- rebuild <------- reply ----------------- serialise
//! ```
//!
//! # The parts
//!
//! A task becomes bytes at `submit` (`codec`, `message`): later changes by the caller do not reach
//! it, and one that cannot become bytes fails there, alone, before it meets queue or worker. A
//! *parcel* is those bytes and the executor's end of the future; a chunk of a `map` is one parcel
//! with several items (`parcel`, `chunk`). Parcels wait in one queue (`shared`). Each worker has a
//! *link*, a thread that takes a parcel, exchanges it with its worker and completes the future
//! (`link`, `child`, `connection`). The worker finds the code by the task's name (`worker`,
//! `tasks`). Futures, callbacks and cancel are those of the harness.
//!
//! A result is rebuilt and callbacks run on the link of the worker that made it: a slow callback
//! delays only that worker.
//!
//! # States
//!
//! ```text
//! executor  open --shutdown--> closed     open or closed --broken--> broken
//!           (closed still runs its queue; broken has failed it)
//! task      queued --claim--> running --reply or loss--> done      queued --cancel--> done
//! link      available --take--> busy --delivered--> available --closed and empty, or broken--> ended
//! worker    started --hello--> initialised --> idle <--> running --> retired or lost --> reaped
//! ```
//!
//! An executor breaks when a worker cannot be started or its initialiser fails: the next worker
//! would fare no better. A worker that dies later is replaced, and only its own task fails.
//!
//! # Who wakes whom, and why nothing is lost
//!
//! * `submit` to link: a link is *available* from the moment it is made or is about to publish an
//!   outcome until it takes a parcel, whether it sleeps or not, but not while it calls back.
//!   `submit` compares the queue with that number: if the available links have enough to do
//!   already it makes one more, otherwise it notifies. So does a link that turns to callbacks.
//!   A link looks at the queue and falls asleep under the same mutex, so either it sees the parcel
//!   or the notification finds it asleep. Only an available link may sleep, so a parcel never
//!   waits for a sleeper that was not told.
//! * A link readies its worker *before* it takes a parcel. Until there is a worker the task can be
//!   cancelled, and another link that becomes free may have it.
//! * Cancel or start: the claim happens under the queue's mutex and decides under the future's.
//!   A shutdown that cancels takes the whole queue under the same mutex; what it finds there
//!   was not claimed.
//! * Link to waiter: by the future (see `harness`). Every parcel ends in exactly one of delivered,
//!   failed or cancelled; one that is dropped by a mistake resolves its future as broken.
//! * Link to `shutdown`: a link that ends takes itself off the count under the mutex and notifies;
//!   `shutdown` then joins the threads. A link retires and reaps its worker before it ends, so no
//!   process is left when `shutdown` returns. A link that calls `shutdown` itself, from a
//!   callback, does not wait: it would wait for its own end.
//!
//! # Locks
//!
//! `Shared::state` guards phase, queue and the two counts. Under it futures are claimed (their own
//! mutex is taken inside it, never the other way round) and threads are made; no code of users
//! runs: callbacks, destructors and serialisation happen outside. `Shared::joining` is held while
//! threads that have already ended their loop are joined, and nothing else is taken inside but
//! `state`. A link owns its worker alone and needs no lock for it.
//!
//! # Long messages
//!
//! Requests and replies alternate, and a worker reads a request to its end before it answers, so
//! both sides never write at once, however long the messages. The executor's end never blocks in a
//! read or write: it waits for the stream *and* for the process (a process descriptor), so a death
//! is noticed even when a task left something behind that holds the worker's end open.
//!
//! # When a worker dies
//!
//! | the worker | what happens |
//! | --- | --- |
//! | before its hello | the executor breaks; the reason names the program and what its `main` lacks |
//! | in the initialiser | the executor breaks |
//! | idle | seen before the next task is sent, which then goes to a new worker |
//! | after that look, before it has read the whole request | the system tells: the request cannot be sent to its end, or the stream is *reset*, which it is only if bytes were left unread. Nothing has run, so a new worker gets the request, once |
//! | while it rebuilds, runs or serialises | the stream ends, the process is reaped, the task fails and says how the worker died |
//! | in the middle of its reply | the same |
//! | after its reply | the task is done; see *idle* |
//! | retired, or when the executor is shut down | nobody cares how; it is killed if it does not go by itself |
//!
//! A worker that closes its stream and lives on, or answers with what is no reply, is killed.
//! If the executor's own process is killed the system kills its workers with it
//! (`PR_SET_PDEATHSIG`); an idle one would also see its stream end.
//!
//! # Starting workers
//!
//! The program is started once more through `/proc/self/exe`, which still is this very program
//! when its file was replaced. An environment variable says that it is a worker, and its standard
//! input is the stream; [`serve_if_worker`] takes both away at once, so that programs which tasks
//! start get neither. A program that does not serve is recognised by its missing hello, and one
//! that opens an executor in a worker is refused before it can start workers in turn.

mod builder;
mod child;
mod chunk;
mod codec;
mod connection;
mod executor;
mod frame;
mod link;
mod loss;
mod message;
mod native;
mod parcel;
mod shared;
mod system;
mod tasks;
mod worker;

pub use builder::{Builder, StartMethod};
pub use executor::ProcessExecutor;
pub use native::ProcessNative;
pub use tasks::Tasks;
pub use worker::serve_if_worker;
