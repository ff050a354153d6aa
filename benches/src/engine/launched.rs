//! A contender in a process of its own, seen from the engine.

use super::serve::{ORPHANED, VARIABLE, meant};
use super::wire::{Reply, Request, receive, send};
use poolproof_harness::{
    Contender, Life, Round, RoundError, RoundSpec, SetupError, calibrate_spin, handover, worker_arguments,
};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The longest that any single answer is waited for. Rounds are sized to a fraction of a second;
/// a contender that has not answered by then never will.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a contender that was asked to leave may take to close its executor.
const FAREWELL: Duration = Duration::from_secs(5);

/// A contender in a child process: this program started again.
///
/// The child is killed when the thread that started it ends, at the latest, and with it everything in
/// its group: drivers, and their workers.
#[derive(Debug)]
pub struct Launched {
    address: String,
    requests: UnixStream,
    replies: BufReader<UnixStream>,
    child: Child,
    /// Whether it was waited for, and its number may be another's.
    reaped: bool,
    complaints: File,
}

/// Starts this program again as the contender at `address`.
///
/// # Errors
///
/// As [`launch_program`].
pub fn launch(address: &str) -> Result<Box<dyn Contender>, SetupError> {
    launch_program(Path::new("/proc/self/exe"), address)
}

/// Starts a program as the contender at `address`: this one, or the same sources built in another way.
///
/// The program's `main` (or, in a test program, the test that
/// [`worker_arguments`](poolproof_harness::worker_arguments) name) must call
/// [`serve_if_contender`](crate::serve_if_contender) first.
///
/// # Errors
///
/// [`SetupError`] if the process does not start, or cannot make the contender.
pub fn launch_program(program: &Path, address: &str) -> Result<Box<dyn Contender>, SetupError> {
    if meant().is_some() {
        // Going on would start this program again and again, without end.
        return Err(SetupError::failed(
            "this process was started to be a contender and is none: call `serve_if_contender` at the top of `main`",
        ));
    }
    let mut launched = Launched::start(program, address)
        .map_err(|error| SetupError::failed(format!("no process could be started for `{address}`: {error}")))?;
    let request = Request::Serve { address: address.to_owned(), turns_per_micro: calibrate_spin() };
    launched.set_up(&request)?;
    Ok(Box::new(launched))
}

impl Launched {
    fn start(program: &Path, address: &str) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_read_timeout(Some(PATIENCE))?;
        let complaints = anonymous_file()?;
        let (known, facts) = handover();
        let mut command = Command::new(program);
        command
            .args(worker_arguments())
            .env(known, facts)
            .env(VARIABLE, format!("{}:{}", std::process::id(), theirs.as_raw_fd()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(complaints.try_clone()?)
            .process_group(0);
        tie_to_parent(&mut command, theirs.as_raw_fd());
        let child = command.spawn()?;
        let replies = BufReader::new(ours.try_clone()?);
        Ok(Self { address: address.to_owned(), requests: ours, replies, child, reaped: false, complaints })
    }

    /// Asks, and answers why there was no answer.
    fn ask(&mut self, request: &Request) -> Result<Reply, String> {
        let answer = match send(&mut self.requests, request) {
            Ok(()) => receive(&mut self.replies),
            Err(error) => Err(error),
        };
        match answer {
            Ok(Some(reply)) => Ok(reply),
            Ok(None) => Err(self.obituary()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Err(format!("its process did not answer within {} s", PATIENCE.as_secs()))
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(format!("its process answered something that is no reply: {error}"))
            }
            Err(_) => Err(self.obituary()),
        }
    }

    fn set_up(&mut self, request: &Request) -> Result<(), SetupError> {
        match self.ask(request) {
            Ok(Reply::Done) => Ok(()),
            Ok(Reply::Failed(reason) | Reply::Died(reason) | Reply::Wrong(reason) | Reply::Unsupported(reason))
            | Err(reason) => Err(SetupError::failed(reason)),
            Ok(Reply::Round(_) | Reply::RoundTrips(_) | Reply::Life(_)) => {
                Err(SetupError::failed("its process answered with figures that were not asked for"))
            }
        }
    }

    /// How the process ended, and the last thing it said.
    fn obituary(&mut self) -> String {
        if !ends_within(self.child.id(), FAREWELL) {
            self.kill();
            return "its process hung up and had to be killed".into();
        }
        let status = self.kill();
        match self.last_words() {
            Some(words) => format!("its process ended ({status}): {words}"),
            None => format!("its process ended ({status})"),
        }
    }

    fn last_words(&mut self) -> Option<String> {
        let mut text = Vec::new();
        self.complaints.seek(SeekFrom::Start(0)).ok()?;
        self.complaints.read_to_end(&mut text).ok()?;
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().rfind(|line| !line.trim().is_empty())?;
        Some(line.trim().chars().take(200).collect())
    }

    /// Ends the process, unless it has ended, and everything in its group; how the process ended.
    fn kill(&mut self) -> String {
        if let (false, Ok(group)) = (self.reaped, libc::pid_t::try_from(self.child.id())) {
            // SAFETY: the child leads its own group and has not been waited for, so the number is
            // still its own; the call has no effect on memory.
            #[allow(unsafe_code)]
            unsafe {
                libc::kill(-group, libc::SIGKILL);
            }
        }
        let ended = self.child.wait();
        self.reaped = true;
        ended.map_or_else(|error| error.to_string(), |status| status.to_string())
    }
}

impl Contender for Launched {
    fn address(&self) -> &str {
        &self.address
    }

