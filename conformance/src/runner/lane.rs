//! The runner's side of a warden.

use super::family;
use super::protocol::{ASLEEP, FAMILY, HELLO, Order, WARDEN};
use super::watched::Watched;
use poolproof_harness::Patience;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How this program is started again as a warden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reentry {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

#[cfg(test)]
impl Reentry {
    /// As the test of that name alone. What `set_worker_arguments` sets is the whole program's, and other tests run in it.
    pub(super) fn test(name: &str) -> Self {
        let program = std::env::current_exe().expect("this program is there");
        Self { program, arguments: ["--exact", name, "--nocapture"].map(str::to_owned).into() }
    }
}

/// A warden that runs one check at a time.
#[derive(Debug)]
struct Lane {
    reentry: Reentry,
    stream: BufReader<UnixStream>,
    process: Child,
    /// What the environment of its whole family holds.
    mark: String,
}

/// Wardens that have nothing to do. Cheap to make; each warden starts when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    idle: Mutex<Vec<Lane>>,
}

/// How long the program may take to get to the place where it becomes a warden.
const START: Patience = Patience::ticks(1000);

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Lanes {
    /// Has a warden run one check; `asleep` is called when everything in it sleeps, once at most.
    ///
    /// # Errors
    ///
    /// If this program cannot be started again as a warden.
    pub(super) fn run(&self, reentry: &Reentry, order: &Order, asleep: &mut dyn FnMut()) -> io::Result<Watched> {
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let place = idle.iter().position(|lane| lane.reentry == *reentry);
            place.map(|place| idle.swap_remove(place))
        };
        let mut lane = match idle {
            Some(lane) => lane,
            None => Lane::start(reentry)?,
        };
        match lane.ask(order, asleep) {
            Ok(watched) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(lane);
                Ok(watched)
            }
            // Whatever ended it came from below: itself it only ends with us.
            Err(error) => {
                lane.end();
                let death = format!("the process that watches over the check was ended from within ({error})");
                Ok(Watched { death: Some(death), ..Watched::default() })
            }
        }
    }
}

impl Lane {
    fn start(reentry: &Reentry) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let printed = tempfile::tempfile()?;
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let process = Command::new(&reentry.program)
            .args(&reentry.arguments)
            .env(WARDEN, "1")
            .env(FAMILY, &name)
            // Tasks panic on purpose; resolving the symbols of each would cost more than the check.
            .env("RUST_BACKTRACE", "0")
            .stdin(OwnedFd::from(theirs))
            .stdout(printed.try_clone()?)
            .stderr(printed.try_clone()?)
            .spawn()?;
        ours.set_read_timeout(Some(START.nominal()))?;
        let mut lane =
            Self { reentry: reentry.clone(), stream: BufReader::new(ours), process, mark: format!("{FAMILY}={name}") };
        let mut hello = String::new();
        let greeted = (&mut lane.stream).take(64).read_line(&mut hello);
        if greeted.is_err() || hello.trim_end() != HELLO {
            lane.end();
            return Err(io::Error::other(format!(
                "it did not report: call serve_if_child at the top of main; it printed: {}",
                tail(printed).trim()
            )));
        }
        lane.stream.get_ref().set_read_timeout(None)?;
        Ok(lane)
    }

    fn ask(&mut self, order: &Order, asleep: &mut dyn FnMut()) -> io::Result<Watched> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line)?;
        let mut answer = String::new();
        loop {
            answer.clear();
            if self.stream.read_line(&mut answer)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if answer.trim_end() != ASLEEP {
                return Ok(serde_json::from_str(&answer)?);
            }
            asleep();
        }
    }

    /// Ends a warden that does not answer, and its family.
    fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        family::kill_marked(&self.mark);
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // The end of its socket ends it; its own sweep is bounded.
        let _ = self.stream.get_ref().shutdown(Shutdown::Both);
        let _ = self.process.wait();
    }
}

/// The end of what a program printed.
fn tail(mut printed: File) -> String {
    const KEPT: u64 = 4096;
    let length = printed.seek(io::SeekFrom::End(0)).unwrap_or(0);
    let mut bytes = Vec::new();
    let _ = printed.seek(io::SeekFrom::Start(length.saturating_sub(KEPT)));
    let _ = printed.take(KEPT).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
