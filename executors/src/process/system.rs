//! The few calls to the operating system that the standard library does not offer.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// A descriptor of the process `pid` that becomes readable when the process has ended.
///
/// The process must be a child that was not waited for, so that the number cannot have been given
/// to another one.
pub(super) fn process_descriptor(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open takes two numbers and touches no memory of ours.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let descriptor = RawFd::try_from(descriptor).unwrap_or(-1);
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just made this descriptor for us (close-on-exec, as always here).
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Waits until one of `watched` is ready for its `events`, or `limit` passed.
///
/// The answer says for each whether anything at all is to be told about it: ready, ended or broken.
pub(super) fn poll<const N: usize>(
    watched: [(BorrowedFd<'_>, i16); N],
    limit: Option<Duration>,
) -> io::Result<[bool; N]> {
    let mut entries = watched.map(|(fd, events)| libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 });
    let millis = limit.map_or(-1, |limit| i32::try_from(limit.as_millis()).unwrap_or(i32::MAX));
    // SAFETY: `entries` is an array of that many valid entries, writable for the call.
    let status = unsafe { libc::poll(entries.as_mut_ptr(), N as libc::nfds_t, millis) };
    if status < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
        // A signal came first: nothing is ready, the caller looks again.
        return Ok([false; N]);
    }
    Ok(entries.map(|entry| entry.revents != 0))
}

/// Receives without blocking.
pub(super) fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: `buffer` is writable for its whole length during the call.
    let count = unsafe { libc::recv(socket.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), libc::MSG_DONTWAIT) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Sends without blocking, and without a signal when the other end is gone: whoever uses an
/// executor may have given `SIGPIPE` its deadly default back.
pub(super) fn send(socket: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: `bytes` is readable for its whole length during the call.
    let count = unsafe {
        libc::send(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL)
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Asks the system to kill this process when the thread that started it ends.
pub(super) fn die_with_parent() -> io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes a signal number and touches no memory of ours.
    let status = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Moves the descriptor `number` to a new one that no program started from here inherits, and
/// leaves `/dev/null` in its place.
pub(super) fn take_over(number: RawFd) -> io::Result<OwnedFd> {
    let null = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    // SAFETY: duplicating a number that may or may not be open has no effect on memory.
    let taken = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3) };
    if taken < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just made this descriptor for us.
    let taken = unsafe { OwnedFd::from_raw_fd(taken) };
    // SAFETY: `null` is open, and `number` is the descriptor that our parent gave us to replace.
    let status = unsafe { libc::dup2(null.as_raw_fd(), number) };
    if status < 0 { Err(io::Error::last_os_error()) } else { Ok(taken) }
}

/// Whether `number` is an open socket.
pub(super) fn is_socket(number: RawFd) -> bool {
    let mut kind: libc::c_int = 0;
    let mut length = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or(0);
    // SAFETY: `kind` and `length` are valid for writes of that size; a number that is not an open
    // socket is an error of the call.
    let status =
        unsafe { libc::getsockopt(number, libc::SOL_SOCKET, libc::SO_TYPE, (&raw mut kind).cast(), &raw mut length) };
    status == 0
}
