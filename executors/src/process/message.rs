//! The messages between an executor and its worker.
//!
//! ```text
//! worker   hello      magic, version
//! executor initialise 1, probe; or a run of one task
//! worker   reply      one outcome
//! executor run        2, name of the task, count, items     again and again
//! worker   reply      count outcomes, in the same order
//! ```
//!
//! Every request has exactly one reply, and neither side speaks out of turn. The executor closes the
//! lane of requests when it needs the worker no more.
//!
//! An item of a message is its length, eight bytes little-endian, and that many bytes. Items are
//! rebuilt one by one, so one that cannot be rebuilt fails alone.

use super::codec::{encode, too_long};
use super::draft::{Draft, Room, Written};
use serde::Serialize;

/// What a worker says first.
pub(super) const HELLO: [u8; 16] = *b"poolproof work\x01\x00";

/// The longest message; a longer task or result is refused where it is made.
pub(super) const MAX_MESSAGE: usize = 1 << 32;

/// The length of an item, and of the count of items.
const LENGTH: usize = 8;

const INITIALISE: u8 = 1;
const RUN: u8 = 2;

/// Items are appended to a message: their number first, then each with its length.
#[derive(Debug)]
pub(super) struct Items<'a> {
    draft: Draft<'a>,
    count_at: usize,
    count: u64,
}

impl<'a> Items<'a> {
    fn start(draft: Draft<'a>) -> Self {
        let count_at = draft.length();
        let mut items = Self { draft, count_at, count: 0 };
        items.draft.extend(&[0; LENGTH]);
        items
    }

    /// A request to run tasks called `name`.
    pub(super) fn run(name: &str, room: Room<'a>) -> Self {
        Self::run_about(name, room, 0)
    }

    /// The same, if it will be about as long as one that was `length` bytes long.
    pub(super) fn run_about(name: &str, room: Room<'a>, length: usize) -> Self {
        let mut draft = Draft::new(room, Vec::with_capacity(length));
        draft.extend(&[RUN]);
        draft.extend(&(name.len() as u64).to_le_bytes());
        draft.extend(name.as_bytes());
        Self::start(draft)
    }

    /// A request to run an initialiser.
    pub(super) fn initialise() -> Self {
        let mut draft = Draft::new(Room::Anywhere, Vec::new());
        draft.extend(&[INITIALISE]);
        Self::start(draft)
    }

    /// A reply, which begins in `buffer`.
    pub(super) fn reply(room: Room<'a>, buffer: Vec<u8>) -> Self {
        Self::start(Draft::new(room, buffer))
    }

    /// Appends `value`; if that fails, nothing was appended.
    pub(super) fn push<V: Serialize>(&mut self, value: &V) -> Result<(), String> {
        let length_at = self.draft.length();
        if length_at + LENGTH > MAX_MESSAGE {
            return Err(too_long());
        }
        self.draft.extend(&[0; LENGTH]);
        if let Err(problem) = encode(value, &mut self.draft) {
            self.draft.truncate(length_at);
            return Err(problem);
        }
        let length = (self.draft.length() - length_at - LENGTH) as u64;
        self.draft.overwrite(length_at, &length.to_le_bytes());
        self.count += 1;
        Ok(())
    }

    /// How many items there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// How long the message is.
    pub(super) fn length(&self) -> usize {
        self.draft.length()
    }

    /// The message.
    pub(super) fn finish(mut self) -> Written {
        self.draft.overwrite(self.count_at, &self.count.to_le_bytes());
        self.draft.finish()
    }

    /// The message, which lies in no annex.
    pub(super) fn bytes(self) -> Vec<u8> {
        match self.finish() {
            Written::Inside(message) | Written::Outside(_, message) => message,
        }
    }
}

/// A request, as the worker reads it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request<'a> {
    /// Run this initialiser.
    Initialise(&'a [u8]),
    /// Run these tasks called `name`.
    Run {
        /// The name of the task.
        name: &'a str,
        /// One task each.
        items: Batch<'a>,
    },
}

/// Takes a request apart; `None` if it is damaged.
pub(super) fn read_request(content: &[u8]) -> Option<Request<'_>> {
    let (&kind, mut rest) = content.split_first()?;
    match kind {
        INITIALISE => {
            let mut items = read_items(rest)?;
            if items.count() == 1 { items.next().map(Request::Initialise) } else { None }
        }
        RUN => {
            let name = std::str::from_utf8(take_sized(&mut rest)?).ok()?;
            Some(Request::Run { name, items: read_items(rest)? })
        }
        _ => None,
    }
}

/// The items of a message that was found sound, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Batch<'a> {
    count: usize,
    content: &'a [u8],
}

impl Batch<'_> {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

impl ExactSizeIterator for Batch<'_> {}

impl<'a> Iterator for Batch<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let item = take_sized(&mut self.content)?;
        self.count -= 1;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

/// Takes the items of a message apart; `None` if it is damaged. Nothing is kept for each: they are found once more
/// when they are taken.
pub(super) fn read_items(mut content: &[u8]) -> Option<Batch<'_>> {
    let count = take_length(&mut content)?;
    // Each item takes at least its length, which bounds how many there can be.
    if count > content.len() / LENGTH {
        return None;
    }
    let batch = Batch { count, content };
    for _ in 0..count {
        take_sized(&mut content)?;
    }
    content.is_empty().then_some(batch)
}

fn take_length(content: &mut &[u8]) -> Option<usize> {
    let (length, rest) = content.split_first_chunk::<LENGTH>()?;
    *content = rest;
    usize::try_from(u64::from_le_bytes(*length)).ok()
}

fn take_sized<'a>(content: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take_length(content)?;
    let (item, rest) = content.split_at_checked(length)?;
    *content = rest;
    Some(item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::codec::decode;
    use poolproof_harness::Value;

    #[test]
    fn a_request_comes_apart_as_it_was_put_together() {
        let mut items = Items::run("double", Room::Anywhere);
        items.push(&7_u64).unwrap();
        items.push(&Value::Unserialisable(poolproof_harness::Stubborn)).unwrap_err();
        items.push(&"eight").unwrap();
        assert_eq!(items.count(), 2);
        let whole = items.bytes();
        let Some(Request::Run { name: "double", items }) = read_request(&whole) else { panic!("a request to run") };
        let items: Vec<_> = items.collect();
        assert_eq!(decode(items[0]), Ok(7_u64));
        assert_eq!(decode(items[1]), Ok("eight".to_owned()));
        assert_eq!(items.len(), 2);
    }

    #[test]
    fn damaged_messages_are_recognised() {
        let mut items = Items::run("double", Room::Anywhere);
        items.push(&7_u64).unwrap();
        let whole = items.bytes();
        for end in 0..whole.len() {
            assert_eq!(read_request(&whole[..end]), None, "cut off after {end} bytes");
        }
        assert_eq!(read_request(&[&whole[..], b"more"].concat()), None);
        assert_eq!(read_items(&u64::MAX.to_le_bytes()), None, "a count without items");
        assert_eq!(read_request(&[9]), None);
    }
}
