//! Whatever a worker, or something that calls itself the executor, leaves in a message: it is read
//! or refused, without a panic and without more memory than the message has.

use super::codec::decode;
use super::message::{Items, Request, read_items, read_request};
use poolproof_harness::{Failure, Value};
use proptest::prelude::*;

fn read_everything(content: &[u8]) -> Result<(), TestCaseError> {
    let within =
        |items: &[&[u8]]| items.iter().map(|item| item.len() + size_of::<u64>()).sum::<usize>() <= content.len();
    if let Some(Request::Run { name, items }) = read_request(content) {
        prop_assert!(name.len() <= content.len() && within(&items));
    }
    if let Some(items) = read_items(content) {
        prop_assert!(within(&items));
        for item in items {
            let _ = decode::<Result<Value, Failure>>(item);
        }
    }
    Ok(())
}

/// A request as an executor makes it.
fn request(name: &str, values: &[Value]) -> Vec<u8> {
    let mut items = Items::run(name);
    for value in values {
        items.push(value).expect("it can be serialised");
    }
    items.finish()
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::None), any::<bool>().prop_map(Value::Bool), any::<i64>().prop_map(Value::Int)]
}

proptest! {
    #[test]
    fn no_bytes_lead_a_reader_astray(content in prop::collection::vec(any::<u8>(), 0..400)) {
        read_everything(&content)?;
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
        read_everything(&content)?;
        if untouched {
            let Some(Request::Run { name: read, items }) = read_request(&content) else {
                return Err(TestCaseError::fail("a request that is whole must be read"));
            };
            prop_assert_eq!(read, name);
            let read: Vec<_> = items.into_iter().map(decode::<Value>).collect();
            prop_assert_eq!(read, values.into_iter().map(Ok).collect::<Vec<_>>());
        }
    }
}
