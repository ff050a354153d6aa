//! Starts the child process of a check and watches it until it is done, dead or out of time.

use super::autopsy;
use super::protocol::{ASSIGNMENT, Assignment, Phase, Report};
use crate::trial::Judged;
use poolproof_harness::{Deadline, Event, Patience, Verdict, handover};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How this program is started again as the child of a check.
#[derive(Clone, Debug)]
pub(crate) struct Reentry {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

/// What became of a child.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// What the check came to, if it got that far.
    pub(crate) verdict: Option<(Verdict, Option<String>)>,
    /// What the clean-up found about other requirements.
    pub(crate) findings: Vec<(String, Verdict, String)>,
    /// Why the subject could not be set up.
    pub(crate) setup_failed: Option<String>,
    /// What the child was doing last.
    pub(crate) phase: Option<Phase>,
    /// Whether it said that nothing more follows.
    pub(crate) ended: bool,
    /// How it died, if it died before its end.
    pub(crate) death: Option<String>,
    /// How long it was waited for without a sign of life, and its stacks then.
    pub(crate) hang: Option<(Duration, Duration, String)>,
    /// The last events.
    pub(crate) history: VecDeque<Event>,
    /// The assertions that were judged, if that was asked for.
    pub(crate) assertions: Vec<Judged>,
    /// The last output of the subject.
    pub(crate) output: Vec<u8>,
}

/// How many events are kept as evidence.
const EVENTS_KEPT: usize = 60;
/// How much output is kept as evidence, in bytes.
const OUTPUT_KEPT: usize = 8 * 1024;

/// Runs one assignment in a child. The child has a session of its own, dies with this thread, and
/// is killed together with everything in its group when this returns.
pub(crate) fn watch(reentry: &Reentry, mut assignment: Assignment) -> io::Result<Watched> {
    let (ours, theirs) = UnixStream::pair()?;
    let (output, output_end) = io::pipe()?;
    assignment.descriptor = theirs.as_raw_fd();
    // What the child leaves in the temporary directory when it is killed vanishes with it.
    let scratch = tempfile::Builder::new().prefix("poolproof-check-").tempdir()?;
    let (known, facts) = handover();
    let mut command = Command::new(&reentry.program);
    command
        .args(&reentry.arguments)
        .env(ASSIGNMENT, serde_json::to_string(&assignment)?)
        .env(known, facts)
        .env("TMPDIR", scratch.path())
        // Tasks panic on purpose; resolving the symbols of each would cost more than the check.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(output_end.try_clone()?)
        .stderr(output_end);
    let inherited = theirs.as_raw_fd();
    // SAFETY: between fork and exec only async-signal-safe calls are made: setsid, prctl, fcntl.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(move || prepare(inherited));
    }
    let child = command.spawn()?;
    drop(command);
    drop(theirs);
    let mut group = Group { child };
    let pid = group.child.id();
    let mut watched = Watched::default();
    listen(&ours, &output, Patience::ticks(assignment.ticks * 2), pid, &mut watched)?;
    if watched.hang.is_none() && !watched.ended {
        watched.death = Some(describe_death(group.child.wait()?));
    }
    group.kill();
    Ok(watched)
}

