//! Gates at which tasks stop until a check opens them, in memory and across processes.
//!
//! A [`Gatehouse`] belongs to one trial. Tasks in the same process find it in a table of this
//! process; tasks elsewhere connect to its socket, which lies in a directory that only this user
//! can enter. On the socket travel JSON Lines, one request and one answer at a time:
//!
//! ```text
//! {"note": EVENT}                 answered {"ok":true} once the event is in the history
//! {"pass": GATE, "note": EVENT}   answered {"ok":true} once the gate is open
//! ```
//!
//! The answer to a note comes after it was recorded, so whatever a task does next happens after
//! the note in the history: an order seen there is a real order.

use crate::{Actor, AnyExecutor, AnyFuture, Deadline, Event, History, Moment, Patience, peer_is_me};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::fs::Permissions;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;

/// Names a gate within its house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GateId(pub u32);

/// Where a task finds its gatehouse: in this process by key, elsewhere by path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseAddress {
    /// The process that owns the house.
    pub pid: u32,
    /// Its number in that process.
    pub key: u64,
    /// Its socket, if it listens.
    pub path: String,
}

#[derive(Default)]
struct GateState {
    open: bool,
    arrived: usize,
    /// Opens by itself at this number of arrivals.
    meets: Option<usize>,
}

/// What the house and its serving threads share.
struct Core {
    gates: Mutex<HashMap<GateId, GateState>>,
    changed: Condvar,
    history: History,
    executors: Mutex<HashMap<u32, Weak<dyn AnyExecutor>>>,
    /// The future that calls each callback back.
    futures: Mutex<HashMap<u32, Weak<dyn AnyFuture>>>,
    /// What bodies submitted: where dropping a future cancels its task, somebody must keep it.
    kept: Mutex<Vec<Arc<dyn AnyFuture>>>,
    /// The house is gone, though a gate or a connection may still hold this.
    closed: AtomicBool,
}

static HOUSES: LazyLock<Mutex<HashMap<u64, Weak<Core>>>> = LazyLock::new(Mutex::default);
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

fn relock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    fn pass(&self, gate: GateId, actor: Actor) {
        // Recorded before the arrival is counted: whoever awaits arrivals finds the event.
        self.history.record(Event::here(actor, Moment::Arrived(gate.0)));
        self.arrive_and_wait(gate);
        self.history.record(Event::here(actor, Moment::Passed(gate.0)));
    }

    fn arrive_and_wait(&self, gate: GateId) {
        let mut gates = relock(&self.gates);
        let state = gates.entry(gate).or_default();
        state.arrived += 1;
        state.open |= state.meets.is_some_and(|meets| state.arrived >= meets);
        self.changed.notify_all();
        while !gates.get(&gate).is_none_or(|state| state.open) {
            gates = self.changed.wait(gates).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Serves one task of another process until it closes the connection.
    fn serve(&self, stream: UnixStream) -> io::Result<()> {
        let mut answers = stream.try_clone()?;
        let mut requests = BufReader::new(stream);
        let mut line = Vec::new();
        while (&mut requests).take(LONGEST_REQUEST).read_until(b'\n', &mut line)? > 0 {
            // What is cut off by the limit is no request either.
            let request: Request = serde_json::from_slice(&line)?;
            line.clear();
            if let Some(event) = request.note {
                self.history.record(event);
            }
            if let Some(gate) = request.pass {
                self.arrive_and_wait(gate);
            }
            answers.write_all(b"{\"ok\":true}\n")?;
        }
        Ok(())
    }
}

/// The longest request, in bytes: what a task notes is short.
const LONGEST_REQUEST: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Request {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<Event>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pass: Option<GateId>,
}

/// The gates, the history and the executors of one trial.
pub struct Gatehouse {
    core: Arc<Core>,
    key: u64,
    next_gate: AtomicU32,
    next_executor: AtomicU32,
    socket: OnceLock<Result<Socket, String>>,
}

struct Socket {
    path: PathBuf,
    _directory: tempfile::TempDir,
}

impl fmt::Debug for Gatehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gatehouse").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Default for Gatehouse {
    fn default() -> Self {
        Self::new()
    }
}

