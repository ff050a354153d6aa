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

#[cfg(test)]
mod tests {
    use super::super::frame;
    use super::*;
    use std::process::{Child, Command, Stdio};

    /// A shell script at the other end, which is its standard input.
    fn script(text: &str) -> (Connection, Child) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let process =
            Command::new("/bin/sh").args(["-c", text]).stdin(Stdio::from(OwnedFd::from(theirs))).spawn().unwrap();
        (Connection::new(ours, process.id()).unwrap(), process)
    }

    fn patience() -> Patience {
        Patience::ticks(3000)
    }

    #[test]
    fn a_death_in_the_middle_of_a_reply_is_noticed() {
        // A frame of 4 MiB is announced, and 100 kB come.
        let (mut connection, mut process) =
            script(r"{ printf '\000\000\100\000\000\000\000\000'; head -c 100000 /dev/zero; } >&0; kill -9 $$");
        assert_eq!(frame::read(&mut connection).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(connection.await_end(patience()));
        process.wait().unwrap();
    }

    #[test]
    fn a_death_is_noticed_although_a_grandchild_holds_the_stream() {
        let (mut connection, mut process) = script("exec 3<&0; cat <&3 >/dev/null & kill -9 $$");
        assert_eq!(frame::read(&mut connection).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(!connection.is_quiet());
        process.wait().unwrap();
    }

    #[test]
    fn a_death_is_noticed_while_a_long_request_is_written() {
        let (mut connection, mut process) = script("exec 3<&0; sleep 1000 & echo $! >&0; read go; kill -9 $$");
        let mut sleeper = [0; 16];
        let count = connection.read(&mut sleeper).unwrap();
        let sleeper: i32 = std::str::from_utf8(&sleeper[..count]).unwrap().trim().parse().unwrap();
        // The shell reads one line, and the grandchild, which reads nothing, holds the stream open.
        connection.write_all(b"go\n").unwrap();
        assert!(frame::write(&mut connection, &mut vec![0; 8 << 20]).is_err());
        process.wait().unwrap();
        // SAFETY: kill takes two numbers and touches no memory.
        #[allow(unsafe_code)]
        unsafe {
            libc::kill(sleeper, libc::SIGKILL);
        }
    }

    #[test]
    fn bytes_left_unread_are_told_from_an_end() {
        let (mut connection, mut process) = script("read one; kill -9 $$");
        // `read` takes the line byte by byte, and leaves the rest.
        connection.write_all(b"one\ntwo\n").unwrap();
        let error = connection.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        process.wait().unwrap();
        let (mut connection, mut process) = script("read one; kill -9 $$");
        connection.write_all(b"one\n").unwrap();
        assert_eq!(connection.read(&mut [0]).unwrap(), 0);
        process.wait().unwrap();
    }

    #[test]
    fn patience_ends() {
        let (mut connection, mut process) = script("read never");
        assert!(connection.is_quiet() && !connection.await_end(Patience::ticks(2)));
        connection.limit(Some(Patience::ticks(2)));
        assert_eq!(connection.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::TimedOut);
        connection.close();
        assert!(connection.await_end(patience()));
        process.wait().unwrap();
    }
}
