//! Watches the child of a check until it is done, dead, out of time, or asks for too much.

use super::autopsy;
use super::family::{self, Ended};
use super::limits::Limits;
use super::protocol::{ASLEEP, LONGEST_REPORT, Phase, Secret};
use super::starved::Silence;
use super::watched::{Hang, Watched};
use poolproof_harness::{Patience, now_ns};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// The child of a check, as its warden holds it.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) pid: i32,
    pub(super) reports: UnixStream,
    pub(super) output: io::PipeReader,
    /// What its reports begin with.
    pub(super) secret: Secret,
    /// Where its threads leave their stacks.
    pub(super) stacks: std::path::PathBuf,
}

/// The runner is gone: nobody wants to know any more.
#[derive(Debug)]
pub(super) struct Abandoned;

/// What a child exits with when it can no longer report.
pub(super) const SPEECHLESS: i32 = 113;

/// No check has that many events unless it turns in a circle.
const ENDLESS: u64 = if cfg!(test) { 50_000 } else { 1_000_000 };
/// Nor does it take that many times what it may be silent for.
const LONGEST: u32 = 60;
/// The limits are looked at every so many ticks.
const LOOK: u32 = 5;

/// For how long a child may give no sign of life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silences {
    /// While the program of the subject starts, or an executor is being opened.
    pub(super) opening: Patience,
    /// Later.
    pub(super) open: Patience,
}

impl Silences {
    /// Always the same.
    #[cfg(test)]
    pub(super) fn of(patience: Patience) -> Self {
        Self { opening: patience, open: patience }
    }

    fn after(self, watched: &Watched) -> Patience {
        if watched.is_opening() { self.opening } else { self.open }
    }
}

/// Watches `child` for as long as it gives a sign of life after each of its `silences`; every report is one.
///
/// The runner is told, once at most, when everything in the check sleeps. At `until_ns` on the monotonic clock it is over.
pub(super) fn listen(
    child: &Child,
    runner: &UnixStream,
    silences: Silences,
    limits: Limits,
    until_ns: Option<u64>,
) -> Result<Watched, Abandoned> {
    let mut watched = Watched::default();
    let mut patience = silences.after(&watched);
    let mut inbox = Inbox::new(&child.reports, &child.output, &child.secret);
    let process = process_descriptor(child.pid);
    let mut deadline = patience.start();
    let mut slice = deadline.next_slice();
    let mut slice_ends = Instant::now() + Patience::TICK;
    let mut silence = Silence::of(child.pid);
    let mut told = false;
    // How many the machine delivered since the check began.
    let mut ticks: u32 = 0;
    loop {
        // A flood of output wakes the poll at once, again and again; it does not use up the slices.
        if Instant::now() >= slice_ends {
            slice_ends = Instant::now() + Patience::TICK;
            slice = deadline.next_slice();
            silence.tick();
            if !told && silence.is_asleep() {
                told = true;
                // A runner that is gone is found out below.
                let _ = (&*runner).write_all(format!("{ASLEEP}\n").as_bytes());
            }
            ticks = ticks.wrapping_add(1);
            inbox.silent += u32::from(!inbox.reports_open);
            if ticks.is_multiple_of(LOOK)
                && let Some(excess) = limits.exceeded()
            {
                watched.death = Some(format!("{excess}; it was ended"));
                return Ok(watched);
            }
        }
        if until_ns.is_some_and(|until| now_ns() >= until) {
            watched.cut = true;
            return Ok(watched);
        }
        let endless = endless(&watched, Patience::TICK * ticks, silences.open.nominal() * LONGEST);
        if slice.is_none() || endless.is_some() {
            watched.starved = silence.weigh(watched.starved, patience);
            let stacks = autopsy::stacks(child, &watched.waiting());
            // A subject may answer the request for its stacks on its output.
            inbox.take_output(&mut watched);
            watched.hang = Some(Hang { nominal: patience.nominal(), elapsed: deadline.elapsed(), stacks, endless });
            return Ok(watched);
        }
        let ready = poll([runner.as_raw_fd(), inbox.reports_fd(), inbox.output_fd(), raw(process.as_ref())]);
        if ready[0] {
            return Err(Abandoned);
        }
        inbox.take_output(&mut watched);
        if inbox.take_reports(&mut watched, 1) {
            // What was waited for in vain within the check itself is told after a silence, too.
            watched.starved = silence.weigh(watched.starved, patience);
            silence = Silence::of(child.pid);
            patience = silences.after(&watched);
            deadline = patience.start();
            slice = deadline.next_slice();
        }
        if watched.ended.is_some() {
            return Ok(watched);
        }
        if let Some(ended) = family::ended(child.pid) {
            // What it reported before its end is all there already.
            inbox.take_reports(&mut watched, Inbox::REST);
            inbox.take_output(&mut watched);
            if watched.ended.is_none() {
                watched.death.get_or_insert_with(|| describe(ended));
            }
            return Ok(watched);
        }
        if watched.death.is_some() {
            return Ok(watched);
        }
        // The end of a process and the end of its reports are not seen in one instant.
        if inbox.silent > Inbox::GRACE {
            watched.death = Some(describe(Ended::Exited(SPEECHLESS)));
            return Ok(watched);
        }
    }
}

