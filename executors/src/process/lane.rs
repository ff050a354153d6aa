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
//!   reader's hands.
//! * There is no lock that a process could die with. Each count is written by one side alone, which
//!   keeps its own copy and never reads its own count back.
//! * A writer that finds no room is told so. Requests and replies alternate, so a ring is empty
//!   when it is written to, and who is told has a damaged peer.
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
    tail: Apart<AtomicU64>,
    head: Apart<AtomicU64>,
    bell: Apart<Bell>,
    closed: Apart<AtomicU32>,
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
            tail: Apart(AtomicU64::new(0)),
            head: Apart(AtomicU64::new(0)),
            bell: Apart(Bell::new()),
            closed: Apart(AtomicU32::new(0)),
        }
    }

    /// What the reader waits at.
    pub(super) fn bell(&self) -> &Bell {
        &self.bell.0
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
        self.tail.0.store(tail, Ordering::Relaxed);
        self.head.0.store(head, Ordering::Relaxed);
    }
}

fn padded(length: u64) -> u64 {
    length.next_multiple_of(WORD)
}

/// The writing end of a lane.
#[derive(Debug, Default)]
pub(super) struct Writer {
    tail: u64,
}

impl Writer {
    /// Whether the reader has taken everything that was written.
    pub(super) fn is_taken(&self, lane: &Lane) -> bool {
        lane.head.0.load(Ordering::Acquire) == self.tail
    }

    /// Writes a message of at most [`MOST`] bytes and rings.
    pub(super) fn put(&mut self, lane: &Lane, bytes: &impl Bytes, content: &[u8]) -> Result<(), Damaged> {
        let length = content.len() as u64;
        self.make_room(lane, WORD + padded(length))?;
        bytes.write(self.tail, &(length << 1).to_ne_bytes());
        bytes.write(self.tail + WORD, content);
        self.publish(lane, WORD + padded(length));
        Ok(())
    }

    /// Writes that a message of `length` bytes lies elsewhere, and rings.
    pub(super) fn point(&mut self, lane: &Lane, bytes: &impl Bytes, length: u64) -> Result<(), Damaged> {
        self.make_room(lane, WORD)?;
        bytes.write(self.tail, &(length << 1 | 1).to_ne_bytes());
        self.publish(lane, WORD);
        Ok(())
    }

    fn make_room(&self, lane: &Lane, needed: u64) -> Result<(), Damaged> {
        let used = self.tail.wrapping_sub(lane.head.0.load(Ordering::Acquire));
        if used <= CAPACITY && needed <= CAPACITY - used { Ok(()) } else { Err(Damaged) }
    }

    fn publish(&mut self, lane: &Lane, written: u64) {
        self.tail += written;
        lane.tail.0.store(self.tail, Ordering::Release);
        lane.bell.0.ring();
    }
}

/// The reading end of a lane.
#[derive(Debug, Default)]
pub(super) struct Reader {
    head: u64,
}

impl Reader {
    /// Whether there is something to take, be it damaged.
    pub(super) fn is_ready(&self, lane: &Lane) -> bool {
        lane.tail.0.load(Ordering::Acquire) != self.head
    }

    /// Takes the next message; its content, if it lies in the ring, replaces that of `buffer`.
    pub(super) fn take(
        &mut self,
        lane: &Lane,
        bytes: &impl Bytes,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<Taken>, Damaged> {
        let there = lane.tail.0.load(Ordering::Acquire).wrapping_sub(self.head);
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
        lane.head.0.store(self.head, Ordering::Release);
        Ok(Some(taken))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::process::fuzz::{Private, a_peer_counts};
    use proptest::prelude::*;

    #[test]
    fn messages_come_back_in_order_around_the_end_of_the_ring() {
        let (lane, ring) = (Lane::new(), Private::of(&[0]));
        let (mut writer, mut reader, mut buffer) = (Writer::default(), Reader::default(), Vec::new());
        for round in 0..50_u8 {
            let long = vec![round; 20_000 + usize::from(round)];
            writer.put(&lane, &ring, &long).unwrap();
            writer.put(&lane, &ring, &[]).unwrap();
            writer.point(&lane, &ring, 1 << 40).unwrap();
            assert!(!writer.is_taken(&lane));
            assert_eq!(reader.take(&lane, &ring, &mut buffer), Ok(Some(Taken::Inside)));
            assert_eq!(buffer, long);
            assert_eq!(reader.take(&lane, &ring, &mut buffer), Ok(Some(Taken::Inside)));
            assert!(buffer.is_empty());
            assert_eq!(reader.take(&lane, &ring, &mut buffer), Ok(Some(Taken::Elsewhere(1 << 40))));
            assert_eq!(reader.take(&lane, &ring, &mut buffer), Ok(None));
            assert!(writer.is_taken(&lane));
        }
        writer.put(&lane, &ring, &[1; MOST]).unwrap();
        assert_eq!(writer.put(&lane, &ring, &[]), Err(Damaged), "nobody has made room");
    }

    proptest! {
        /// Whatever the other side leaves in shared memory: a message that fits, or an error; no
        /// address outside the ring, no endless reading, no more memory than the ring is long.
        #[test]
        fn no_peer_leads_a_reader_astray(
            tails in prop::collection::vec(prop_oneof![any::<u64>(), 0..3 * CAPACITY], 1..20),
            words in prop::collection::vec(prop_oneof![any::<u64>(), 0..4 * CAPACITY, Just(0)], 1..40),
        ) {
            let words: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
            a_peer_counts(&tails, &words);
        }

        /// And whatever count it claims to have taken: a writer writes what fits, or nothing.
        #[test]
        fn no_peer_leads_a_writer_astray(heads in prop::collection::vec(any::<u64>(), 1..20), length in 0..MOST) {
            let (lane, ring) = (Lane::new(), Private::of(&[0]));
            let mut writer = Writer::default();
            for head in heads {
                let before = writer.tail;
                lane.scribble(0, head);
                if writer.put(&lane, &ring, &vec![1; length]).is_ok() {
                    prop_assert!(before.wrapping_sub(head) + padded(length as u64) + WORD <= CAPACITY);
                } else {
                    prop_assert_eq!(writer.tail, before);
                }
            }
        }
    }
}
