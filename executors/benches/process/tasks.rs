//! What the contenders run.

use crate::measure::elapsed;
use poolproof_harness::{Raised, Task};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::{Duration, Instant};

/// Bytes that are written and read as one piece, and not one by one.
#[derive(Clone, Debug)]
pub(crate) struct Content(Vec<u8>);

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Content {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl Visitor<'_> for Whole {
            type Value = Content;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Content, E> {
                Ok(Content(bytes.to_vec()))
            }
            fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Content, E> {
                Ok(Content(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Whole)
    }
}

/// Returns what it carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Echo(pub(crate) Content);

impl Task for Echo {
    const NAME: &'static str = "echo";
    type Output = Content;
    fn run(self) -> Result<Content, Raised> {
        Ok(self.0)
    }
}

/// The least that an item of a map can do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Double(pub(crate) u64);

impl Task for Double {
    const NAME: &'static str = "double";
    type Output = u64;
    fn run(self) -> Result<u64, Raised> {
        Ok(self.0 * 2)
    }
}

/// Sleeps or computes for so many microseconds, and says for how many nanoseconds it did.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Long {
    pub(crate) micros: u64,
    pub(crate) computes: bool,
}

impl Task for Long {
    const NAME: &'static str = "long";
    type Output = u64;
    fn run(self) -> Result<u64, Raised> {
        let (start, length) = (Instant::now(), Duration::from_micros(self.micros));
        if self.computes {
            while start.elapsed() < length {
                std::hint::spin_loop();
            }
        } else {
            std::thread::sleep(length);
        }
        Ok(elapsed(start))
    }
}
