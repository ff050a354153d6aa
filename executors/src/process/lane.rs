//! A lane: a ring of bytes for messages in one direction, one writer and one reader.
//!
//! A message is a word, its length and whether its content lies elsewhere, and then the content if
//! it does not; all padded to whole words. The writer counts the bytes that it ever wrote (`tail`),
//! the reader those that it ever took (`head`); a byte lies at its count modulo the capacity.
//!
//! # Why nothing is torn, and nothing is held
//!
//! * The writer copies a message into the free part of the ring and *then* moves `tail`, with
//!   release ordering; the reader loads it with acquire ordering, so it sees the whole message. A
//!   writer that dies in the middle has not moved `tail`: nobody sees the half message.
//! * The reader copies a message out and *then* moves `head`, with release ordering; the writer loads
//!   it with acquire ordering before it reuses the bytes, so they are not overwritten under the
//!   reader's hands. What it has loaded once it need not load again while that leaves room: `head` never goes back.
//! * There is no lock that a process could die with. Each count is written by one side alone, which
//!   keeps its own copy and never reads its own count back.
//! * A writer that finds no room is told so, and waits or keeps what it has.
//!
//! # Messages that can be withdrawn
//!
//! The executor gives a worker several requests at once, and may want back what has not begun. Requests are
//! therefore *offered* (`claims`): one word counts how many were granted to the reader and how many the reader has
//! claimed. The reader claims one, by adding to the one count, before it touches the bytes; the writer
//! withdraws the last ones, by taking from the other. Both compare and exchange the whole word, so each message is
//! claimed or withdrawn and never both. A claim acquires what the grant released, so the bytes and a `tail` that
//! covers them are seen; what is withdrawn nobody reads, so its bytes are written again at once, and `tail` goes
//! back to where they began, which is never before the end of a message that was claimed. Who only looks whether
//! something is offered, or reads the word to exchange it, does so relaxed: the exchange decides, and orders.
//!
//! # Why no peer can lead the other one astray
//!
//! Everything that is read from the ring is checked against what this side knows by itself: the
//! counts may not be further apart than the capacity, and a length may not be longer than what was
//! published. All addresses are taken modulo the capacity. What was copied out is private: it can no
//! longer change between its check and its use. A peer that changes bytes while they are copied gets
//! other bytes copied, and no more than that.

use super::bell::Bell;
use super::sync::{AtomicU32, AtomicU64, Ordering};
use std::collections::VecDeque;

/// The bytes of a ring.
pub(super) const CAPACITY: u64 = if cfg!(all(loom, test)) { 32 } else { 64 * 1024 };

/// The bytes of a word, to which everything is padded.
const WORD: u64 = 8;

/// The longest content that a ring takes.
pub(super) const MOST: usize = (CAPACITY - WORD) as usize;

/// Something that shares its cache line, and the one that is fetched with it, with nothing else.
#[repr(C, align(128))]
#[derive(Debug)]
struct Apart<T>(T);

/// The words of a lane; all zeros is an empty one.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Lane {
    front: Apart<Front>,
    head: Apart<AtomicU64>,
    bell: Apart<Bell>,
    closed: Apart<AtomicU32>,
}

/// What the writer changes for each message, and who claims one reads: in one cache line, so that it crosses to the
/// other core once.
#[repr(C)]
#[derive(Debug)]
struct Front {
    tail: AtomicU64,
    /// Messages that were granted, and above them messages that were claimed; both modulo 2^32.
    claims: AtomicU64,
}

/// The counts in the word of claims: granted, claimed.
fn counts(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

fn word_of(granted: u32, claimed: u32) -> u64 {
    u64::from(claimed) << 32 | u64::from(granted)
}

/// Where the bytes of a ring are. Both methods take any count, and wrap around.
pub(super) trait Bytes {
    /// Copies `content` to the bytes from the count `at` on.
    fn write(&self, at: u64, content: &[u8]);
    /// Copies the bytes from the count `at` on to `content`.
    fn read(&self, at: u64, content: &mut [u8]);
}

/// What the other side left in the lane is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damaged;

/// A message, or where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was copied to the buffer.
    Inside,
    /// It lies elsewhere and is this long.
    Elsewhere(u64),
}

impl Lane {
    #[cfg(any(test, fuzzing))]
    pub(super) fn new() -> Self {
        Self {
            front: Apart(Front { tail: AtomicU64::new(0), claims: AtomicU64::new(0) }),
            head: Apart(AtomicU64::new(0)),
            bell: Apart(Bell::new()),
            closed: Apart(AtomicU32::new(0)),
        }
    }

