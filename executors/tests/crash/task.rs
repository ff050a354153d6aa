//! The task that goes wrong: where, and how.

use poolproof_harness::{Raised, Task};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::path::Path;
use std::time::Duration;

/// Where it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    Nowhere,
    SerialiseTask,
    DeserialiseTask,
    Initialiser,
    Run,
    SerialiseResult,
    LargeResult,
    DeserialiseResult,
    Drop,
    Idle,
    /// With the request in the ring, before the worker took it.
    Untaken,
    RecyclingLimit,
    AfterShutdown,
}

pub(crate) const PLACES: [Place; 12] = [
    Place::SerialiseTask,
    Place::DeserialiseTask,
    Place::Initialiser,
    Place::Run,
    Place::SerialiseResult,
    Place::LargeResult,
    Place::DeserialiseResult,
    Place::Drop,
    Place::Idle,
    Place::Untaken,
    Place::RecyclingLimit,
    Place::AfterShutdown,
];

impl Place {
    /// Whether that happens in the executor's own process, and not in a worker.
    pub(crate) fn is_here(self) -> bool {
        matches!(self, Self::SerialiseTask | Self::DeserialiseResult)
    }

    /// Whether that can go wrong in this way. Who closes the executor's own descriptors behind its back takes away what
    /// tells it of its workers: there is nothing left that it could promise.
    pub(crate) fn can(self, how: How) -> bool {
        !(self.is_here() && how == How::Close)
    }
}

/// How it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum How {
    Panic,
    Exit,
    ExitNow,
    Abort,
    Fault,
    Kill,
    /// Stops, and is killed by somebody else.
    Stop,
    /// Closes every descriptor, and goes on.
    Close,
}

pub(crate) const HOWS: [How; 8] =
    [How::Panic, How::Exit, How::ExitNow, How::Abort, How::Fault, How::Kill, How::Stop, How::Close];

impl How {
    /// What the error must say; nothing if the worker lives on.
    pub(crate) fn words(self) -> Option<&'static str> {
        match self {
            Self::Panic | Self::Close => None,
            Self::Exit => Some("exited with code 7"),
            Self::ExitNow => Some("exited with code 8"),
            Self::Abort => Some("was killed by signal 6 (SIGABRT)"),
            Self::Fault => Some("was killed by signal 11 (SIGSEGV)"),
            Self::Kill | Self::Stop => Some("was killed by signal 9 (SIGKILL)"),
        }
    }
}

#[allow(unsafe_code)]
pub(crate) fn strike(how: How) {
    match how {
        How::Panic => panic!("strikes on purpose"),
        How::Exit => std::process::exit(7),
        How::Abort => std::process::abort(),
        // SAFETY: this process is to end, to stop or to lose its descriptors; no memory is touched.
        How::ExitNow => unsafe { libc::_exit(8) },
        // SAFETY: nothing is mapped there, which is what this is for.
        How::Fault => unsafe { (16 as *mut u8).write_volatile(1) },
        // SAFETY: as for `_exit`.
        How::Kill => unsafe {
            libc::kill(libc::getpid(), libc::SIGKILL);
        },
        // SAFETY: as for `_exit`.
        How::Stop => unsafe {
            libc::kill(libc::getpid(), libc::SIGSTOP);
        },
        // SAFETY: as for `_exit`.
        How::Close => unsafe {
            libc::close_range(0, u32::MAX, 0);
        },
    }
}

/// Goes wrong at one place, and says who ran it.
#[derive(Clone, Debug)]
pub(crate) struct Mine {
    pub(crate) place: Place,
    pub(crate) how: How,
    /// Waits for this file before it goes on.
    pub(crate) go: Option<String>,
}

impl Mine {
    pub(crate) fn calm() -> Self {
        Self { place: Place::Nowhere, how: How::Panic, go: None }
    }
}

impl Serialize for Mine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.place == Place::SerialiseTask {
            strike(self.how);
        }
        (self.place, self.how, &self.go).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Mine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (place, how, go) = Deserialize::deserialize(deserializer)?;
        if place == Place::DeserialiseTask {
            strike(how);
        }
        Ok(Self { place, how, go })
    }
}

/// Which process ran it.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) pid: u32,
    place: Place,
    how: How,
    owned_here: bool,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = if self.place == Place::LargeResult { 300_000 } else { 1 };
        let mut tuple = serializer.serialize_tuple(2)?;
        tuple.serialize_element(&(self.pid, self.place, self.how))?;
        tuple.serialize_element(&vec![7_u8; length])?;
        if matches!(self.place, Place::SerialiseResult | Place::LargeResult) {
            strike(self.how);
        }
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ((pid, place, how), _) = <((u32, Place, How), Vec<u8>)>::deserialize(deserializer)?;
        if place == Place::DeserialiseResult {
            strike(how);
        }
        Ok(Self { pid, place, how, owned_here: false })
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        if self.owned_here && self.place == Place::Drop {
            strike(self.how);
        }
    }
}

fn await_file(path: &str) {
    std::fs::write(format!("{path}.there"), "").expect("a file");
    while !Path::new(path).exists() {
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// The thread that serves stands still inside a signal handler until the strike is over.
mod standstill {
    use super::How;
    use std::sync::atomic::{AtomicBool, Ordering};

    static STANDS: AtomicBool = AtomicBool::new(false);
    static OVER: AtomicBool = AtomicBool::new(false);

    extern "C" fn stand(_: i32) {
        STANDS.store(true, Ordering::Release);
        while !OVER.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
    }

    struct Over;
    impl Drop for Over {
        fn drop(&mut self) {
            OVER.store(true, Ordering::Release);
        }
    }

    /// Leaves a thread behind that holds the calling one up, once it waits, and strikes.
    #[allow(unsafe_code)]
    pub(super) fn strike_later(how: How, go: String) {
        let handler: extern "C" fn(i32) = stand;
        // SAFETY: the handler reads and writes atomics and yields, which a handler may.
        unsafe { libc::signal(libc::SIGUSR1, handler as *const () as libc::sighandler_t) };
        // SAFETY: getpid and gettid touch no memory.
        let (process, thread) = unsafe { (libc::getpid(), libc::gettid()) };
        std::thread::spawn(move || {
            super::await_file(&format!("{go}.hold"));
            // SAFETY: the thread is the first of this process, and lives as long as that.
            unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGUSR1) };
            while !STANDS.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            super::await_file(&go);
            let _over = Over;
            super::strike(how);
        });
    }
}

impl Task for Mine {
    const NAME: &'static str = "mine";
    type Output = Report;

    fn run(self) -> Result<Report, Raised> {
        let Self { place, how, go } = self;
        match (place, go) {
            (Place::Idle, Some(go)) => drop(std::thread::spawn(move || {
                await_file(&go);
                strike(how);
            })),
            (Place::Untaken, Some(go)) => standstill::strike_later(how, go),
            (_, Some(go)) => await_file(&go),
            (_, None) => {}
        }
        if matches!(place, Place::Run | Place::RecyclingLimit | Place::AfterShutdown) {
            strike(how);
        }
        Ok(Report { pid: std::process::id(), place, how, owned_here: true })
    }
}

/// Goes wrong before the first task.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Prepare(pub(crate) How);

impl Task for Prepare {
    const NAME: &'static str = "prepare";
    type Output = ();

    fn run(self) -> Result<(), Raised> {
        strike(self.0);
        Ok(())
    }
}