impl Gatehouse {
    /// A house without gates.
    #[must_use]
    pub fn new() -> Self {
        let core = Arc::new(Core {
            gates: Mutex::default(),
            changed: Condvar::new(),
            history: History::default(),
            executors: Mutex::default(),
            futures: Mutex::default(),
            kept: Mutex::default(),
            closed: AtomicBool::new(false),
        });
        let key = NEXT_KEY.fetch_add(1, Ordering::Relaxed);
        relock(&HOUSES).insert(key, Arc::downgrade(&core));
        Self { core, key, next_gate: AtomicU32::new(1), next_executor: AtomicU32::new(1), socket: OnceLock::new() }
    }

    /// A closed gate.
    #[must_use]
    pub fn gate(&self) -> Gate {
        self.new_gate(None)
    }

    /// A gate that opens by itself when `count` tasks stand at it at the same time.
    #[must_use]
    pub fn meeting(&self, count: usize) -> Gate {
        self.new_gate(Some(count))
    }

    fn new_gate(&self, meets: Option<usize>) -> Gate {
        let id = GateId(self.next_gate.fetch_add(1, Ordering::Relaxed));
        relock(&self.core.gates).insert(id, GateState { meets, ..GateState::default() });
        Gate { id, core: Arc::clone(&self.core) }
    }

    /// The history of this trial.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.core.history
    }

    /// Opens every gate, so that nothing of the trial stays parked.
    pub fn open_all(&self) {
        for state in relock(&self.core.gates).values_mut() {
            state.open = true;
        }
        self.core.changed.notify_all();
    }

    /// The address for tasks of this process; they need no socket.
    #[must_use]
    pub fn local_address(&self) -> HouseAddress {
        let path = match self.socket.get() {
            Some(Ok(socket)) => socket.path.display().to_string(),
            _ => String::new(),
        };
        HouseAddress { pid: std::process::id(), key: self.key, path }
    }

    /// Starts to listen for tasks of other processes, once.
    ///
    /// # Errors
    ///
    /// If the private directory or the socket in it cannot be made.
    pub fn listen(&self) -> Result<HouseAddress, crate::SetupError> {
        let socket = self.socket.get_or_init(|| self.start_listening().map_err(|error| error.to_string()));
        match socket {
            Ok(_) => Ok(self.local_address()),
            Err(error) => Err(crate::SetupError::failed(format!("the gates' socket cannot be made: {error}"))),
        }
    }

    fn start_listening(&self) -> io::Result<Socket> {
        let directory =
            tempfile::Builder::new().prefix("poolproof-gates-").permissions(Permissions::from_mode(0o700)).tempdir()?;
        let path = directory.path().join("gates");
        let listener = UnixListener::bind(&path)?;
        let core = Arc::downgrade(&self.core);
        thread::Builder::new().name("gatehouse".into()).spawn(move || accept(&listener, &core))?;
        Ok(Socket { path, _directory: directory })
    }

    /// Makes an executor reachable for tasks of this process that submit to it.
    pub fn register(&self, executor: &Arc<dyn AnyExecutor>) -> u32 {
        let number = self.next_executor.fetch_add(1, Ordering::Relaxed);
        relock(&self.core.executors).insert(number, Arc::downgrade(executor));
        number
    }

    /// Makes the future that will call `callback` back reachable for that callback.
    pub fn introduce(&self, callback: u32, future: &Arc<dyn AnyFuture>) {
        relock(&self.core.futures).insert(callback, Arc::downgrade(future));
    }
}

impl Drop for Gatehouse {
    fn drop(&mut self) {
        self.open_all();
        relock(&HOUSES).remove(&self.key);
        // Ordered with the accepting thread by the connection below.
        self.core.closed.store(true, Ordering::SeqCst);
        if let Some(Ok(socket)) = self.socket.get() {
            // Wakes the accepting thread, which finds the house gone.
            let _ = UnixStream::connect(&socket.path);
        }
    }
}

