//! The few calls to the operating system that the standard library does not offer.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

fn made(descriptor: libc::c_long) -> io::Result<OwnedFd> {
    let descriptor = RawFd::try_from(descriptor).unwrap_or(-1);
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just made this descriptor for the caller (close-on-exec, as always here).
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// A descriptor of the process `pid` that becomes readable when the process has ended.
///
/// Somebody must see to it that the process was not waited for, so that the number cannot have been
/// given to another one.
pub(super) fn process_descriptor(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open takes two numbers and touches no memory of ours.
    made(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })
}

/// Kills that process and no other, even if its number is in use again.
pub(super) fn kill(process: BorrowedFd<'_>) {
    // SAFETY: an open descriptor, numbers, and no further information. An error means that the process
    // has ended.
    unsafe {
        let none: *const libc::siginfo_t = std::ptr::null();
        libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), libc::SIGKILL, none, 0);
    }
}

/// Whether `watched` is readable, ended or broken before `limit` passed.
pub(super) fn is_ready(watched: BorrowedFd<'_>, limit: Duration) -> io::Result<bool> {
    let mut entry = libc::pollfd { fd: watched.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let millis = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: `entry` is one valid entry, writable for the call.
    match unsafe { libc::poll(&raw mut entry, 1, millis) } {
        0 => Ok(false),
        1.. => Ok(true),
        _ => match io::Error::last_os_error() {
            // A signal came first: nothing is ready, the caller looks again.
            error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            error => Err(error),
        },
    }
}

/// Waits until `one` or `other` is readable, ended or broken; which of them is.
pub(super) fn either_ready(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> io::Result<(bool, bool)> {
    let mut entries = [one, other].map(|fd| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 });
    // SAFETY: `entries` are two valid entries, writable for the call.
    if unsafe { libc::poll(entries.as_mut_ptr(), 2, -1) } < 0 {
        let error = io::Error::last_os_error();
        // A signal came first: nothing is ready, the caller looks again.
        return if error.kind() == io::ErrorKind::Interrupted { Ok((false, false)) } else { Err(error) };
    }
    Ok((entries[0].revents != 0, entries[1].revents != 0))
}

/// Forks this process, which must have one thread; `None` in the copy.
pub(super) fn fork() -> io::Result<Option<u32>> {
    // SAFETY: the only thread of this process goes on in both, so whatever it holds it holds in both.
    match unsafe { libc::fork() } {
        0 => Ok(None),
        pid => u32::try_from(pid).map(Some).map_err(|_| io::Error::last_os_error()),
    }
}

/// Waits for the child `pid` to end.
pub(super) fn wait_for(pid: u32) -> io::Result<ExitStatus> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    let mut status = 0;
    loop {
        // SAFETY: `status` is writable for the call.
        if unsafe { libc::waitpid(pid, &raw mut status, 0) } == pid {
            return Ok(ExitStatus::from_raw(status));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Kills the child `pid`, which nobody has waited for, and waits for it.
pub(super) fn end_child(pid: u32) {
    let Ok(number) = libc::pid_t::try_from(pid) else { return };
    // SAFETY: two numbers. Until it is waited for, the number names this child and nobody else.
    unsafe { libc::kill(number, libc::SIGKILL) };
    // An error means that somebody else of this program has waited for it after all.
    let _ = wait_for(pid);
}

/// Ends this process and does nothing else before.
pub(super) fn exit_now(code: i32) -> ! {
    // SAFETY: the call takes a number and does not return.
    unsafe { libc::_exit(code) }
}

/// Room for one descriptor beside a message.
#[repr(align(8))]
struct Beside([u8; 64]);

fn header(part: &mut libc::iovec, beside: &mut Beside) -> libc::msghdr {
    // SAFETY: a message header is plain data, and all zeros is an empty one.
    let mut header: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    header.msg_iov = part;
    header.msg_iovlen = 1;
    header.msg_control = beside.0.as_mut_ptr().cast();
    // SAFETY: the macro only computes. One descriptor takes less room than there is.
    header.msg_controllen = unsafe { libc::CMSG_SPACE(size_of::<RawFd>() as libc::c_uint) } as _;
    header
}

/// Sends `content` and a copy of `descriptor` through a socket; without a signal when nobody is at its
/// other end: whoever uses an executor may have given `SIGPIPE` its deadly default back.
pub(super) fn send_descriptor(socket: BorrowedFd<'_>, content: &[u8], descriptor: BorrowedFd<'_>) -> io::Result<()> {
    let mut content = content.to_vec();
    let mut part = libc::iovec { iov_base: content.as_mut_ptr().cast(), iov_len: content.len() };
    let mut beside = Beside([0; 64]);
    let header = header(&mut part, &mut beside);
    // SAFETY: the header points to memory that outlives the call, and to room for one entry, which
    // CMSG_FIRSTHDR finds and which is filled in as the macros compute it.
    let sent = unsafe {
        let entry = libc::CMSG_FIRSTHDR(&raw const header);
        (*entry).cmsg_level = libc::SOL_SOCKET;
        (*entry).cmsg_type = libc::SCM_RIGHTS;
        (*entry).cmsg_len = libc::CMSG_LEN(size_of::<RawFd>() as libc::c_uint) as _;
        libc::CMSG_DATA(entry).cast::<RawFd>().write_unaligned(descriptor.as_raw_fd());
        libc::sendmsg(socket.as_raw_fd(), &raw const header, libc::MSG_NOSIGNAL)
    };
    match usize::try_from(sent) {
        Ok(count) if count == content.len() => Ok(()),
        Ok(_) => Err(io::ErrorKind::WriteZero.into()),
        Err(_) => Err(io::Error::last_os_error()),
    }
}

/// Receives a message of up to `content.len()` bytes, and the descriptor beside it if there is one.
pub(super) fn receive_descriptor(socket: BorrowedFd<'_>, content: &mut [u8]) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut part = libc::iovec { iov_base: content.as_mut_ptr().cast(), iov_len: content.len() };
    let mut beside = Beside([0; 64]);
    let mut header = header(&mut part, &mut beside);
    let count = loop {
        // SAFETY: the header points to memory that is writable for the call.
        let count = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, libc::MSG_CMSG_CLOEXEC) };
        match usize::try_from(count) {
            Ok(count) => break count,
            Err(_) => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => {}
                error => return Err(error),
            },
        }
    };
    // SAFETY: the system has filled in the header; the entry is read only if it is one of a descriptor,
    // which the system has just made for us.
    let descriptor = unsafe {
        let entry = libc::CMSG_FIRSTHDR(&raw const header);
        let is_one =
            !entry.is_null() && (*entry).cmsg_level == libc::SOL_SOCKET && (*entry).cmsg_type == libc::SCM_RIGHTS;
        is_one.then(|| OwnedFd::from_raw_fd(libc::CMSG_DATA(entry).cast::<RawFd>().read_unaligned()))
    };
    Ok((count, descriptor))
}

