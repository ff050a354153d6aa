//! The worker's side: finds out that this process is a worker, and serves until the executor is
//! gone.

use super::channel::{Channel, Direction, Receiver, Sender, Unsent};
use super::codec::decode;
use super::draft::{Room, Written};
use super::lane::{Lane, MOST};
use super::memory::KEPT;
use super::message::{HELLO, Items, Request, read_request};
use super::system::{die_with_parent, is_socket, keep_memory, receive_descriptor, take_over};
use super::tasks::{Tasks, push_failure};
use super::template;
use poolproof_harness::{Failure, Probe, Raised, contain, run_initialiser, set_worker_arguments};
use std::io;
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Says that a process is a worker: `DESCRIPTOR:PARENT`, both numbers.
pub(super) const VARIABLE: &str = "POOLPROOF_PROCESS_WORKER";

/// Follows both numbers if the process is to be a template of workers.
pub(super) const TEMPLATE: &str = ":template";

/// How long a new worker yields before it sleeps for the first time: a few times what waking the link takes.
const WELCOME: Duration = Duration::from_micros(200);

static ASKED: OnceLock<Tasks> = OnceLock::new();

/// The tasks with which this program has asked whether it is a worker, and would serve as one.
pub(super) fn asked_with() -> Option<&'static Tasks> {
    ASKED.get()
}

/// If this process is a worker of a process executor: runs its tasks until the executor is gone,
/// then exits. Otherwise returns at once.
///
/// Call it first thing in `main`. The workers know [`Probe`] and
/// [`Work`](poolproof_harness::Work); a program with tasks of its own calls
/// [`Tasks::serve_if_worker`] instead. In a test program, call it in a test of its own and name
/// that test with [`set_worker_arguments`].
pub fn serve_if_worker() {
    Tasks::new().serve_if_worker();
}

impl Tasks {
    /// [`serve_if_worker`], with these tasks.
    pub fn serve_if_worker(&self) {
        ASKED.get_or_init(|| self.clone());
        // The workers of that crate are this program, too.
        #[cfg(feature = "procspawn")]
        crate::adapters::procspawn::serve_if_worker();
        let Some(order) = std::env::var(VARIABLE).ok() else { return };
        // Programs that this one starts are not workers.
        // SAFETY: the standard library guards its own accesses to the environment with a lock, and
        // this is the beginning of `main` or of the only test that runs: nothing else has begun
        // that could read the environment behind its back.
        #[allow(unsafe_code)]
        unsafe {
            std::env::remove_var(VARIABLE);
        }
        let (order, is_template) = match order.strip_suffix(TEMPLATE) {
            Some(order) => (order, true),
            None => (order.as_str(), false),
        };
        let Some((descriptor, parent)) = read_order(order) else { return };
        if !is_socket(descriptor) {
            // The variable came down through a program that did not serve: not meant for us.
            return;
        }
        let served = if is_template {
            found_template(self, descriptor, parent)
        } else {
            poolproof_harness::leave_stacks_on_request();
            attend(self, descriptor, parent)
        };
        let code = match served {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("worker process {} of {parent} gives up: {error}", std::process::id());
                1
            }
        };
        std::process::exit(code);
    }
}

fn read_order(order: &str) -> Option<(RawFd, u32)> {
    let (descriptor, parent) = order.split_once(':')?;
    Some((descriptor.parse().ok()?, parent.parse().ok()?))
}

/// Prepares this process to be a worker, and serves.
fn attend(tasks: &Tasks, descriptor: RawFd, parent: u32) -> io::Result<()> {
    let stream = take_over(descriptor)?;
    // While a task runs nobody looks for the executor; if its process is killed then, only this ends
    // the worker. If that happened already, the worker has another parent.
    die_with_parent()?;
    if std::os::unix::process::parent_id() != parent {
        return Err(io::Error::other("it was not started by the executor itself"));
    }
    // A process executor inside a task starts this program in the way it was started now.
    set_worker_arguments(std::env::args().skip(1));
    let (_, memory) = receive_descriptor(stream.as_fd(), &mut [0])?;
    let memory = memory.ok_or_else(|| io::Error::other("its executor gave it no memory"))?;
    // From here on there is no descriptor that a task could close or write to.
    drop(stream);
    serve_memory(tasks, memory)
}