fn prepare(inherited: RawFd) -> io::Result<()> {
    // SAFETY: plain system calls on this process and one of its descriptors.
    #[allow(unsafe_code)]
    unsafe {
        if libc::setsid() == -1
            || libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) == -1
            || libc::fcntl(inherited, libc::F_SETFD, 0) == -1
        {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Reads reports until the child ends, closes the socket, or shows no sign of life for `patience`.
/// Every report and every event is a sign of life.
fn listen(
    mut reports: &UnixStream,
    mut output: &io::PipeReader,
    patience: Patience,
    pid: u32,
    watched: &mut Watched,
) -> io::Result<()> {
    set_nonblocking(reports.as_raw_fd())?;
    set_nonblocking(output.as_raw_fd())?;
    let mut deadline: Deadline = patience.start();
    let mut buffered = Vec::new();
    let mut output_open = true;
    let mut slice = deadline.next_slice();
    let mut slice_ends = Instant::now() + Patience::TICK;
    loop {
        // A flood of output wakes the poll at once, again and again; it does not use up the slices.
        if Instant::now() >= slice_ends {
            slice_ends = Instant::now() + Patience::TICK;
            slice = deadline.next_slice();
        }
        if slice.is_none() {
            let stacks = autopsy::stacks(pid);
            // A subject may answer the request for its stacks on its output.
            drain(&mut output, &mut watched.output, &mut output_open);
            watched.hang = Some((patience.nominal(), deadline.elapsed(), stacks));
            return Ok(());
        }
        poll_readable(reports.as_raw_fd(), output_open.then(|| output.as_raw_fd()), Patience::TICK);
        drain(&mut output, &mut watched.output, &mut output_open);
        let mut chunk = [0; 16 * 1024];
        match reports.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                deadline = patience.start();
                slice = deadline.next_slice();
                buffered.extend_from_slice(&chunk[..count]);
                take_lines(&mut buffered, watched);
                if watched.ended {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn take_lines(buffered: &mut Vec<u8>, watched: &mut Watched) {
    while let Some(end) = buffered.iter().position(|&byte| byte == b'\n') {
        let line: Vec<u8> = buffered.drain(..=end).collect();
        match serde_json::from_slice(&line) {
            Ok(report) => note(report, watched),
            // Only the child writes here; a broken line means that it died in the middle of one.
            Err(error) => watched.death = Some(format!("it sent a damaged report ({error})")),
        }
    }
}

fn note(report: Report, watched: &mut Watched) {
    match report {
        Report::Event(event) => {
            if watched.history.len() == EVENTS_KEPT {
                watched.history.pop_front();
            }
            watched.history.push_back(event);
        }
        Report::Assertion(judged) => watched.assertions.push(judged),
        Report::Phase(phase) => watched.phase = Some(phase),
        Report::SetupFailed(reason) => watched.setup_failed = Some(reason),
        Report::Verdict(verdict, message) => watched.verdict = Some((verdict, message)),
        Report::Finding(requirement, verdict, message) => watched.findings.push((requirement, verdict, message)),
        Report::End => watched.ended = true,
    }
}

fn drain(output: &mut &io::PipeReader, kept: &mut Vec<u8>, open: &mut bool) {
    let mut chunk = [0; 16 * 1024];
    // A flood is read in turns with the reports, never until it ends.
    if !*open {
        return;
    }
    match output.read(&mut chunk) {
        Ok(0) => *open = false,
        Ok(count) => {
            kept.extend_from_slice(&chunk[..count]);
            if kept.len() > 2 * OUTPUT_KEPT {
                kept.drain(..kept.len() - OUTPUT_KEPT);
            }
        }
        Err(_) => {}
    }
}

fn set_nonblocking(descriptor: RawFd) -> io::Result<()> {
    // SAFETY: sets a flag on a descriptor that the caller owns.
    #[allow(unsafe_code)]
    let status = unsafe { libc::fcntl(descriptor, libc::F_SETFL, libc::O_NONBLOCK) };
    if status == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn poll_readable(first: RawFd, second: Option<RawFd>, limit: Duration) {
    let entry = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    // A negative descriptor is ignored by poll.
    let mut entries = [entry(first), entry(second.unwrap_or(-1))];
    let millis = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: `entries` is a valid array of two entries for the duration of the call.
    #[allow(unsafe_code)]
    unsafe {
        libc::poll(entries.as_mut_ptr(), 2, millis);
    }
}

fn describe_death(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("the process exited with code {code}"),
        (None, Some(signal)) => format!("the process was killed by signal {signal}{}", signal_name(signal)),
        (None, None) => "the process ended".to_owned(),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGABRT => " (abort)",
        libc::SIGSEGV => " (segmentation fault or stack overflow)",
        libc::SIGKILL => " (kill)",
        libc::SIGBUS => " (bus error)",
        libc::SIGTERM => " (terminate)",
        libc::SIGILL => " (illegal instruction)",
        _ => "",
    }
}

/// The child and everything it started in its process group.
struct Group {
    child: Child,
}

impl Group {
    fn kill(&mut self) {
        // The child is reaped only after its group was signalled, so its number is still its own.
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // SAFETY: signals a process group that the child leads since its setsid.
            #[allow(unsafe_code)]
            unsafe {
                libc::kill(-pid, libc::SIGKILL);
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
