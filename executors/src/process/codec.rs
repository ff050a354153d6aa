//! Values as bytes, and back: postcard, with everything that can go wrong made a sentence.

use super::message::MAX_MESSAGE;
use poolproof_harness::contain;
use postcard::ser_flavors::Flavor;
use serde::{Serialize, de::DeserializeOwned};

/// Appends to a message, and never beyond what a message may hold.
struct Appender<'a>(&'a mut Vec<u8>);

impl Flavor for Appender<'_> {
    type Output = ();

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        if self.0.len() + data.len() > MAX_MESSAGE {
            return Err(postcard::Error::SerializeBufferFull);
        }
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.try_extend(&[data])
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Appends `value` to `buffer`; if that fails, `buffer` is as it was.
///
/// # Errors
///
/// Why not, in words that continue "cannot be serialised:".
pub(super) fn encode<V: Serialize>(value: &V, buffer: &mut Vec<u8>) -> Result<(), String> {
    let before = buffer.len();
    let written = contain(|| postcard::serialize_with_flavor(value, Appender(buffer)));
    let problem = match written {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(postcard::Error::SerializeBufferFull)) => {
            format!("its message would be longer than {MAX_MESSAGE} bytes")
        }
        Ok(Err(error)) => error.to_string(),
        Err(panic) => format!("its serialisation panicked: {panic}"),
    };
    buffer.truncate(before);
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
        let mut buffer = b"before".to_vec();
        assert!(encode(&Halfway, &mut buffer).is_err());
        assert_eq!(encode(&Panics, &mut buffer), Err("its serialisation panicked: no".to_owned()));
        assert_eq!(buffer, b"before");
        encode(&("kept", 7_u8), &mut buffer).unwrap();
        assert_eq!(decode(&buffer[6..]), Ok(("kept".to_owned(), 7_u8)));
        assert!(decode::<(String, u64)>(&buffer[6..10]).is_err());
    }
}