/// A set of descriptors to wait for.
pub(super) fn watch_list() -> io::Result<OwnedFd> {
    // SAFETY: the call takes a number and touches no memory of ours.
    made(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }.into())
}

/// A counter that others can wait for; it is zero.
pub(super) fn counter() -> io::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and touches no memory of ours.
    made(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) }.into())
}

/// Adds to a counter, so that it becomes readable.
pub(super) fn count_up(counter: BorrowedFd<'_>) {
    let one = 1_u64.to_ne_bytes();
    // SAFETY: `one` is readable for its length. The counter cannot overflow with as many shutdowns.
    unsafe { libc::write(counter.as_raw_fd(), one.as_ptr().cast(), one.len()) };
}

/// Adds `descriptor` to a list under `key`; it is told once that it is readable or broken.
pub(super) fn watch(list: BorrowedFd<'_>, descriptor: BorrowedFd<'_>, key: u64) -> io::Result<()> {
    let mut event = libc::epoll_event { events: (libc::EPOLLIN | libc::EPOLLONESHOT) as u32, u64: key };
    // SAFETY: `event` is valid for the call.
    let status =
        unsafe { libc::epoll_ctl(list.as_raw_fd(), libc::EPOLL_CTL_ADD, descriptor.as_raw_fd(), &raw mut event) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Waits until something of a list is readable, and gives its key.
pub(super) fn next_readable(list: BorrowedFd<'_>) -> io::Result<u64> {
    loop {
        let mut event = libc::epoll_event { events: 0, u64: 0 };
        // SAFETY: `event` is room for the one event that is asked for.
        match unsafe { libc::epoll_wait(list.as_raw_fd(), &raw mut event, 1, -1) } {
            1 => return Ok(event.u64),
            -1 => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => {}
                error => return Err(error),
            },
            _ => {}
        }
    }
}

/// Asks the system to kill this process when the thread that started it ends.
pub(super) fn die_with_parent() -> io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes a signal number and touches no memory of ours.
    let status = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Asks the allocator of this process, if it is the system's, not to take memory from the system for each value of up
/// to `largest` bytes and give it back when that is dropped.
pub(super) fn keep_memory(largest: usize) {
    #[cfg(target_env = "gnu")]
    {
        let bytes = |bytes: usize| libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
        // SAFETY: the call takes numbers. An allocator that is not the system's is not concerned.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, bytes(largest));
            // A task and its result, and what it needs meanwhile.
            libc::mallopt(libc::M_TRIM_THRESHOLD, bytes(4 * largest));
        }
    }
    #[cfg(not(target_env = "gnu"))]
    let _ = largest;
}

/// Moves the descriptor `number` to a new one that no program started from here inherits, and
/// leaves `/dev/null` in its place.
pub(super) fn take_over(number: RawFd) -> io::Result<OwnedFd> {
    let null = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    // SAFETY: duplicating a number that may or may not be open has no effect on memory.
    let taken = made(unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3) }.into())?;
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
