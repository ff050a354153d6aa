//! A contender in a process of its own, seen from that process.

use super::calibration::calibration;
use super::wire::{Reply, Request, receive, send};
use poolproof_harness::{Contender, RoundError, adopt_spin_calibration};
use std::any::Any;
use std::io::{self, BufReader};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Says that this process is a contender: the engine's process, and the descriptor to talk to it.
/// Grandchildren inherit the variable; they know by their parent that they are not meant.
pub(super) const VARIABLE: &str = "POOLPROOF_CONTENDER";

/// What the system sends a contender when the thread of the engine that started it is gone.
pub(super) const ORPHANED: i32 = libc::SIGHUP;

/// Makes a contender from an address, or says in one sentence why not.
pub type Resolve<'a> = dyn Fn(&str) -> Result<Box<dyn Contender>, String> + 'a;

/// If the engine started this process to be a contender, is one, and exits; else returns at once.
///
/// Call it at the top of `main`, after the executors' own hook and before anything else.
///
/// ```
/// poolproof_benches::serve_if_contender(&|address| Err(format!("unknown executor `{address}`")));
/// // ... the program itself.
/// ```
pub fn serve_if_contender(resolve: &Resolve<'_>) {
    let Some(engine) = inherited() else { return };
    end_together();
    // An engine that is gone reads no answer and needs none.
    let code = i32::from(serve(&engine, resolve).is_err());
    std::process::exit(code);
}

/// The descriptor to the engine, if this process was started to be a contender.
pub(super) fn meant() -> Option<RawFd> {
    let value = std::env::var(VARIABLE).ok()?;
    let (engine, descriptor) = value.split_once(':')?;
    let descriptor = descriptor.parse().ok().filter(|&descriptor| descriptor > 2)?;
    (engine.parse() == Ok(std::os::unix::process::parent_id())).then_some(descriptor)
}

/// The connection to the engine, if there is one. From here on nobody else inherits it.
fn inherited() -> Option<UnixStream> {
    let descriptor = meant()?;
    // SAFETY: the engine opened this descriptor for this process and named it in the variable;
    // nothing else in the process knows it. A number that is not open is refused by the call.
    #[allow(unsafe_code)]
    let stream = unsafe {
        if libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) != 0 {
            return None;
        }
        UnixStream::from_raw_fd(descriptor)
    };
    debug_assert_eq!(stream.as_raw_fd(), descriptor);
    Some(stream)
}

/// From here on, when the engine is gone, this process ends with everything in its group. A driver
/// that only lost its host would first give its executors the time that they have at the end of a
/// program.
fn end_together() {
    extern "C" fn end_group(_signal: i32) {
        // SAFETY: kill is async-signal-safe and touches no memory.
        #[allow(unsafe_code)]
        unsafe {
            libc::kill(0, libc::SIGKILL);
        }
    }
    let handler: extern "C" fn(i32) = end_group;
    // SAFETY: the calls take numbers; the handler only does what a signal handler may.
    #[allow(unsafe_code)]
    unsafe {
        // In a group of somebody else it ends alone, as the signal has it.
        if libc::getpgrp() == libc::getpid() {
            libc::signal(ORPHANED, handler as libc::sighandler_t);
        }
    }
}

fn serve(engine: &UnixStream, resolve: &Resolve<'_>) -> io::Result<()> {
    let mut requests = BufReader::new(engine);
    let mut replies = engine;
    let mut contender = None;
    while let Some(request) = receive(&mut requests)? {
        let reply = catch_unwind(AssertUnwindSafe(|| answer(request, &mut contender, resolve)))
            .unwrap_or_else(|payload| Reply::Died(format!("it panicked: {}", text_of(&*payload))));
        send(&mut replies, &reply)?;
    }
    if let Some(mut contender) = contender {
        contender.close();
    }
    Ok(())
}

fn answer(request: Request, contender: &mut Option<Box<dyn Contender>>, resolve: &Resolve<'_>) -> Reply {
    match (request, contender) {
        (Request::Serve { address, turns_per_micro }, contender) => {
            adopt_spin_calibration(turns_per_micro);
            match calibration(&address).map_or_else(|| resolve(&address), Ok) {
                Ok(made) => {
                    *contender = Some(made);
                    Reply::Done
                }
                Err(reason) => Reply::Failed(reason),
            }
        }
        (_, None) => Reply::Failed("no address was given yet".into()),
        (Request::Open(workers), Some(contender)) => match contender.open(workers) {
            Ok(()) => Reply::Done,
            Err(error) => Reply::Failed(error.to_string()),
        },
        (Request::Round(spec), Some(contender)) => contender.round(&spec).map_or_else(failed, Reply::Round),
        (Request::Life { workers, meeting }, Some(contender)) => {
            contender.life(workers, meeting).map_or_else(failed, Reply::Life)
        }
        (Request::RoundTrips, Some(contender)) => Reply::RoundTrips(contender.round_trips()),
        (Request::Close, Some(contender)) => {
            contender.close();
            Reply::Done
        }
    }
}

fn failed(error: RoundError) -> Reply {
    match error {
        RoundError::Wrong(reason) => Reply::Wrong(reason),
        RoundError::Died(reason) => Reply::Died(reason),
        RoundError::Unsupported(reason) => Reply::Unsupported(reason),
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a payload that is not text".into())
}