    /// What the reader waits at.
    pub(super) fn bell(&self) -> &Bell {
        &self.bell.0
    }

    /// Whether more was written than the first `position` bytes.
    pub(super) fn is_beyond(&self, position: u64) -> bool {
        self.front.0.tail.load(Ordering::Acquire) != position
    }

    /// Says that nothing more will come.
    pub(super) fn close(&self) {
        // A reader that sees it acts on nothing else that was written here.
        self.closed.0.store(1, Ordering::Relaxed);
        self.bell.0.ring_anyway();
    }

    /// Whether nothing more will come.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.0.load(Ordering::Relaxed) != 0
    }

    /// Both counts, as if the other side had written them.
    #[cfg(all(any(test, fuzzing), not(loom)))]
    pub(super) fn scribble(&self, tail: u64, head: u64) {
        self.front.0.tail.store(tail, Ordering::Relaxed);
        self.head.0.store(head, Ordering::Relaxed);
    }
}

fn padded(length: u64) -> u64 {
    length.next_multiple_of(WORD)
}

/// What is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    /// At most [`MOST`] bytes.
    Inside(&'a [u8]),
    /// A message of this length, which lies elsewhere.
    Elsewhere(u64),
}

impl Content<'_> {
    fn size(self) -> u64 {
        match self {
            Self::Inside(content) => WORD + padded(content.len() as u64),
            Self::Elsewhere(_) => WORD,
        }
    }
}

/// The writing end of a lane.
#[derive(Debug, Default)]
pub(super) struct Writer {
    tail: u64,
    /// Where the head was when it was last read. It never goes back, so there is at least the room that this leaves; it
    /// is read again when that is not enough, and not for each message: it lies in the reader's cache.
    seen: u64,
    granted: u32,
    /// Where each offered message begins that was not answered.
    offered: VecDeque<u64>,
}

impl Writer {
    /// Writes a message and rings; for the lane of replies, where somebody may look in the sleeper's place.
    pub(super) fn put(&mut self, lane: &Lane, bytes: &impl Bytes, content: Content<'_>) -> Result<(), Damaged> {
        self.write(lane, bytes, content)?;
        lane.bell.0.ring_late();
        Ok(())
    }

    /// The same, with a message that can be withdrawn until it is claimed.
    pub(super) fn offer(&mut self, lane: &Lane, bytes: &impl Bytes, content: Content<'_>) -> Result<(), Damaged> {
        let (start, most) = (self.tail, self.offered.len());
        self.write(lane, bytes, content)?;
        self.change(lane, |granted, claimed| (unclaimed(granted, claimed) <= most).then(|| granted.wrapping_add(1)))?;
        self.offered.push_back(start);
        lane.bell.0.ring();
        Ok(())
    }

    /// Takes the last messages back, at most so many, of those that were offered after the first unanswered one and not
    /// claimed; how many.
    pub(super) fn withdraw(&mut self, lane: &Lane, limit: usize) -> Result<usize, Damaged> {
        let (most, mut count) = (self.offered.len(), 0);
        self.change(lane, |granted, claimed| {
            let open = unclaimed(granted, claimed);
            count = open.min(most.saturating_sub(1)).min(limit);
            (open <= most).then(|| granted.wrapping_sub(count as u32))
        })?;
        if let Some(&start) = self.offered.get(most - count).filter(|_| count > 0) {
            self.offered.truncate(most - count);
            self.tail = start;
            lane.front.0.tail.store(self.tail, Ordering::Release);
        }
        Ok(count)
    }

