//! Memory that two processes share: a file without a name, and windows into it.
#![allow(unsafe_code)]

use super::lane::{Bytes, CAPACITY};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;

/// The size of a page.
pub(super) const PAGE: usize = 4096;

/// How much memory is kept for the next long message of a direction.
pub(super) const KEPT: u64 = 8 << 20;

/// Makes a file of `size` bytes that exists in memory only, and whose size nobody can change: an
/// access below it cannot miss, whatever the other process does. Pages take memory when they are
/// first written.
pub(super) fn create(size: u64) -> io::Result<OwnedFd> {
    // Beyond this limit the system would not answer with an error, but kill the program.
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is writable for the call.
    if unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) } == 0 && limit.rlim_cur < size {
        let what = format!("files may have {} bytes here, and {size} are needed: raise `ulimit -f`", limit.rlim_cur);
        return Err(io::Error::other(what));
    }
    // SAFETY: the name ends with a zero byte and is only read.
    let file =
        unsafe { libc::memfd_create(c"poolproof-process".as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING) };
    if file < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just made this descriptor for us.
    let file = unsafe { OwnedFd::from_raw_fd(file) };
    let length = libc::off_t::try_from(size).map_err(io::Error::other)?;
    // SAFETY: two calls with an open descriptor and numbers.
    let done = unsafe {
        libc::ftruncate(file.as_raw_fd(), length) == 0
            && libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, libc::F_SEAL_SHRINK | libc::F_SEAL_GROW) == 0
    };
    if done { Ok(file) } else { Err(io::Error::last_os_error()) }
}

/// Whether `file` has that size and will keep it.
pub(super) fn has_size(file: &OwnedFd, size: u64) -> bool {
    // SAFETY: an open descriptor and numbers.
    let seals = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GET_SEALS) };
    // SAFETY: the call fills `status`, which is plain data.
    let status = unsafe {
        let mut status: libc::stat = std::mem::zeroed();
        (libc::fstat(file.as_raw_fd(), &raw mut status) == 0).then_some(status)
    };
    seals >= 0
        && seals & libc::F_SEAL_SHRINK != 0
        && status.is_some_and(|status| u64::try_from(status.st_size) == Ok(size))
}

/// Whether every byte of the range was written by somebody: a claim of a length costs nothing, and
/// only what is really there is worth memory of our own.
pub(super) fn is_written(file: &OwnedFd, offset: u64, length: u64) -> bool {
    let Ok(from) = libc::off_t::try_from(offset) else { return false };
    // SAFETY: an open descriptor and numbers; nobody reads at the position that this moves.
    let hole = unsafe { libc::lseek(file.as_raw_fd(), from, libc::SEEK_HOLE) };
    u64::try_from(hole).is_ok_and(|hole| hole >= offset + length)
}

/// Gives the memory of a range back; it reads as zeros from then on.
pub(super) fn release(file: &OwnedFd, offset: u64, length: u64) {
    let (Ok(offset), Ok(length)) = (libc::off_t::try_from(offset), libc::off_t::try_from(length)) else { return };
    // SAFETY: an open descriptor and numbers. Should it fail, the memory is kept for the next message.
    unsafe {
        libc::fallocate(file.as_raw_fd(), libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE, offset, length);
    }
}

