//! A channel: the shared memory between an executor and one of its workers, and its two directions.
//!
//! ```text
//! page 0      two lanes: requests, replies
//! then        a ring for requests, a ring for replies
//! from 4 GiB  an annex for requests, and 4 GiB on one for replies
//! ```
//!
//! The file has its full size from the start, and its size is sealed; memory is taken by what is written, so the
//! annexes cost nothing until they are used. A worker maps both at once, 8 GiB of its address space: only so it
//! needs no descriptor later, which a task could close or write to, and its tables of pages grow with what is used.
//! A message that does not fit a ring lies in the annex of its direction and the ring only points there. A request
//! is copied there; a reply is written there at once if the annex is free (`draft`). The worker, which trusts its
//! executor, reads it where it lies. The executor trusts no worker and copies it out first, to a buffer that it
//! keeps, so that it cannot change while it is read, and only after it has asked the system whether there is as
//! much as is claimed. One annex is enough for a direction: a long request is sent only when nothing is unanswered,
//! and a long reply when nothing is unread. After a message of more than [`KEPT`] bytes the annex gives its memory
//! back.

use super::annex::{Annex, Annexes, SIZE};
use super::bell::Unheard;
use super::lane::{Content, Damaged, Lane, MOST, Reader, Taken, Writer};
use super::memory::{KEPT, PAGE, Ring, Window, create, has_size};
use super::message::MAX_MESSAGE;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

pub(super) use super::annex::Direction;

/// Stands for content of which only the length counts.
static ZEROS: [u8; MOST] = [0; MOST];

const RING: usize = super::lane::CAPACITY as usize;

/// What lies in the first page.
#[repr(C)]
#[derive(Debug)]
struct Lanes([Lane; 2]);

// Loom's atomics are larger, and live in no shared memory.
#[cfg(not(all(loom, test)))]
const _: () = assert!(size_of::<Lanes>() <= PAGE && align_of::<Lanes>() <= PAGE);

/// The shared memory between an executor and one worker.
#[derive(Debug)]
pub(super) struct Channel {
    window: Window,
    annexes: Annexes,
}

impl Channel {
    /// Makes the memory; it has no writer and no reader yet.
    pub(super) fn create() -> io::Result<Self> {
        let file = create(SIZE)?;
        Ok(Self { window: Window::open(&file, 0, PAGE + 2 * RING)?, annexes: Annexes::File(file) })
    }

    /// What the other process adopts.
    ///
    /// # Errors
    ///
    /// The memory was adopted itself.
    pub(super) fn file(&self) -> io::Result<BorrowedFd<'_>> {
        match &self.annexes {
            Annexes::File(file) => Ok(file.as_fd()),
            Annexes::Mapped(_) => Err(io::Error::other("a worker has no workers of its own in this memory")),
        }
    }

    /// The same memory in the other process.
    pub(super) fn adopt(file: OwnedFd) -> io::Result<Self> {
        if !has_size(&file, SIZE) {
            return Err(io::Error::other("this is no memory to share with an executor"));
        }
        Ok(Self { window: Window::open(&file, 0, PAGE + 2 * RING)?, annexes: Annexes::map(&file)? })
    }

    /// The lane of a direction.
    pub(super) fn lane(&self, direction: Direction) -> &Lane {
        // SAFETY: the window begins with a page, which is aligned and long enough for two lanes, was all
        // zeros at first, and lives as long as `self`. Lanes consist of atomics, which may be
        // shared with another process and hold any bits.
        #[allow(unsafe_code)]
        let lanes = unsafe { self.window.base().cast::<Lanes>().as_ref() };
        &lanes.0[direction as usize]
    }

    /// In a worker: the annex of a direction, as long as a message may be.
    pub(super) fn annex(&self, direction: Direction) -> Option<&Window> {
        match &self.annexes {
            Annexes::File(_) => None,
            Annexes::Mapped(windows) => Some(&windows[direction as usize]),
        }
    }

    fn ring(&self, direction: Direction) -> Ring<'_> {
        Ring { window: &self.window, offset: PAGE + direction as usize * RING }
    }
}

