//! The reference process executor: worker processes of this same program.
//!
//! ```text
//!  submit, map                  links (threads, one per worker)          worker processes
//!  -----------                  -------------------------------          ----------------
//!  serialise --+-- a worker is idle --------------- ring of requests --> rebuild
//!              |                                                         run
//!              +-> queue -----> take, claim ------- ring of requests     serialise
//!                                                                        |
//!  future <--------- complete <-- rebuild <-------- ring of replies -----+
//! ```
//!
//! # The parts
//!
//! A task becomes bytes at `submit` (`codec`, `message`): later changes by the caller do not reach it, and one that
//! cannot become bytes fails there, alone, before it meets queue or worker. A *parcel* is those bytes and the
//! executor's end of the future; a chunk of a `map` is one parcel with several items (`parcel`, `chunk`). Executor
//! and worker share memory (`memory`, `channel`): a ring for each direction (`lane`), an annex for each for what is
//! too long (`annex`, `draft`), and for each a word to sleep on (`bell`). Buffers of long requests are kept for the
//! next ones (`spares`). Each worker has a *link*, a thread that receives its replies, completes the futures and
//! gives it what is in the queue (`link`, `child`, `launch`). If a worker is idle, `submit` writes to its ring
//! itself, and who waits for a result without a limit receives it himself (`desk`): then no thread stands between
//! the two and the worker. Otherwise the parcel waits in one queue (`shared`), and is sent to a busy worker *ahead*
//! of its turn, so that this need not wait for its link between two tasks; it can be taken back until the worker
//! begins with it. A *supervisor* tells a link when its worker has died (`supervisor`). The worker finds the code
//! by the task's name (`worker`, `tasks`). Futures, callbacks and cancel are those of the harness.
//!
//! A result is rebuilt on the link of the worker that made it, or in the thread that waits there. Callbacks run on
//! the link: a slow callback delays only that worker, and never who waits. If the worker has more to answer they
//! run in a thread of their own, because they may wait for just that; nothing is sent behind a task that is known
//! to have some.
//!
//! # States
//!
//! ```text
//! executor  open --shutdown--> closed     open or closed --broken--> broken
//!           (closed still runs its queue; broken has failed it)
//! task      queued --claim--> running --reply or loss--> done      queued --cancel--> done
//!           queued --ahead--> ahead --the one before is answered--> running      ahead --taken back--> queued
//! link      available --take or list--> busy or listed --delivered or called--> available
//!           available --closed and empty, or broken--> ended
//! desk      empty --worker started--> free <--listed, taken off--> given parcels --last reply, or loss--> free or empty
//! worker    started --hello--> initialised --> idle <--> running --> retired or lost --> reaped
//! ```
//!
//! An executor breaks when a worker cannot be started or its initialiser fails: the next worker
//! would fare no better. A worker that dies later is replaced, and only its own task fails.
//!
//! # Who wakes whom, and why nothing is lost
//!
//! * `submit` to worker: a listed desk belongs to whoever takes it off the list, under the executor's mutex.
//!   He puts the parcel on the desk and the request into the ring, whose bell wakes the worker if it sleeps
//!   (`bell` says why no ring is lost, `lane` why no message is torn). Desks are listed only while the
//!   queue is empty and nothing is ahead anywhere, and nothing is queued while a desk is listed, so nothing overtakes.
//! * Worker to link: by the bell of the replies. A link whose worker is idle or busy always sleeps there, so the
//!   reply to a request that `submit` sent itself wakes it like any other. A thread that waits holds the bell
//!   instead of the link for as long as it looks, or sleeps because the worker runs its task, and then lets go and
//!   looks once more; what it cannot do it calls the link for. The link leaves replies alone meanwhile, and sleeps;
//!   if it wants the desk's ear after all, it says so and interrupts. A worker that finds the link asleep waits
//!   for half a microsecond whether such a thread comes, before it wakes the link. Replies are taken, and their
//!   parcels with them, only by who holds the desk's ear, so each is taken once.
//! * Worker to worker, by way of the executor: before a link lists its desk, sleeps or ends it takes back half of
//!   what is ahead on the desk that has most, the last half, until nothing is; the other half is left so that that
//!   worker does not stop either. Whoever tops a worker up takes back all from one that has answered nothing for 8
//!   ms while others looked. So nothing waits behind a task that stops while a worker is free, and what was
//!   submitted later begins earlier by what runs in 8 ms, or by one task, at most. A worker is topped up to what it
//!   answers in 8 ms, at least one behind the one that runs and at most 64 messages, when half of that is left.
//! * Link to worker that waits for room: a worker whose replies fill their ring, or have the annex, rests at the
//!   bell of requests; whoever takes a reply rings it, if more are to come.
//! * Supervisor to link: by the same bell, after it has noted the death where no worker can write. So do
//!   `shutdown` and a breakdown, which take every desk off the list first and call its link; who joins
//!   calls again from time to time, so that not even a worker that writes to the bell can keep a call
//!   from being heard.
//! * `submit` to a link without a worker: a link is *available* from the moment it is made or is about to publish an
//!   outcome until it takes a parcel or lists its desk, whether it sleeps or not, but not while it calls back.
//!   `submit` compares the queue with that number: if the available links have enough to do
//!   already it makes one more, otherwise it notifies. So does a link that turns to callbacks.
//!   A link looks at the queue and falls asleep or lists its desk under the same mutex, so either it sees
//!   the parcel, or the notification finds it asleep, or the submitter finds its desk.
//! * A link readies its worker *before* it takes a parcel. Until there is a worker the task can be
//!   cancelled, and another link that becomes free may have it.
//! * Cancel or start: the claim happens under the queue's mutex and decides under the future's. A shutdown that
//!   cancels takes the whole queue under the same mutex; what it finds there was not claimed. What is ahead is not
//!   claimed either: whoever cancels first takes back under both mutexes what has not begun; the worker's claim in
//!   shared memory decides (`lane`), and what it has begun is claimed before anything is cancelled. A single task's
//!   future says that it is ahead, so that its holder cannot cancel it, or take it for pending, without that
//!   (`cell::ahead` of the harness); chunks are cancelled together, under the executor's mutex.
//! * Link to waiter: by the future (see `harness`). Every parcel ends in exactly one of delivered,
//!   failed or cancelled; one that is dropped by a mistake resolves its future as broken.
//! * Link to `shutdown`: a link that ends takes itself off the count under the mutex and notifies;
//!   `shutdown` then joins the threads. A link retires and reaps its worker before it ends, and the last one ends
//!   the supervisor, so no process is left when `shutdown` returns. A link that calls `shutdown` itself, from a
//!   callback, does not wait: it would wait for its own end.
//!
//! # Locks
//!
//! `Shared::state` guards phase, queue, the list of desks and the counts. Under it futures are claimed (their own
//! mutex is taken inside it, never the other way round), a desk is locked when it was taken off the list, topped up
//! or asked for what is ahead, and threads are made; no code of users runs: callbacks, destructors and
//! serialisation happen outside. Whoever holds a desk takes no other lock. A desk's ear comes before both. Results
//! are rebuilt under it; who waits only tries to get it. `Shared::joining` is held while threads that have already
//! ended their loop are joined, and nothing else is taken inside but `state`. Nothing is taken inside the mutex of
//! `spares`. No lock lies in shared memory, so no process dies with one.
//!
//! # Whom the executor trusts
//!
//! The worker trusts its executor; the executor trusts no worker. Whatever a worker, or a task that
//! scribbles, leaves in the shared memory is checked against what the executor knows itself and is copied
//! before it is read; at worst the worker is killed and its task fails. After its start a worker has no descriptor
//! that belongs to the executor: a task may close all of them, or write to any.
//!
//! # Waiting
//!
//! Who waits looks, yields the core a few times in between, and then sleeps on a futex (`search` of the
//! harness, `bell`). An idle executor uses no processor time: its links, its supervisor and its workers all sleep
//! without a limit.
//!
//! # When a worker dies
//!
//! | the worker | what happens |
//! | --- | --- |
//! | before its hello | the executor breaks; the reason names the program and what its `main` lacks |
//! | in the initialiser | the executor breaks |
//! | idle | it is reaped at once; the next task gets a new worker |
//! | before it has taken the request | the ring tells: its head has not moved; a new worker gets the request, once |
//! | with parcels ahead that it has not begun | they go back to their places in the queue |
//! | while it rebuilds, runs or serialises | the process is reaped, the task fails and says how the worker died |
//! | in the middle of its reply | the same: a reply that was not published does not exist |
//! | after its reply | the task is done; see *idle* |
//! | retired, or when the executor is shut down | nobody cares how; it is killed if it does not go by itself |
//!
//! A worker that answers with what is no reply, or speaks without being asked, is killed.
//! If the executor's own process is killed the system kills its workers with it
//! (`PR_SET_PDEATHSIG`); a template sees it by its descriptor, ends, and takes its workers along.
//!
//! # Starting workers
//!
//! Under `spawn`, the default, the program is started once more through `/proc/self/exe`, which still is
//! this very program when its file was replaced. An environment variable says that it is a worker, and
//! its standard input is a socket with one message, the descriptor of the shared memory;
//! [`serve_if_worker`] takes both away at once, so that programs which tasks start get neither. A
//! program that does not serve is recognised by its missing hello, and one that opens an executor in a
//! worker is refused before it can start workers in turn.
//!
//! Under `forkserver` and `fork` workers are forked from a *template*, a process with one thread:
//! `template` says what it is, when each is safe, and who reaps such a worker. From its hello on a worker is
//! like any other, however it came to be. The supervisor and the template work for all links
//! (`attendants`).

mod annex;
mod attendants;
mod bell;
mod builder;
mod channel;
mod child;
mod chunk;
mod codec;
mod desk;
mod draft;
mod executor;
#[cfg(all(any(test, fuzzing), not(loom)))]
pub mod fuzz;
mod lane;
mod launch;
mod link;
mod loss;
mod memory;
mod message;
#[cfg(all(test, loom))]
mod models;
mod native;
mod parcel;
mod shared;
mod spares;
mod supervisor;
mod sync;
mod system;
mod tasks;
mod template;
mod worker;

pub use builder::{Builder, StartMethod};
pub use executor::ProcessExecutor;
pub use native::ProcessNative;
pub use tasks::Tasks;
pub use worker::serve_if_worker;
