//! What travels between a worker and its process, and how it is written down.

use poolproof_harness::{Callback, Outcome, Probe, Value};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// What a process is asked to do.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::broken) enum Request {
    /// Run the initialiser.
    Initialise(Probe),
    /// Run a task.
    Run(Probe),
    /// Run a task and keep what it brought until the next one, or only if it fails; only a broken
    /// executor asks for that.
    RunAndKeep { task: Probe, failed_only: bool },
    /// Run a callback; only a broken executor asks for that.
    CallBack(Callback),
}

/// Writes a request down, or says why it cannot be.
pub(in crate::broken) fn pack(request: &Request) -> Result<Vec<u8>, String> {
    postcard::to_stdvec(request).map_err(|error| error.to_string())
}

/// Reads an answer, or says why it cannot be read.
pub(in crate::broken) fn unpack(answer: &[u8]) -> Result<Outcome<Value>, String> {
    postcard::from_bytes(answer).map_err(|error| error.to_string())
}

/// Writes one frame: its length in four bytes, and its bytes.
pub(super) fn write_frame(mut to: impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(bytes)
}

/// Reads one frame.
pub(super) fn read_frame(mut from: impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}