/// After the end of a check: names what it left behind, once that no longer shrinks.
pub(super) fn orphans(child: &Child, patience: Patience) -> Option<String> {
    let mut deadline = patience.start();
    loop {
        let its_own = u32::try_from(child.pid).map(family::with_descendants).unwrap_or_default();
        let orphans: Vec<_> = family::descendants().into_iter().filter(|pid| !its_own.contains(pid)).collect();
        if orphans.is_empty() {
            return None;
        }
        match deadline.next_slice() {
            Some(slice) => std::thread::sleep(slice),
            None => {
                let names: Vec<_> = orphans.iter().map(|&pid| family::name_of(pid).0).collect();
                return Some(format!("{} orphaned processes ({})", orphans.len(), names.join(", ")));
            }
        }
    }
}

/// Whether it turns in a circle, after ticks that would have `lasted` so long had each come in time.
///
/// A clock would count what the machine did not deliver, too, and call a single silence a life without end.
fn endless(watched: &Watched, lasted: Duration, longest: Duration) -> Option<String> {
    if watched.events > ENDLESS {
        return Some(format!("more than {ENDLESS} events came, and no end"));
    }
    (lasted > longest && watched.phase != Some(Phase::Setup))
        .then(|| format!("there were signs of life for {lasted:.1?} or longer, and no end"))
}

/// What comes from the child, read in turns so that no flood keeps the rest from being heard.
pub(super) struct Inbox<'c> {
    reports: &'c UnixStream,
    output: &'c io::PipeReader,
    secret: &'c Secret,
    buffered: Vec<u8>,
    reports_open: bool,
    output_open: bool,
    /// For how many ticks the process lived on after it closed what it reports on.
    silent: u32,
}

impl<'c> Inbox<'c> {
    pub(super) fn new(reports: &'c UnixStream, output: &'c io::PipeReader, secret: &'c Secret) -> Self {
        set_nonblocking(reports.as_raw_fd());
        set_nonblocking(output.as_raw_fd());
        Self { reports, output, secret, buffered: Vec::new(), reports_open: true, output_open: true, silent: 0 }
    }

    // A negative descriptor is ignored by poll.
    fn reports_fd(&self) -> RawFd {
        if self.reports_open { self.reports.as_raw_fd() } else { -1 }
    }

    fn output_fd(&self) -> RawFd {
        if self.output_open { self.output.as_raw_fd() } else { -1 }
    }

    /// How many ticks a process may live after the end of its reports.
    const GRACE: u32 = 50;
    /// More pieces than a dead process can have left to be read.
    const REST: u32 = 1024;

