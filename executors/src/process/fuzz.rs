//! Whatever a worker, or something that calls itself the executor, leaves in memory: it is read or
//! refused, without a panic and without more memory than the message has.

use super::codec::decode;
use super::lane::{Bytes, CAPACITY, Lane, MOST, Reader, Taken};
use super::message::{Batch, Request, read_items, read_request};
use poolproof_harness::{Failure, Value};
use std::cell::RefCell;

/// A message with this content, read as a request and as a reply.
///
/// # Panics
///
/// If what was read is more than what was there.
pub fn a_peer_sends(content: &[u8]) {
    let within = |items: Batch<'_>| items.map(|item| item.len() + size_of::<u64>()).sum::<usize>() <= content.len();
    if let Some(Request::Run { name, items }) = read_request(content) {
        assert!(name.len() <= content.len() && within(items));
    }
    if let Some(items) = read_items(content) {
        assert!(within(items) && items.count() == items.fold(0, |count, _| count + 1));
        for item in items {
            let _ = decode::<Result<Value, Failure>>(item);
        }
    }
}

/// A ring in private memory. An address outside it would panic.
pub(super) struct Private(RefCell<Vec<u8>>);

impl Private {
    /// One that holds `seed` again and again, or zeros.
    pub(super) fn of(seed: &[u8]) -> Self {
        let bytes = seed.iter().copied().cycle().chain(std::iter::repeat(0));
        Self(RefCell::new(bytes.take(CAPACITY as usize).collect()))
    }
}

impl Bytes for Private {
    fn write(&self, at: u64, content: &[u8]) {
        let mut ring = self.0.borrow_mut();
        (at..).zip(content).for_each(|(at, byte)| ring[(at % CAPACITY) as usize] = *byte);
    }

    fn read(&self, at: u64, content: &mut [u8]) {
        let ring = self.0.borrow();
        (at..).zip(content).for_each(|(at, byte)| *byte = ring[(at % CAPACITY) as usize]);
    }
}

/// A reader of a ring that holds `words` again and again, where the writer claims to have written so
/// much in turn.
///
/// # Panics
///
/// If the reader is led outside the ring, reads without end, or takes more than the ring is long.
pub fn a_peer_counts(tails: &[u64], words: &[u8]) {
    let (lane, ring) = (Lane::new(), Private::of(words));
    let (mut reader, mut buffer) = (Reader::default(), Vec::new());
    for &tail in tails {
        lane.scribble(tail, tail.wrapping_mul(3));
        // Each message takes a word at least, so a ring is read to its end in so many steps.
        let mut steps = 0;
        while let Ok(Some(taken)) = reader.take(&lane, &ring, &mut buffer) {
            steps += 1;
            assert!(steps <= CAPACITY / size_of::<u64>() as u64);
            assert!(taken != Taken::Inside || buffer.len() <= MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::draft::Room;
    use crate::process::message::Items;
    use proptest::prelude::*;

    /// A request as an executor makes it.
    fn request(name: &str, values: &[Value]) -> Vec<u8> {
        let mut items = Items::run(name, Room::Anywhere);
        for value in values {
            items.push(value).expect("it can be serialised");
        }
        items.bytes()
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![Just(Value::None), any::<bool>().prop_map(Value::Bool), any::<i64>().prop_map(Value::Int)]
    }

    proptest! {
        #[test]
        fn no_bytes_lead_a_reader_astray(content in prop::collection::vec(any::<u8>(), 0..400)) {
            a_peer_sends(&content);
        }

        #[test]
        fn a_request_with_any_bytes_changed_is_read_or_refused(
            name in ".{0,12}",
            values in prop::collection::vec(any_value(), 0..6),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut content = request(&name, &values);
            let untouched = changes.is_empty() && cut.is_none();
            for (place, byte) in changes {
                let place = place.index(content.len());
                content[place] = byte;
            }
            if let Some(cut) = cut {
                content.truncate(cut.index(content.len()));
            }
            a_peer_sends(&content);
            if untouched {
                let Some(Request::Run { name: read, items }) = read_request(&content) else {
                    return Err(TestCaseError::fail("a request that is whole must be read"));
                };
                prop_assert_eq!(read, name);
                let read: Vec<_> = items.map(decode::<Value>).collect();
                prop_assert_eq!(read, values.into_iter().map(Ok).collect::<Vec<_>>());
            }
        }
    }
}