    fn open(&mut self, workers: usize) -> Result<(), SetupError> {
        self.set_up(&Request::Open(workers))
    }

    fn round(&mut self, spec: &RoundSpec) -> Result<Round, RoundError> {
        match self.ask(&Request::Round(*spec)) {
            Ok(Reply::Round(round)) => Ok(round),
            Ok(Reply::Wrong(reason)) => Err(RoundError::Wrong(reason)),
            Ok(Reply::Unsupported(reason)) => Err(RoundError::Unsupported(reason)),
            Ok(Reply::Died(reason) | Reply::Failed(reason)) | Err(reason) => Err(RoundError::Died(reason)),
            Ok(Reply::Done | Reply::RoundTrips(_) | Reply::Life(_)) => {
                Err(RoundError::Died("its process answered a round without figures".into()))
            }
        }
    }

    fn life(&mut self, workers: usize, meeting: u16) -> Result<Life, RoundError> {
        match self.ask(&Request::Life { workers, meeting }) {
            Ok(Reply::Life(life)) => Ok(life),
            Ok(Reply::Wrong(reason)) => Err(RoundError::Wrong(reason)),
            Ok(Reply::Unsupported(reason)) => Err(RoundError::Unsupported(reason)),
            Ok(Reply::Died(reason) | Reply::Failed(reason)) | Err(reason) => Err(RoundError::Died(reason)),
            Ok(Reply::Done | Reply::RoundTrips(_) | Reply::Round(_)) => {
                Err(RoundError::Died("its process answered a life without figures".into()))
            }
        }
    }

    fn process(&self) -> Option<u32> {
        Some(self.child.id())
    }

    fn round_trips(&mut self) -> Option<u64> {
        match self.ask(&Request::RoundTrips) {
            Ok(Reply::RoundTrips(count)) => count,
            // A process that cannot answer is found out by the next round.
            _ => None,
        }
    }

    fn close(&mut self) {
        // A process that cannot close is found out by the next request, or by its end.
        let _ = self.ask(&Request::Close);
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        // The end of the requests is the request to leave; the end of the replies is the answer.
        let _ = self.requests.shutdown(Shutdown::Write);
        let _ = self.requests.set_read_timeout(Some(FAREWELL));
        let _ = io::copy(&mut self.replies, &mut io::sink());
        self.kill();
    }
}

/// Waits for the end of a child that has not been waited for.
fn ends_within(child: u32, patience: Duration) -> bool {
    let milliseconds = libc::c_int::try_from(patience.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: the calls take numbers and one valid entry; the descriptor is closed by its owner.
    #[allow(unsafe_code)]
    unsafe {
        let Ok(descriptor) = RawFd::try_from(libc::syscall(libc::SYS_pidfd_open, child, 0)) else { return true };
        if descriptor < 0 {
            // A system without these descriptors: the caller waits without a limit.
            return true;
        }
        let owner = OwnedFd::from_raw_fd(descriptor);
        let mut watch = libc::pollfd { fd: owner.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        libc::poll(&raw mut watch, 1, milliseconds) != 0
    }
}

/// A file in memory that nobody else can open.
fn anonymous_file() -> io::Result<File> {
    // SAFETY: the name is a valid C string; a descriptor that is not negative is new and ours.
    #[allow(unsafe_code)]
    unsafe {
        let descriptor = libc::memfd_create(c"complaints".as_ptr(), libc::MFD_CLOEXEC);
        if descriptor < 0 { Err(io::Error::last_os_error()) } else { Ok(File::from_raw_fd(descriptor)) }
    }
}

/// Lets the child inherit `descriptor`, and hear when the thread that started it is gone.
fn tie_to_parent(command: &mut Command, descriptor: RawFd) {
    let parent = std::process::id();
    let tie = move || {
        // SAFETY: both calls are async-signal-safe and touch no memory.
        #[allow(unsafe_code)]
        let tied = unsafe {
            libc::prctl(libc::PR_SET_PDEATHSIG, ORPHANED) == 0 && libc::fcntl(descriptor, libc::F_SETFD, 0) == 0
        };
        if !tied {
            return Err(io::Error::last_os_error());
        }
        // The parent may have died before the tie was made.
        if std::os::unix::process::parent_id() == parent { Ok(()) } else { Err(io::ErrorKind::NotConnected.into()) }
    };
    // SAFETY: `tie` only makes async-signal-safe system calls and does not allocate.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(tie);
    }
}
