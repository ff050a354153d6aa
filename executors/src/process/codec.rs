//! Values as bytes, and back: postcard, with everything that can go wrong made a sentence.

use super::draft::Draft;
use super::message::MAX_MESSAGE;
use poolproof_harness::contain;
use postcard::ser_flavors::Flavor;
use serde::{Serialize, de::DeserializeOwned};

/// Appends to a message, and never beyond what a message may hold.
struct Appender<'a, 'b>(&'a mut Draft<'b>);

impl Flavor for Appender<'_, '_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        if self.0.length() + data.len() > MAX_MESSAGE {
            return Err(postcard::Error::SerializeBufferFull);
        }
        // Numbers come as slices, too, mostly of one byte: for that no copying function is called.
        match data {
            [byte] => self.0.push(*byte),
            _ => self.0.extend(data),
        }
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        if self.0.length() >= MAX_MESSAGE {
            return Err(postcard::Error::SerializeBufferFull);
        }
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// What is said of a message that would be longer than any may be.
pub(super) fn too_long() -> String {
    format!("its message would be longer than {MAX_MESSAGE} bytes")
}

/// Appends `value` to `draft`; if that fails, `draft` is as it was.
///
/// # Errors
///
/// Why not, in words that continue "cannot be serialised:".
pub(super) fn encode<V: Serialize>(value: &V, draft: &mut Draft<'_>) -> Result<(), String> {
    let before = draft.length();
    let written = contain(|| postcard::serialize_with_flavor(value, Appender(draft)));
    let problem = match written {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(postcard::Error::SerializeBufferFull)) => too_long(),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => format!("its serialisation panicked: {panic}"),
    };
    draft.truncate(before);
    Err(problem)
}

/// Rebuilds a value.
///
/// # Errors
///
/// Why not, in words that continue "cannot be rebuilt:".
pub(super) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, String> {
    match contain(|| postcard::from_bytes(bytes)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => Err(format!("its deserialisation panicked: {panic}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::draft::{Room, Written};
    use serde::ser::Error as _;

    struct Halfway;

    impl Serialize for Halfway {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeTuple;
            let mut tuple = serializer.serialize_tuple(2)?;
            tuple.serialize_element(&7_u64)?;
            Err(S::Error::custom("stops in the middle"))
        }
    }

    struct Panics;

    impl Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("no")
        }
    }

    #[test]
    fn what_fails_leaves_no_trace() {
        let mut draft = Draft::new(Room::Anywhere, Vec::new());
        draft.extend(b"before");
        assert!(encode(&Halfway, &mut draft).is_err());
        assert_eq!(encode(&Panics, &mut draft), Err("its serialisation panicked: no".to_owned()));
        assert_eq!(draft.length(), 6);
        encode(&("kept", 7_u8), &mut draft).unwrap();
        let Written::Inside(buffer) = draft.finish() else { panic!("there is no annex") };
        assert_eq!(&buffer[..6], b"before");
        assert_eq!(decode(&buffer[6..]), Ok(("kept".to_owned(), 7_u8)));
        assert!(decode::<(String, u64)>(&buffer[6..10]).is_err());
    }
}
