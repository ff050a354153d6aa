//! A channel: the shared memory between an executor and one of its workers, and its two directions.
//!
//! ```text
//! page 0      two lanes: requests, replies
//! then        a ring for requests, a ring for replies
//! from 4 GiB  an annex for requests, and 4 GiB on one for replies
//! ```
//!
//! The file has its full size from the start, and its size is sealed; memory is taken by what is
//! written, so the annexes cost nothing until they are used. A worker maps both at once, 8 GiB of its address space: only
//! so it needs no descriptor later, which a task could close or write to, and its tables of pages grow with what is used. A message that does not fit a ring is
//! written to the annex of its direction and the ring only points there: it is copied once on its
//! way. The worker, which trusts its executor, reads it where it lies. The executor trusts no worker and
//! copies it out first, so that it cannot change while it is read, and only after it has asked the
//! system whether there is as much as is claimed. One annex is enough for a direction: a long request is sent only
//! when nothing is unanswered, and a long reply when nothing is unread. After a message of more than [`KEPT`] bytes the annex gives its memory back.

use super::bell::Unheard;
use super::lane::{Content, Damaged, Lane, MOST, Reader, Taken, Writer};
use super::memory::{Ring, Window, create, has_size, is_written, release, reserve};
use super::message::MAX_MESSAGE;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

/// Stands for content of which only the length counts.
static ZEROS: [u8; MOST] = [0; MOST];

const PAGE: usize = 4096;
const RING: usize = super::lane::CAPACITY as usize;
const ANNEX: u64 = MAX_MESSAGE as u64;
const SIZE: u64 = 3 * ANNEX;
/// The least part of an annex that is mapped.
const STEP: usize = 256 * 1024;
/// How much memory an annex keeps for the next message.
const KEPT: u64 = 8 << 20;

/// What lies in the first page.
#[repr(C)]
#[derive(Debug)]
struct Lanes([Lane; 2]);

// Loom's atomics are larger, and live in no shared memory.
#[cfg(not(all(loom, test)))]
const _: () = assert!(size_of::<Lanes>() <= PAGE && align_of::<Lanes>() <= PAGE);

/// A direction of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the executor to the worker.
    Request,
    /// From the worker to the executor.
    Reply,
}

/// The shared memory between an executor and one worker.
#[derive(Debug)]
pub(super) struct Channel {
    window: Window,
    annexes: Annexes,
}

/// How the annexes are reached.
#[derive(Debug)]
enum Annexes {
    /// In the executor: through the file, in windows that grow with the messages.
    File(OwnedFd),
    /// In the worker: they were mapped at once, and there is no file that a task could close, or
    /// whose number it could take for one of its own.
    Mapped([Window; 2]),
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
        let annex = |direction| {
            Window::open(&file, offset(direction), MAX_MESSAGE)
                .map_err(|error| io::Error::other(format!("{MAX_MESSAGE} bytes of address space are needed: {error}")))
        };
        let annexes = Annexes::Mapped([annex(Direction::Request)?, annex(Direction::Reply)?]);
        Ok(Self { window: Window::open(&file, 0, PAGE + 2 * RING)?, annexes })
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

    fn ring(&self, direction: Direction) -> Ring<'_> {
        Ring { window: &self.window, offset: PAGE + direction as usize * RING }
    }
}

/// Where the annex of a direction begins.
fn offset(direction: Direction) -> u64 {
    ANNEX * (direction as u64 + 1)
}

/// The annex of one direction, as one end of it sees it.
#[derive(Debug)]
struct Annex {
    direction: Direction,
    window: Option<Window>,
}

impl Annex {
    fn of(direction: Direction) -> Self {
        Self { direction, window: None }
    }

    /// Its memory, of which at least `length` bytes can be reached.
    fn reach<'a>(&'a mut self, channel: &'a Channel, length: usize) -> io::Result<&'a Window> {
        let file = match &channel.annexes {
            Annexes::Mapped(windows) => return Ok(&windows[self.direction as usize]),
            Annexes::File(file) => file,
        };
        let window = match self.window.take() {
            Some(window) if window.length() >= length => window,
            smaller => {
                drop(smaller);
                let mapped = length.next_power_of_two().clamp(STEP, MAX_MESSAGE);
                Window::open(file, offset(self.direction), mapped)?
            }
        };
        Ok(self.window.insert(window))
    }

    /// Whether somebody has written `length` bytes here; in a worker, which trusts its executor, always.
    fn is_written(&self, channel: &Channel, length: u64) -> bool {
        match &channel.annexes {
            Annexes::Mapped(_) => true,
            Annexes::File(file) => is_written(file, offset(self.direction), length),
        }
    }

    /// Sees to it that there is memory for `length` bytes. A worker for which there is none dies
    /// when it writes to it, as anybody does.
    fn reserve(&self, channel: &Channel, length: u64) -> io::Result<()> {
        match &channel.annexes {
            Annexes::File(file) if !self.is_written(channel, length) => reserve(file, offset(self.direction), length),
            Annexes::Mapped(_) | Annexes::File(_) => Ok(()),
        }
    }