/// The writing end of a direction.
#[derive(Debug)]
pub(super) struct Sender {
    channel: Arc<Channel>,
    direction: Direction,
    writer: Writer,
    annex: Annex,
    /// The length of the last message, if it lies in the annex.
    outside: u64,
}

/// Why a message was not sent.
#[derive(Debug)]
pub(super) enum Unsent {
    /// The other side has damaged the memory.
    Damaged,
    /// There is no memory for it.
    NoMemory(io::Error),
}

impl From<Damaged> for Unsent {
    fn from(_: Damaged) -> Self {
        Self::Damaged
    }
}

impl Sender {
    /// The only writing end of that direction.
    pub(super) fn new(channel: &Arc<Channel>, direction: Direction) -> Self {
        let channel = Arc::clone(channel);
        Self { channel, direction, writer: Writer::default(), annex: Annex::of(direction), outside: 0 }
    }

    /// Whether a message of so many bytes can be sent now.
    pub(super) fn has_room(&mut self, length: usize) -> Result<bool, Damaged> {
        let lane = self.channel.lane(self.direction);
        if length > MOST {
            return Ok(self.writer.is_taken(lane));
        }
        // Only its length counts, and a word for what lies elsewhere is shorter than any.
        self.writer.has_room(lane, Content::Inside(&ZEROS[..length]))
    }

    /// Sends a message for which there is room.
    pub(super) fn send(&mut self, content: &[u8]) -> Result<(), Unsent> {
        let (lane, ring) = (self.channel.lane(self.direction), self.channel.ring(self.direction));
        let part = if content.len() <= MOST {
            Content::Inside(content)
        } else {
            self.outside = content.len() as u64;
            self.annex.reserve(&self.channel.annexes, self.outside).map_err(Unsent::NoMemory)?;
            self.annex.reach(&self.channel.annexes, content.len()).map_err(Unsent::NoMemory)?.write(0, content);
            // The reader's acquire of the count sees what lies in the annex as well.
            Content::Elsewhere(self.outside)
        };
        match self.direction {
            Direction::Request => self.writer.offer(lane, &ring, part)?,
            Direction::Reply => self.writer.put(lane, &ring, part)?,
        }
        Ok(())
    }

    /// Sends a reply that was written in the annex.
    pub(super) fn send_outside(&mut self, length: usize) -> Result<(), Damaged> {
        let (lane, ring) = (self.channel.lane(self.direction), self.channel.ring(self.direction));
        self.writer.put(lane, &ring, Content::Elsewhere(length as u64))
    }

    /// Whether nothing is unread, so that the annex is free.
    pub(super) fn is_read(&self) -> bool {
        self.writer.is_taken(self.channel.lane(self.direction))
    }

    /// How many requests have begun that were not answered.
    pub(super) fn begun(&self) -> Result<usize, Damaged> {
        self.writer.claimed(self.channel.lane(self.direction))
    }

    /// Takes requests back that have not begun, all but the first unanswered one, and at most so many; how many, from
    /// the last one on.
    pub(super) fn withdraw(&mut self, limit: usize) -> Result<usize, Damaged> {
        self.writer.withdraw(self.channel.lane(self.direction), limit)
    }

    /// Called when the first unanswered request was answered.
    pub(super) fn answered(&mut self) {
        self.writer.answered();
        // A long one was the only one at its time, and those behind it are short.
        self.annex.forget(&self.channel.annexes, std::mem::take(&mut self.outside));
    }

    /// Tells a reader that waits for something else than a message to look again.
    pub(super) fn nudge(&self) {
        self.channel.lane(self.direction).bell().ring();
    }

    /// Says that nothing more will come.
    pub(super) fn close(&self) {
        self.channel.lane(self.direction).close();
    }
}

/// The reading end of a direction.
#[derive(Debug)]
pub(super) struct Receiver {
    channel: Arc<Channel>,
    direction: Direction,
    reader: Reader,
    annex: Annex,
    buffer: Vec<u8>,
}