fn accept(listener: &UnixListener, core: &Weak<Core>) {
    for stream in listener.incoming() {
        let (Ok(stream), Some(core)) = (stream, core.upgrade()) else { return };
        if core.closed.load(Ordering::SeqCst) {
            return;
        }
        if peer_is_me(&stream) {
            // A task that breaks the protocol loses its connection, and fails by itself.
            let _ = thread::Builder::new().name("gate".into()).spawn(move || core.serve(stream));
        }
    }
}

/// The check's side of a gate.
#[derive(Clone)]
pub struct Gate {
    id: GateId,
    core: Arc<Core>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gate").field(&self.id.0).finish()
    }
}

impl Gate {
    /// The name by which tasks refer to it.
    #[must_use]
    pub fn id(&self) -> GateId {
        self.id
    }

    /// Lets everybody through, now and later.
    pub fn open(&self) {
        self.core.history.record(Event::here(Actor::Check, Moment::Opened(self.id.0)));
        if let Some(state) = relock(&self.core.gates).get_mut(&self.id) {
            state.open = true;
        }
        self.core.changed.notify_all();
    }

    /// How many bodies reached the gate so far.
    #[must_use]
    pub fn arrived(&self) -> usize {
        relock(&self.core.gates).get(&self.id).map_or(0, |state| state.arrived)
    }

    /// Waits until `count` bodies reached the gate; `false` when the patience ran out.
    #[must_use]
    pub fn await_arrivals(&self, count: usize, patience: Patience) -> bool {
        let mut deadline: Deadline = patience.start();
        let mut gates = relock(&self.core.gates);
        let fewer = |gates: &HashMap<GateId, GateState>| gates.get(&self.id).map_or(0, |state| state.arrived) < count;
        while fewer(&gates) {
            let Some(slice) = deadline.next_slice() else { return false };
            // What happens at other gates wakes this wait, and does not use up its slice.
            let still = |gates: &mut HashMap<_, _>| fewer(gates);
            gates = self.core.changed.wait_timeout_while(gates, slice, still).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Passes the gate from the calling thread, as `actor`.
    pub fn pass(&self, actor: Actor) {
        self.core.pass(self.id, actor);
    }
}

/// A task's connection to its gatehouse.
pub struct Witness {
    actor: Actor,
    route: Route,
}

enum Route {
    Local(Arc<Core>),
    Remote(Mutex<BufReader<UnixStream>>),
    /// There is no house any more: the trial is over.
    Gone,
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness").field("actor", &self.actor).finish_non_exhaustive()
    }
}

impl Witness {
    /// Connects `actor` to the house at `address`.
    #[must_use]
    pub fn connect(address: &HouseAddress, actor: Actor) -> Self {
        let route = if address.pid == std::process::id() {
            relock(&HOUSES).get(&address.key).and_then(Weak::upgrade).map_or(Route::Gone, Route::Local)
        } else {
            UnixStream::connect(&address.path)
                .map_or(Route::Gone, |stream| Route::Remote(Mutex::new(BufReader::new(stream))))
        };
        Self { actor, route }
    }

    /// Writes an event into the history; returns when it is there.
    pub fn note(&self, moment: Moment) {
        let event = Event::here(self.actor, moment);
        match &self.route {
            Route::Local(core) => core.history.record(event),
            Route::Remote(stream) => ask(stream, &Request { note: Some(event), pass: None }),
            Route::Gone => {}
        }
    }

    /// Stops at `gate` until it is open.
    pub fn pass(&self, gate: GateId) {
        crate::blocking(|| match &self.route {
            Route::Local(core) => core.pass(gate, self.actor),
            Route::Remote(stream) => {
                let arrived = Event::here(self.actor, Moment::Arrived(gate.0));
                ask(stream, &Request { note: Some(arrived), pass: Some(gate) });
                self.note(Moment::Passed(gate.0));
            }
            Route::Gone => {}
        });
    }