/// Sees to it that a range has memory, so that writing to it cannot fail.
pub(super) fn reserve(file: &OwnedFd, offset: u64, length: u64) -> io::Result<()> {
    let (offset, length) = (
        libc::off_t::try_from(offset).map_err(io::Error::other)?,
        libc::off_t::try_from(length).map_err(io::Error::other)?,
    );
    // SAFETY: an open descriptor and numbers.
    let status = unsafe { libc::fallocate(file.as_raw_fd(), 0, offset, length) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A part of a shared file in the memory of this process, until it is dropped. A process that is
/// forked from this one does not have it.
#[derive(Debug)]
pub(super) struct Window {
    base: NonNull<u8>,
    length: usize,
}

// SAFETY: a window is an address and a length; what is done with the memory is the affair of whoever
// does it.
unsafe impl Send for Window {}
// SAFETY: as above.
unsafe impl Sync for Window {}

impl Window {
    /// Maps `length` bytes of `file` from `offset` on, which is a multiple of the size of a page.
    pub(super) fn open(file: &OwnedFd, offset: u64, length: usize) -> io::Result<Self> {
        let from = libc::off_t::try_from(offset).map_err(io::Error::other)?;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address of the system's choice touches nothing that exists.
        let base =
            unsafe { libc::mmap(std::ptr::null_mut(), length, access, libc::MAP_SHARED, file.as_raw_fd(), from) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the range was mapped just now. Should it fail, forked processes have it as well.
        unsafe { libc::madvise(base, length, libc::MADV_DONTFORK) };
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::other("mapped at address zero"))?;
        Ok(Self { base, length })
    }

    /// Gives the memory of what lies from `from` to `to` back, if that is much; it reads as zeros from then on.
    pub(super) fn forget_between(&self, from: usize, to: usize) {
        let from = from.next_multiple_of(PAGE);
        if to <= self.length && to > from && to - from > KEPT as usize {
            // SAFETY: the range lies within the mapping, and begins with a page. No reference points there. Should it
            // fail, the memory is kept for the next message.
            unsafe { libc::madvise(self.base.as_ptr().add(from).cast(), to - from, libc::MADV_REMOVE) };
        }
    }

    /// How long it is.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// The address of its first byte.
    pub(super) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Copies `content` to the byte `at` and those behind it.
    ///
    /// # Panics
    ///
    /// If that is not within the window.
    pub(super) fn write(&self, at: usize, content: &[u8]) {
        assert!(at <= self.length && content.len() <= self.length - at, "within the window");
        // SAFETY: the range lies within the mapping, and `content` is memory of our own. The other
        // process may touch the same bytes only if it is damaged; it then finds or leaves other
        // bytes there, and no reference of ours points to them.
        unsafe {
            self.base.as_ptr().add(at).copy_from_nonoverlapping(content.as_ptr(), content.len());
        }
    }

    /// Copies the byte `at` and those behind it to `content`.
    ///
    /// # Panics
    ///
    /// If that is not within the window.
    pub(super) fn read(&self, at: usize, content: &mut [u8]) {
        assert!(at <= self.length && content.len() <= self.length - at, "within the window");
        // SAFETY: as in `write`, the other way round.
        unsafe {
            content.as_mut_ptr().copy_from_nonoverlapping(self.base.as_ptr().add(at), content.len());
        }
    }

    /// Appends the first `length` bytes to `content`, which has room for them.
    ///
    /// # Panics
    ///
    /// If that is not within the window.
    pub(super) fn append_to(&self, content: &mut Vec<u8>, length: usize) {
        assert!(length <= self.length && length <= content.capacity() - content.len(), "within window and room");
        // SAFETY: the range lies within the mapping and the room within the vector, and what is
        // copied makes the bytes of the vector initialised. For the other process see `write`.
        unsafe {
            let end = content.as_mut_ptr().add(content.len());
            end.copy_from_nonoverlapping(self.base.as_ptr(), length);
            content.set_len(content.len() + length);
        }
    }

    /// The first `length` bytes, which the other process is trusted to leave alone meanwhile.
    ///
    /// # Panics
    ///
    /// If that is not within the window.
    pub(super) fn trusted(&self, length: usize) -> &[u8] {
        assert!(length <= self.length, "within the window");
        // SAFETY: the range lies within the mapping, which lives as long as `self`, and the
        // executor, which is this very program, writes there only after it was answered.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), length) }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: this range was mapped by `open`, and nobody borrows from it any more.
        unsafe {
            libc::munmap(self.base.as_ptr().cast(), self.length);
        }
    }
}

/// The bytes of a ring, from `offset` on in a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring<'a> {
    /// The window that it lies in.
    pub(super) window: &'a Window,
    /// Where it begins.
    pub(super) offset: usize,
}

impl Ring<'_> {
    /// Where the byte with the count `at` is, and how many there are from there to the ring's end.
    fn place(self, at: u64) -> (usize, usize) {
        let place = (at % CAPACITY) as usize;
        (self.offset + place, CAPACITY as usize - place)
    }
}

impl Bytes for Ring<'_> {
    fn write(&self, at: u64, content: &[u8]) {
        let (place, left) = self.place(at);
        let (first, second) = content.split_at(content.len().min(left));
        self.window.write(place, first);
        self.window.write(self.offset, second);
    }

    fn read(&self, at: u64, content: &mut [u8]) {
        let (place, left) = self.place(at);
        let length = content.len().min(left);
        let (first, second) = content.split_at_mut(length);
        self.window.read(place, first);
        self.window.read(self.offset, second);
    }
}
