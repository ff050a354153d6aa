//! The messages between an executor and its worker.
//!
//! ```text
//! worker   hello      magic, version
//! executor initialise 1, probe
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

use super::codec::encode;
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
pub(super) struct Items {
    buffer: Vec<u8>,
    count_at: usize,
    count: u64,
}

impl Items {
    fn start(buffer: Vec<u8>) -> Self {
        let count_at = buffer.len();
        let mut items = Self { buffer, count_at, count: 0 };
        items.buffer.extend_from_slice(&[0; LENGTH]);
        items
    }

    /// A request to run tasks called `name`.
    pub(super) fn run(name: &str) -> Self {
        let mut buffer = vec![RUN];
        push_sized(&mut buffer, name.as_bytes());
        Self::start(buffer)
    }

    /// A request to run an initialiser.
    pub(super) fn initialise() -> Self {
        Self::start(vec![INITIALISE])
    }

    /// A reply.
    pub(super) fn reply() -> Self {
        Self::start(Vec::new())
    }

    /// Appends `value`; if that fails, nothing was appended.
    pub(super) fn push<V: Serialize>(&mut self, value: &V) -> Result<(), String> {
        let length_at = self.buffer.len();
        self.buffer.extend_from_slice(&[0; LENGTH]);
        if let Err(problem) = encode(value, &mut self.buffer) {
            self.buffer.truncate(length_at);
            return Err(problem);
        }
        let length = (self.buffer.len() - length_at - LENGTH) as u64;
        self.buffer[length_at..length_at + LENGTH].copy_from_slice(&length.to_le_bytes());
        self.count += 1;
        Ok(())
    }

    /// How many items there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The message.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.buffer[self.count_at..self.count_at + LENGTH].copy_from_slice(&self.count.to_le_bytes());
        self.buffer
    }
}

fn push_sized(buffer: &mut Vec<u8>, bytes: &[u8]) {
    buffer.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    buffer.extend_from_slice(bytes);
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
        items: Vec<&'a [u8]>,
    },
}

/// Takes a request apart; `None` if it is damaged.
pub(super) fn read_request(content: &[u8]) -> Option<Request<'_>> {
    let (&kind, mut rest) = content.split_first()?;
    match kind {
        INITIALISE => match read_items(rest)?.as_slice() {
            [probe] => Some(Request::Initialise(probe)),
            _ => None,
        },
        RUN => {
            let name = std::str::from_utf8(take_sized(&mut rest)?).ok()?;
            Some(Request::Run { name, items: read_items(rest)? })
        }
        _ => None,
    }
}

/// Takes the items of a message apart; `None` if it is damaged.
pub(super) fn read_items(mut content: &[u8]) -> Option<Vec<&[u8]>> {
    let count = take_length(&mut content)?;
    // Each item takes at least its length, which bounds how many there can be.
    if count > content.len() / LENGTH {
        return None;
    }
    let items: Option<Vec<_>> = (0..count).map(|_| take_sized(&mut content)).collect();
    items.filter(|_| content.is_empty())
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
        let mut items = Items::run("double");
        items.push(&7_u64).unwrap();
        items.push(&Value::Unserialisable(poolproof_harness::Stubborn)).unwrap_err();
        items.push(&"eight").unwrap();
        assert_eq!(items.count(), 2);
        let whole = items.finish();
        let Some(Request::Run { name: "double", items }) = read_request(&whole) else { panic!("a request to run") };
        assert_eq!(decode(items[0]), Ok(7_u64));
        assert_eq!(decode(items[1]), Ok("eight".to_owned()));
        assert_eq!(items.len(), 2);
    }

    #[test]
    fn damaged_messages_are_recognised() {
        let mut items = Items::run("double");
        items.push(&7_u64).unwrap();
        let whole = items.finish();
        for end in 0..whole.len() {
            assert_eq!(read_request(&whole[..end]), None, "cut off after {end} bytes");
        }
        assert_eq!(read_request(&[&whole[..], b"more"].concat()), None);
        assert_eq!(read_items(&u64::MAX.to_le_bytes()), None, "a count without items");
        assert_eq!(read_request(&[9]), None);
    }
}