    /// The future that calls this callback back, if it is still there.
    pub(crate) fn future(&self) -> Option<Arc<dyn AnyFuture>> {
        match (&self.route, self.actor) {
            (Route::Local(core), Actor::Callback(label)) => relock(&core.futures).get(&label).and_then(Weak::upgrade),
            _ => None,
        }
    }

    /// Keeps the future of what this body submitted for as long as the house stands.
    pub(crate) fn keep(&self, future: Arc<dyn AnyFuture>) {
        if let Route::Local(core) = &self.route {
            relock(&core.kept).push(future);
        }
    }

    /// The executor of this process with that number, if it is still there.
    pub(crate) fn executor(&self, number: u32) -> Option<Arc<dyn AnyExecutor>> {
        match &self.route {
            Route::Local(core) => relock(&core.executors).get(&number).and_then(Weak::upgrade),
            Route::Remote(_) | Route::Gone => None,
        }
    }
}

/// Sends a request and waits for its answer. A house that vanished answers nothing: the trial is
/// over and nobody reads the history any more.
fn ask(stream: &Mutex<BufReader<UnixStream>>, request: &Request) {
    let mut stream = relock(stream);
    let Ok(mut line) = serde_json::to_vec(request) else { return };
    line.push(b'\n');
    if stream.get_mut().write_all(&line).is_ok() {
        let mut answer = String::new();
        let _ = stream.read_line(&mut answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::mpsc;

    #[test]
    fn only_this_user_can_enter_the_directory_of_the_gates() {
        let house = Gatehouse::new();
        let address = house.listen().expect("it can listen");
        let directory = PathBuf::from(address.path).parent().expect("it lies in one").to_owned();
        let mode = std::fs::metadata(directory).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn another_user_who_got_there_is_not_heard() {
        let house = Gatehouse::new();
        let address = house.listen().expect("it can listen");
        let directory = PathBuf::from(&address.path).parent().expect("it lies in one").to_owned();
        let open = |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode));
        open(&directory, 0o755).and_then(|()| open(Path::new(&address.path), 0o777)).expect("they are ours");
        let noting = thread::spawn(move || {
            // SAFETY: the call changes nothing but the user of this thread, which ends soon.
            #[allow(unsafe_code)]
            let changed = unsafe { libc::syscall(libc::SYS_setresuid, -1, 65_534, -1) } == 0;
            if changed {
                Witness::connect(&HouseAddress { pid: 0, ..address }, Actor::Task(1)).note(Moment::Started);
            }
            changed
        });
        if !noting.join().expect("nobody stops it") {
            println!("SKIPPED: only root can be another user for a while");
        }
        assert_eq!(house.history().started(), [0_u32; 0]);
    }

    #[test]
    fn a_request_without_end_or_sense_ends_the_connection_only() {
        let house = Gatehouse::new();
        let address = house.listen().expect("it can listen");
        let garbage: [&[u8]; 4] =
            [b"\n", b"{\"pass\":\"x\"}\n", b"\xff\xfe\n", &vec![b'['; (LONGEST_REQUEST as usize) + 9]];
        for sent in garbage {
            let mut stream = UnixStream::connect(&address.path).expect("it listens");
            // It may be closed before everything is sent.
            let _ = stream.write_all(sent);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            assert!(answer.is_empty(), "{answer:?}");
        }
        let witness = Witness::connect(&HouseAddress { pid: 0, ..address }, Actor::Task(1));
        witness.note(Moment::Started);
        assert_eq!(house.history().started(), [1]);
    }

    #[test]
    fn the_accepting_thread_ends_with_the_house_whoever_still_holds_a_gate() {
        let house = Gatehouse::new();
        let held = house.gate();
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("gates");
        let listener = UnixListener::bind(&path).expect("a socket");
        let core = Arc::downgrade(&house.core);
        let (ended, end) = mpsc::channel();
        thread::spawn(move || {
            accept(&listener, &core);
            let _ = ended.send(());
        });
        drop(house);
        let _wakes = UnixStream::connect(&path).expect("it still listens");
        assert_eq!(end.recv_timeout(Patience::ticks(1000).nominal()), Ok(()));
        drop(held);
    }
}