    /// Changes what is granted; `next` refuses counts that cannot be.
    fn change(&mut self, lane: &Lane, mut next: impl FnMut(u32, u32) -> Option<u32>) -> Result<(), Damaged> {
        let mut word = lane.front.0.claims.load(Ordering::Relaxed);
        loop {
            let (granted, claimed) = counts(word);
            if granted != self.granted {
                return Err(Damaged);
            }
            let granted = next(granted, claimed).ok_or(Damaged)?;
            // Releases the message to who claims it, and acquires what was claimed.
            let exchanged = lane.front.0.claims.compare_exchange(
                word,
                word_of(granted, claimed),
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            match exchanged {
                Ok(_) => {
                    self.granted = granted;
                    return Ok(());
                }
                Err(found) => word = found,
            }
        }
    }

    /// The first offered message was answered.
    pub(super) fn answered(&mut self) {
        self.offered.pop_front();
    }

    /// How many of the offered messages that were not answered have been claimed.
    pub(super) fn claimed(&self, lane: &Lane) -> Result<usize, Damaged> {
        let (granted, claimed) = counts(lane.front.0.claims.load(Ordering::Acquire));
        let left = self.offered.len().checked_sub(unclaimed(granted, claimed)).filter(|_| granted == self.granted);
        left.ok_or(Damaged)
    }

    /// Whether the reader has taken everything that was written.
    pub(super) fn is_taken(&self, lane: &Lane) -> bool {
        lane.head.0.load(Ordering::Acquire) == self.tail
    }

    /// Whether there is room for `content` now.
    pub(super) fn has_room(&mut self, lane: &Lane, content: Content<'_>) -> Result<bool, Damaged> {
        if self.has_room_above(self.seen, content)? {
            return Ok(true);
        }
        let head = lane.head.0.load(Ordering::Acquire);
        let room = self.has_room_above(head, content)?;
        self.seen = head;
        Ok(room)
    }

    fn has_room_above(&self, head: u64, content: Content<'_>) -> Result<bool, Damaged> {
        let used = self.tail.wrapping_sub(head);
        if used <= CAPACITY { Ok(content.size() <= CAPACITY - used) } else { Err(Damaged) }
    }

    fn write(&mut self, lane: &Lane, bytes: &impl Bytes, content: Content<'_>) -> Result<(), Damaged> {
        if !self.has_room(lane, content)? {
            return Err(Damaged);
        }
        match content {
            Content::Inside(content) => {
                bytes.write(self.tail, &((content.len() as u64) << 1).to_ne_bytes());
                bytes.write(self.tail + WORD, content);
            }
            Content::Elsewhere(length) => bytes.write(self.tail, &(length << 1 | 1).to_ne_bytes()),
        }
        self.tail += content.size();
        lane.front.0.tail.store(self.tail, Ordering::Release);
        Ok(())
    }
}

fn unclaimed(granted: u32, claimed: u32) -> usize {
    granted.wrapping_sub(claimed) as usize
}

/// The reading end of a lane.
#[derive(Debug, Default)]
pub(super) struct Reader {
    head: u64,
}

impl Reader {
    /// Whether there is something to take, be it damaged.
    pub(super) fn is_ready(&self, lane: &Lane) -> bool {
        lane.front.0.tail.load(Ordering::Acquire) != self.head
    }

    /// How many bytes were taken so far.
    pub(super) fn position(&self) -> u64 {
        self.head
    }

    /// Claims the next offered message, so that it can no longer be withdrawn; `false` if there is none.
    pub(super) fn claim(&self, lane: &Lane) -> bool {
        let mut word = lane.front.0.claims.load(Ordering::Relaxed);
        loop {
            let (granted, claimed) = counts(word);
            if granted == claimed {
                return false;
            }
            let next = word_of(granted, claimed.wrapping_add(1));
            match lane.front.0.claims.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(found) => word = found,
            }
        }
    }

    /// Whether a message is offered.
    pub(super) fn is_offered(&self, lane: &Lane) -> bool {
        let (granted, claimed) = counts(lane.front.0.claims.load(Ordering::Relaxed));
        granted != claimed
    }

    /// Gives back the room of what was taken elsewhere, when it was read there.
    pub(super) fn finish(&self, lane: &Lane) {
        lane.head.0.store(self.head, Ordering::Release);
    }

    /// Takes the next message; its content, if it lies in the ring, replaces that of `buffer`, and if
    /// it does not, the room of the message is kept until [`Reader::finish`].
    pub(super) fn take(
        &mut self,
        lane: &Lane,
        bytes: &impl Bytes,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<Taken>, Damaged> {
        let there = lane.front.0.tail.load(Ordering::Acquire).wrapping_sub(self.head);
        if there == 0 {
            return Ok(None);
        }
        if !(WORD..=CAPACITY).contains(&there) {
            return Err(Damaged);
        }
        let mut word = [0; WORD as usize];
        bytes.read(self.head, &mut word);
        let word = u64::from_ne_bytes(word);
        let length = word >> 1;
        let (taken, size) = if word & 1 == 1 {
            (Taken::Elsewhere(length), WORD)
        } else {
            // What was published bounds the length, so the padding cannot overflow.
            if length > there - WORD || padded(length) > there - WORD {
                return Err(Damaged);
            }
            buffer.clear();
            buffer.resize(length as usize, 0);
            bytes.read(self.head + WORD, buffer);
            (Taken::Inside, WORD + padded(length))
        };
        self.head += size;
        if taken == Taken::Inside {
            self.finish(lane);
        }
        Ok(Some(taken))
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