    /// Gives memory back after a message of `length` bytes, if that was much.
    fn forget(&mut self, channel: &Channel, length: u64) {
        if length > KEPT
            && let Annexes::File(file) = &channel.annexes
        {
            self.window = None;
            release(file, offset(self.direction), length);
        }
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
    pub(super) fn has_room(&self, length: usize) -> Result<bool, Damaged> {
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
            self.annex.reserve(&self.channel, self.outside).map_err(Unsent::NoMemory)?;
            self.annex.reach(&self.channel, content.len()).map_err(Unsent::NoMemory)?.write(0, content);
            // The reader's acquire of the count sees what lies in the annex as well.
            Content::Elsewhere(self.outside)
        };
        match self.direction {
            Direction::Request => self.writer.offer(lane, &ring, part)?,
            Direction::Reply => self.writer.put(lane, &ring, part)?,
        }
        Ok(())
    }

    /// How many requests have begun that were not answered.
    pub(super) fn begun(&self) -> Result<usize, Damaged> {
        self.writer.claimed(self.channel.lane(self.direction))
    }

    /// Takes requests back that have not begun, all but the first unanswered one; how many, from the last one on.
    pub(super) fn withdraw(&mut self) -> Result<usize, Damaged> {
        self.writer.withdraw(self.channel.lane(self.direction))
    }

    /// Called when the first unanswered request was answered.
    pub(super) fn answered(&mut self) {
        self.writer.answered();
        // A long one was the only one at its time, and those behind it are short.
        self.annex.forget(&self.channel, std::mem::take(&mut self.outside));
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
            if length > MAX_MESSAGE as u64 || !self.annex.is_written(&self.channel, length) {
                return Err(Damaged);
            }
            self.buffer.clear();
            self.buffer.try_reserve_exact(length as usize).map_err(|_| Damaged)?;
            let annex = self.annex.reach(&self.channel, length as usize).map_err(|_| Damaged)?;
            annex.append_to(&mut self.buffer, length as usize);
            self.annex.forget(&self.channel, length);
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
                Ok(Some(self.annex.reach(&self.channel, length)?.trusted(length)))
            }
        }
    }

    fn take(&mut self) -> Result<Taken, Damaged> {
        let (lane, ring) = (self.channel.lane(self.direction), self.channel.ring(self.direction));
        self.reader.take(lane, &ring, &mut self.buffer)?.ok_or(Damaged)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Both ends of the channel, in this one process.
    struct Both {
        executor: (Sender, Receiver),
        worker: (Receiver, Sender),
        file: OwnedFd,
    }

    fn both() -> Both {
        let own = Arc::new(Channel::create().unwrap());
        let file = own.file().unwrap().try_clone_to_owned().unwrap();
        let other = Arc::new(Channel::adopt(file.try_clone().unwrap()).unwrap());
        Both {
            executor: (Sender::new(&own, Direction::Request), Receiver::new(&own, Direction::Reply)),
            worker: (Receiver::new(&other, Direction::Request), Sender::new(&other, Direction::Reply)),
            file,
        }
    }

    /// The memory that the file takes.
    fn kept(file: &OwnedFd) -> u64 {
        use std::os::unix::fs::MetadataExt;
        std::fs::File::from(file.try_clone().unwrap()).metadata().unwrap().blocks() * 512
    }

    #[test]
    fn messages_of_every_length_cross_both_ways() {
        let mut both = both();
        for length in [0, 1, 8, 1000, MOST - 1, MOST, MOST + 1, 70_000, 300_000, 4 << 20, 3] {
            let request: Vec<u8> = (0..length).map(|at| (at * 7 + length) as u8).collect();
            both.executor.0.send(&request).unwrap();
            assert!(both.worker.0.is_ready() && !both.executor.1.is_ready() && both.executor.0.begun() == Ok(0));
            let seen = both.worker.0.borrow().unwrap().unwrap();
            assert!(seen == request, "a request of {length} bytes");
            let reply: Vec<u8> = seen.iter().rev().copied().collect();
            both.worker.1.send(&reply).unwrap();
            assert_eq!(both.executor.0.begun(), Ok(1));
            assert!(both.executor.1.copy() == Ok(&reply), "a reply of {length} bytes");
            both.executor.0.answered();
        }
    }

    #[test]
    fn a_long_message_leaves_no_memory_behind() {
        let mut both = both();
        let long = vec![7; 3 * KEPT as usize];
        both.executor.0.send(&long).unwrap();
        both.worker.0.borrow().unwrap().unwrap();
        both.worker.1.send(&long).unwrap();
        assert!(kept(&both.file) >= 6 * KEPT);
        assert!(both.executor.1.copy() == Ok(&long));
        both.executor.0.answered();
        assert!(kept(&both.file) < KEPT, "{} bytes are kept", kept(&both.file));
        // And the same memory serves again.
        both.executor.0.send(&long).unwrap();
        assert!(both.worker.0.borrow().unwrap().unwrap() == long);
    }

    #[test]
    fn a_length_that_is_only_claimed_costs_an_error_and_no_memory() {
        let mut both = both();
        for length in [MAX_MESSAGE as u64, u64::MAX >> 1, MAX_MESSAGE as u64 + 1, 1 << 30] {
            let (lane, ring) =
                (both.worker.1.channel.lane(Direction::Reply), both.worker.1.channel.ring(Direction::Reply));
            both.worker.1.writer.put(lane, &ring, Content::Elsewhere(length)).unwrap();
            assert_eq!(both.executor.1.copy(), Err(Damaged));
            assert!(both.executor.1.buffer.capacity() < 1 << 20 && kept(&both.file) < 1 << 20);
        }
    }

    #[test]
    fn other_files_are_no_channels() {
        let file = std::fs::File::open("/proc/self/exe").unwrap();
        assert!(Channel::adopt(file.into()).is_err());
        let short = create(SIZE / 2).unwrap();
        assert!(Channel::adopt(short).is_err());
    }
}