    /// Takes in what is there, at most so many pieces; whether there was a report.
    pub(super) fn take_reports(&mut self, watched: &mut Watched, pieces: u32) -> bool {
        let mut any = false;
        let mut chunk = [0; 16 * 1024];
        for _ in 0..pieces {
            if !self.reports_open {
                break;
            }
            match self.reports.read(&mut chunk) {
                Ok(0) => self.reports_open = false,
                Ok(count) => {
                    any = true;
                    self.buffered.extend_from_slice(&chunk[..count]);
                    self.take_lines(watched);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.reports_open = false,
            }
        }
        any
    }

    fn take_lines(&mut self, watched: &mut Watched) {
        let mut begin = 0;
        while let Some(length) = self.buffered[begin..].iter().position(|&byte| byte == b'\n') {
            match self.secret.open(&self.buffered[begin..begin + length]) {
                Ok(report) => watched.note(report),
                Err(what) => {
                    // Nothing that follows can be believed.
                    watched.death = Some(what);
                    self.reports_open = false;
                    break;
                }
            }
            begin += length + 1;
        }
        self.buffered.drain(..begin);
        if self.buffered.len() > LONGEST_REPORT {
            self.buffered.clear();
            self.reports_open = false;
            watched.death = Some(format!("it sent a report of more than {LONGEST_REPORT} bytes"));
        }
    }

    fn take_output(&mut self, watched: &mut Watched) {
        let mut chunk = [0; 16 * 1024];
        if self.output_open {
            match (&mut self.output).read(&mut chunk) {
                Ok(0) => self.output_open = false,
                Ok(count) => watched.printed(&chunk[..count]),
                Err(_) => {}
            }
        }
    }
}

fn raw(descriptor: Option<&OwnedFd>) -> RawFd {
    descriptor.map_or(-1, AsRawFd::as_raw_fd)
}

fn set_nonblocking(descriptor: RawFd) {
    // SAFETY: sets a flag on a descriptor that the caller owns.
    #[allow(unsafe_code)]
    unsafe {
        libc::fcntl(descriptor, libc::F_SETFL, libc::O_NONBLOCK);
    }
}

/// A descriptor that becomes readable when the child ends; without one its end is seen a tick later.
fn process_descriptor(pid: i32) -> Option<OwnedFd> {
    // SAFETY: pidfd_open takes two numbers and touches no memory of ours.
    #[allow(unsafe_code)]
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let descriptor = RawFd::try_from(descriptor).ok().filter(|&descriptor| descriptor >= 0)?;
    // SAFETY: the system has just made this descriptor for us (close-on-exec, as always here).
    #[allow(unsafe_code)]
    Some(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Waits for at most a tick until one of `descriptors` is readable or ended.
fn poll<const N: usize>(descriptors: [RawFd; N]) -> [bool; N] {
    let mut entries = descriptors.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    let millis = i32::try_from(Patience::TICK.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: `entries` is a valid array of that many entries for the duration of the call.
    #[allow(unsafe_code)]
    unsafe {
        libc::poll(entries.as_mut_ptr(), N as libc::nfds_t, millis);
    }
    entries.map(|entry| entry.revents != 0)
}

fn describe(ended: Ended) -> String {
    match ended {
        Ended::Exited(SPEECHLESS) => "the descriptor on which the check reports was closed".to_owned(),
        Ended::Exited(code) => format!("the process exited with code {code}"),
        Ended::Killed(signal) => format!("the process was killed by signal {signal}{}", signal_name(signal)),
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
        libc::SIGPIPE => " (broken pipe)",
        libc::SIGFPE => " (arithmetic)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::protocol::Report;
    use super::*;
    use poolproof_harness::{Actor, Event, Moment};
    use std::process::{Command, Stdio};

    #[test]
    fn signs_of_life_without_end_are_a_hang() {
        let mut process = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().expect("it is there");
        let (reports, mut circling) = UnixStream::pair().expect("sockets can be made");
        let (runner, _silent) = UnixStream::pair().expect("sockets can be made");
        let (output, _open) = io::pipe().expect("a pipe can be made");
        let (secret, stacks) = (Secret::default(), std::env::temp_dir());
        let child = Child { pid: process.id().cast_signed(), reports, output, secret: secret.clone(), stacks };
        let moment = Moment::Called("submit(task 1)".to_owned());
        let event = Report::Event(Event { at_ns: 5, actor: Actor::Check, moment, pid: 1, tid: 7 });
        let event = secret.seal(&event).expect("it is text");
        let watched = std::thread::scope(|scope| {
            // It may be hung up on before everything is sent.
            scope.spawn(|| (0..3 * ENDLESS).all(|_| circling.write_all(&event).is_ok()));
            let limits = Limits { memory: u64::MAX, processes: usize::MAX };
            // Silence would be a hang of another kind.
            let watched = listen(&child, &runner, Silences::of(Patience::ticks(1000)), limits, None);
            drop(child);
            watched
        });
        process.kill().expect("it is there");
        process.wait().expect("it ends");
        let watched = watched.expect("the runner is there");
        assert!((ENDLESS..2 * ENDLESS).contains(&watched.events), "{} events were read", watched.events);
        assert!(watched.history.len() <= 60, "{} events are kept", watched.history.len());
        let hang = watched.hang.expect("it never ended");
        assert!(hang.endless.is_some_and(|why| why.contains("events came, and no end")));
    }

    #[test]
    fn no_check_goes_on_for_ever_and_only_a_set_up_may_take_its_time() {
        let longest = Duration::from_secs(60);
        let more = longest + Duration::from_nanos(1);
        let of = |phase| Watched { phase: Some(phase), ..Watched::default() };
        assert!(endless(&of(Phase::Check), longest, longest).is_none());
        for phase in [Phase::WarmUp, Phase::Check, Phase::Capacity, Phase::Teardown] {
            assert!(endless(&of(phase), more, longest).is_some_and(|why| why.contains("signs of life for 60")));
        }
        assert!(endless(&of(Phase::Setup), more, longest).is_none());
    }
}
