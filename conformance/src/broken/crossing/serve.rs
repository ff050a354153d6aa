//! The worker process itself: this program, started again.

use super::message::{Request, read_frame, write_frame};
use poolproof_harness::{Actor, Failure, Outcome, Value, contain, run_caught, run_initialiser};
use std::cell::RefCell;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

/// The environment variable that makes a process such a worker: the descriptor to serve on.
pub(super) const VARIABLE: &str = "POOLPROOF_BROKEN_WORKER";

/// If this process is a worker of one of these pools, serves until the pool lets it go and exits.
pub(crate) fn serve_if_worker() {
    let Some(descriptor) = std::env::var(VARIABLE).ok().and_then(|text| text.parse::<RawFd>().ok()) else { return };
    // SAFETY: called at the start of the program, before any other thread exists that could read
    // the environment. (Under the test harness another thread does exist; it does not read it.)
    #[allow(unsafe_code)]
    unsafe {
        std::env::remove_var(VARIABLE);
    }
    // SAFETY: the parent passed this descriptor for this purpose only, and nothing else in this
    // process knows its number; setting a flag on it has no memory effects.
    #[allow(unsafe_code)]
    let stream = unsafe {
        libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC);
        UnixStream::from(OwnedFd::from_raw_fd(descriptor))
    };
    // The end of the requests is an error of the last read, and the end of this process.
    let _ = serve(&stream);
    std::process::exit(0);
}

thread_local! {
    /// What the last task brought.
    static KEPT: RefCell<Option<Value>> = const { RefCell::new(None) };
}

fn serve(stream: &UnixStream) -> io::Result<()> {
    loop {
        let request = read_frame(stream)?;
        write_frame(stream, b"starts")?;
        let outcome = match postcard::from_bytes(&request) {
            Ok(request) => perform(request),
            Err(error) => Err(Failure::Unserialisable(error.to_string())),
        };
        let answer = postcard::to_stdvec(&outcome).or_else(|error| {
            let failed: Outcome<Value> = Err(Failure::Unserialisable(error.to_string()));
            postcard::to_stdvec(&failed)
        });
        write_frame(stream, &answer.map_err(io::Error::other)?)?;
    }
}

fn perform(request: Request) -> Outcome<Value> {
    match request {
        Request::Run(task) => run_caught(task),
        Request::RunAndKeep { mut task, failed_only } => {
            // What it brought goes nowhere while it runs, and a copy is what it returns.
            let brought = std::mem::replace(&mut task.value, Value::None);
            let outcome = run_caught(task).map(|_| brought.clone());
            KEPT.set((outcome.is_err() || !failed_only).then_some(brought));
            outcome
        }
        Request::Initialise(initialiser) => match contain(|| run_initialiser(initialiser)) {
            Ok(Ok(())) => Ok(Value::None),
            Ok(Err(raised)) => Err(Failure::Raised(raised)),
            Err(panic) => Err(Failure::Panicked(panic)),
        },
        Request::CallBack(callback) => {
            let label = callback.label;
            let _ = contain(move || callback.run_as(Actor::Callback(label)));
            Ok(Value::None)
        }
    }
}
