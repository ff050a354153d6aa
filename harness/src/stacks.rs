//! Native stacks of a process that hangs, left by its own threads when they are asked to.
//!
//! A process below a check installs a handler ([`leave_stacks_on_request`]). Whoever watches the
//! process asks each of its threads with a signal ([`ask_for_stacks`]); the thread writes down its
//! return addresses, and the watcher finds the names: of the same program, with its own symbols. A
//! thread that cannot answer (it blocked the signal, or is stopped) is reported as such.

mod asking;
mod naming;

pub use asking::{ThreadStack, ask_for_stacks};

use std::sync::OnceLock;

/// The environment variable with the directory in which stacks are left.
pub const STACKS_VARIABLE: &str = "POOLPROOF_STACKS";

/// The most frames of one stack.
const FRAMES: usize = 62;

/// A stack as it is written down: the thread, the number of frames, the frames.
type Entry = [u64; 2 + FRAMES];

/// Where this process leaves its stacks: a path that ends where its number is to stand.
static PREFIX: OnceLock<Vec<u8>> = OnceLock::new();

/// The signal by which a thread is asked for its stack: a real-time one that hardly anybody uses.
fn request() -> i32 {
    libc::SIGRTMIN() + 11
}

/// From now on the threads of this process leave their stacks when they are asked. Does nothing
/// outside a check.
///
/// Call it in a program that becomes part of a subject: its workers, say.
pub fn leave_stacks_on_request() {
    let Some(directory) = std::env::var_os(STACKS_VARIABLE) else { return };
    let prefix = [directory.as_encoded_bytes(), b"/", FILE.as_bytes()].concat();
    if prefix.len() > LONGEST_PREFIX || PREFIX.set(prefix).is_err() {
        return;
    }
    let handler: extern "C" fn(i32) = leave_stack;
    // SAFETY: an all-zero sigaction is a valid value of that plain struct; the handler only does
    // what a signal handler may.
    #[allow(unsafe_code)]
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(request(), &raw const action, std::ptr::null_mut());
    }
}

/// How the files begin in which stacks are left; the number of the process follows.
const FILE: &str = ".stacks-";
const LONGEST_PREFIX: usize = 512;

/// Writes the stack of the calling thread down. Runs as a signal handler, between any two
/// instructions: it allocates nothing and takes no lock.
extern "C" fn leave_stack(_signal: i32) {
    let Some(prefix) = PREFIX.get() else { return };
    let mut entry: Entry = [0; 2 + FRAMES];
    let mut path = [0_u8; LONGEST_PREFIX + 16];
    path[..prefix.len()].copy_from_slice(prefix);
    // SAFETY: getpid, gettid, open, write and close are async-signal-safe; the path ends with a
    // zero and the entry is plain memory of that size. Unwinding is not promised to be safe in a
    // handler; on current systems it takes no lock, and the process is about to be killed anyway.
    #[allow(unsafe_code)]
    unsafe {
        let errno = *libc::__errno_location();
        write_number(&mut path[prefix.len()..], std::process::id());
        entry[0] = u64::try_from(libc::gettid()).unwrap_or(0);
        backtrace::trace_unsynchronized(|frame| {
            let count = entry[1];
            entry[2 + usize::try_from(count).unwrap_or(0)] = frame.ip() as u64;
            entry[1] = count + 1;
            count + 1 < FRAMES as u64
        });
        let flags = libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT | libc::O_CLOEXEC;
        let file = libc::open(path.as_ptr().cast(), flags, 0o600);
        if file >= 0 {
            libc::write(file, entry.as_ptr().cast(), size_of::<Entry>());
            libc::close(file);
        }
        *libc::__errno_location() = errno;
    }
}

/// Writes `number` in decimal; what follows is zero already.
fn write_number(place: &mut [u8], number: u32) {
    let mut digits = [0_u8; 10];
    let mut left = number;
    let mut count = 0;
    while left > 0 || count == 0 {
        digits[count] = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        count += 1;
    }
    for (at, digit) in digits[..count].iter().rev().enumerate() {
        place[at] = *digit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for number in [0, 7, 10, 4_294_967_295_u32] {
            let mut place = [0; 16];
            write_number(&mut place, number);
            let text = number.to_string();
            assert_eq!(&place[..text.len()], text.as_bytes());
            assert!(place[text.len()..].iter().all(|&byte| byte == 0));
        }
    }
}