impl Receiver {
    /// The only reading end of that direction.
    pub(super) fn new(channel: &Arc<Channel>, direction: Direction) -> Self {
        let (channel, annex) = (Arc::clone(channel), Annex::of(direction));
        Self { channel, direction, reader: Reader::default(), annex, buffer: Vec::new() }
    }

    /// Waits for a message, or until `other` finds something else. A message that was there before
    /// that comes first: a worker that replies and dies has replied.
    pub(super) fn wait<R>(
        &self,
        slice: impl FnMut() -> Option<Option<Duration>>,
        mut other: impl FnMut(&Lane) -> Option<R>,
    ) -> Result<Option<R>, Unheard> {
        let lane = self.channel.lane(self.direction);
        let look = || {
            if self.is_ready() {
                return Some(None);
            }
            // It may have come between the two looks.
            other(lane).map(|found| if self.is_ready() { None } else { Some(found) })
        };
        lane.bell().wait(slice, look)
    }

    /// Whether there is a message, be it damaged.
    pub(super) fn is_ready(&self) -> bool {
        let lane = self.channel.lane(self.direction);
        match self.direction {
            Direction::Request => self.reader.is_offered(lane),
            Direction::Reply => self.reader.is_ready(lane),
        }
    }

    /// How many bytes of the ring were taken so far.
    pub(super) fn position(&self) -> u64 {
        self.reader.position()
    }

    /// Waits where messages are waited for, until `look` finds something else.
    pub(super) fn rest<R>(&self, look: impl FnMut() -> Option<R>) -> Result<R, Unheard> {
        self.channel.lane(self.direction).bell().wait(|| Some(None), look)
    }

    /// Whether nothing more will come.
    pub(super) fn is_closed(&self) -> bool {
        self.channel.lane(self.direction).is_closed()
    }

    /// The next message, copied to memory of our own. The other side is not trusted.
    pub(super) fn copy(&mut self) -> Result<&[u8], Damaged> {
        if self.buffer.capacity() as u64 > KEPT {
            self.buffer = Vec::new();
        }
        if let Taken::Elsewhere(length) = self.take()? {
            if length > MAX_MESSAGE as u64 || !self.annex.is_written(&self.channel.annexes, length) {
                return Err(Damaged);
            }
            self.buffer.clear();
            self.buffer.try_reserve_exact(length as usize).map_err(|_| Damaged)?;
            let annex = self.annex.reach(&self.channel.annexes, length as usize).map_err(|_| Damaged)?;
            annex.append_to(&mut self.buffer, length as usize);
            self.annex.forget(&self.channel.annexes, length);
            // Only now may the next long one be written there.
            self.reader.finish(self.channel.lane(self.direction));
        }
        Ok(&self.buffer)
    }

    /// The next message where it lies, if it was not withdrawn. The other side is trusted not to change it
    /// before this side has answered.
    pub(super) fn borrow(&mut self) -> io::Result<Option<&[u8]>> {
        if !self.reader.claim(self.channel.lane(self.direction)) {
            return Ok(None);
        }
        let damaged = |_| io::Error::new(io::ErrorKind::InvalidData, "a request is damaged");
        match self.take().map_err(damaged)? {
            Taken::Inside => Ok(Some(&self.buffer)),
            Taken::Elsewhere(length) => {
                self.reader.finish(self.channel.lane(self.direction));
                let length = usize::try_from(length).map_err(io::Error::other)?;
                if length > MAX_MESSAGE {
                    return Err(damaged(Damaged));
                }
                Ok(Some(self.annex.reach(&self.channel.annexes, length)?.trusted(length)))
            }
        }
    }

    fn take(&mut self) -> Result<Taken, Damaged> {
        let (lane, ring) = (self.channel.lane(self.direction), self.channel.ring(self.direction));
        self.reader.take(lane, &ring, &mut self.buffer)?.ok_or(Damaged)
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