/// Prepares this process to be a template, and is one. It ends when the executor does without the help
/// of a thread that could end earlier.
fn found_template(tasks: &Tasks, descriptor: RawFd, parent: u32) -> io::Result<()> {
    let socket = take_over(descriptor)?;
    set_worker_arguments(std::env::args().skip(1));
    template::serve(tasks, socket, parent)
}

/// Is a worker with this memory.
pub(super) fn serve_memory(tasks: &Tasks, memory: OwnedFd) -> io::Result<()> {
    keep_memory(KEPT as usize);
    serve(tasks, &Arc::new(Channel::adopt(memory)?))
}

/// Answers requests until there are no more.
fn serve(tasks: &Tasks, channel: &Arc<Channel>) -> io::Result<()> {
    let mut requests = Receiver::new(channel, Direction::Request);
    let mut replies = Sender::new(channel, Direction::Reply);
    let mut buffer = Vec::new();
    send(&mut replies, &requests, &HELLO)?;
    // A worker is started when there is work: its first request follows as soon as the link is awake.
    let greeted = Instant::now();
    while !requests.is_ready() && !requests.is_closed() && greeted.elapsed() < WELCOME {
        std::thread::yield_now();
    }
    loop {
        let closed = |lane: &Lane| lane.is_closed().then_some(());
        match requests.wait(|| Some(None), closed) {
            Ok(None) => {}
            Ok(Some(())) => return Ok(()),
            Err(_) => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it is called again and again for nothing"));
            }
        }
        // It was there, and may have been taken back.
        let Some(request) = requests.borrow()? else { continue };
        let request = read_request(request);
        let request = request.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a request is damaged"))?;
        // A long reply is written where it will be read, if nothing lies there that has not been read.
        let is_free = || replies.is_read();
        let annex = channel.annex(Direction::Reply);
        let room = annex.map_or(Room::Anywhere, |annex| Room::Annex(annex, &is_free));
        let mut reply = Items::reply(room, buffer);
        answer(tasks, &request, &mut reply);
        buffer = match reply.finish() {
            Written::Inside(content) => {
                send(&mut replies, &requests, &content)?;
                content
            }
            Written::Outside(length, unused) => {
                replies.send_outside(length).map_err(|_| damaged())?;
                unused
            }
        };
        if buffer.capacity() > 2 * MOST {
            // The next long one is to begin in the annex, and a long buffer would keep it here.
            buffer = Vec::new();
        }
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the memory of its replies is damaged")
}

/// Sends a reply as soon as there is room: the executor may have many to read, or one that is long.
fn send(replies: &mut Sender, requests: &Receiver, content: &[u8]) -> io::Result<()> {
    if !replies.has_room(content.len()).map_err(|_| damaged())? {
        let look = || match replies.has_room(content.len()) {
            Ok(false) if requests.is_closed() => Some(Err(damaged())),
            Ok(room) => room.then_some(Ok(())),
            Err(_) => Some(Err(damaged())),
        };
        requests.rest(look).map_err(|_| damaged())??;
    }
    replies.send(content).map_err(|unsent| match unsent {
        Unsent::Damaged => damaged(),
        Unsent::NoMemory(error) => error,
    })
}

fn answer(tasks: &Tasks, request: &Request<'_>, reply: &mut Items<'_>) {
    match request {
        Request::Run { name, items } => tasks.run(name, *items, reply),
        Request::Initialise(probe) => {
            let outcome = match decode::<Probe>(probe) {
                Err(problem) => Err(Failure::Unserialisable(problem)),
                Ok(probe) => match contain(|| run_initialiser(probe)) {
                    Ok(ended) => ended.map_err(|raised: Raised| Failure::Raised(raised)),
                    Err(panic) => Err(Failure::Panicked(panic)),
                },
            };
            match outcome {
                Err(failure) => push_failure(reply, &failure),
                // A unit takes no bytes: nothing can go wrong.
                Ok(()) => drop(reply.push(&Ok::<(), Failure>(()))),
            }
        }
    }
}
