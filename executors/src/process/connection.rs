//! The executor's end of the stream to one worker: it notices the worker's death while it waits.
//!
//! The stream alone would tell most deaths by ending. It does not when a task has started a
//! program that inherited the worker's end, so every wait also watches the process itself.

use super::system::{poll, process_descriptor, receive, send};
use poolproof_harness::{Deadline, Patience};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// A stream to a worker, and the worker's process.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    process: OwnedFd,
    deadline: Option<Deadline>,
}

impl Connection {
    /// Connects to the child `pid` by `stream`.
    pub(super) fn new(stream: UnixStream, pid: u32) -> io::Result<Self> {
        Ok(Self { stream, process: process_descriptor(pid)?, deadline: None })
    }

    /// Bounds every wait from now on together; `None` lifts the bound.
    pub(super) fn limit(&mut self, patience: Option<Patience>) {
        self.deadline = patience.map(Patience::start);
    }

    /// Whether the worker is there and silent, as an idle one is.
    pub(super) fn is_quiet(&self) -> bool {
        let watched = [(self.stream.as_fd(), libc::POLLIN), (self.process.as_fd(), libc::POLLIN)];
        matches!(poll(watched, Some(Duration::ZERO)), Ok([false, false]))
    }

    /// Tells the worker that it is needed no more.
    pub(super) fn close(&self) {
        // An error means that the other end is closed already.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }

    /// Waits until the worker's process has ended; `false` when the patience ran out.
    pub(super) fn await_end(&self, patience: Patience) -> bool {
        let mut deadline = patience.start();
        loop {
            match poll([(self.process.as_fd(), libc::POLLIN)], Some(Duration::ZERO)) {
                Ok([true]) => return true,
                Ok([false]) => {}
                Err(_) => return false,
            }
            let Some(slice) = deadline.next_slice() else { return false };
            if matches!(poll([(self.process.as_fd(), libc::POLLIN)], Some(slice)), Ok([true])) {
                return true;
            }
        }
    }

    /// Waits until the stream may be ready for `events`. `false`: the process has ended, and the
    /// stream is as it will stay.
    fn wait(&mut self, events: i16) -> io::Result<bool> {
        loop {
            let slice = match &mut self.deadline {
                None => None,
                Some(deadline) => match deadline.next_slice() {
                    Some(slice) => Some(slice),
                    None => return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer")),
                },
            };
            let watched = [(self.stream.as_fd(), events), (self.process.as_fd(), libc::POLLIN)];
            match poll(watched, slice)? {
                [true, _] => return Ok(true),
                [false, true] => return Ok(false),
                [false, false] => {}
            }
        }
    }

    /// Does `operation` as soon as it does not block.
    fn patiently(
        &mut self,
        events: i16,
        mut operation: impl FnMut(&UnixStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut ended = false;
        loop {
            match operation(&self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if ended {
                        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the worker has ended"));
                    }
                    // A process may write and end between two looks, so the stream is asked once
                    // more after the end was seen.
                    ended = !self.wait(events)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.patiently(libc::POLLIN, |stream| receive(stream.as_fd(), buffer))
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.patiently(libc::POLLOUT, |stream| send(stream.as_fd(), bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
