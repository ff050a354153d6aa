//! A worker process, seen from the worker that drives it.

use super::message::{read_frame, write_frame};
use super::serve::VARIABLE;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// A process that died, and whether it had started what it was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::broken) enum Lost {
    BeforeTheStart,
    Later,
}

/// A worker process.
#[derive(Debug)]
pub(in crate::broken) struct Link {
    process: Child,
    stream: UnixStream,
}

impl Link {
    /// Starts this program again, as a worker. It dies with the thread that starts it.
    pub(super) fn start() -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let inherited = theirs.as_raw_fd();
        let mut command = Command::new(std::env::current_exe()?);
        command.args(std::env::args_os().skip(1)).env(VARIABLE, inherited.to_string()).stdin(Stdio::null());
        // SAFETY: between fork and exec only async-signal-safe calls are made: prctl and fcntl.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(move || {
                if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) == -1
                    || libc::fcntl(inherited, libc::F_SETFD, 0) == -1
                {
                    return Err(io::Error::last_os_error());
                }
                Ok(())
            });
        }
        Ok(Self { process: command.spawn()?, stream: ours })
    }

    /// Sends a request; the process says when it starts, and then what came of it.
    pub(super) fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, Lost> {
        let sent = write_frame(&self.stream, request).and_then(|()| read_frame(&self.stream));
        sent.map_err(|_| Lost::BeforeTheStart)?;
        read_frame(&self.stream).map_err(|_| Lost::Later)
    }

    /// The number of the process.
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Kills a process that nobody waits for yet, so that the number is still its own.
    pub(super) fn kill(pid: u32) {
        if let Ok(pid) = i32::try_from(pid) {
            // SAFETY: kill with the number of a child and a valid signal has no memory effects.
            #[allow(unsafe_code)]
            unsafe {
                libc::kill(pid, libc::SIGKILL);
            }
        }
    }

    /// Lets the process end, and waits until it has.
    pub(in crate::broken) fn end(self) {
        let Self { mut process, stream } = self;
        drop(stream);
        let _ = process.wait();
    }
}
