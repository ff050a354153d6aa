//! What the engine and a contender's process say to each other: JSON Lines, one answer to each
//! request.

use poolproof_harness::{Life, Round, RoundSpec};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, BufRead, Write};

/// The engine's requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    /// Be the contender at this address; comes first, once.
    Serve {
        /// The address.
        address: String,
        /// The spin calibration of the engine, so that work is the same in every launch.
        turns_per_micro: f64,
    },
    /// Open with this many workers.
    Open(usize),
    /// Run a round.
    Round(RoundSpec),
    /// How many messages were exchanged with workers.
    RoundTrips,
    /// Open, work, close.
    Life {
        /// How many workers it has.
        workers: usize,
        /// The server at which as many tasks meet.
        meeting: u16,
    },
    /// Close.
    Close,
}

/// The contender's answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// Done as asked.
    Done,
    /// The round's figures.
    Round(Round),
    /// The number of messages, if it is counted.
    RoundTrips(Option<u64>),
    /// The life's figures.
    Life(Life),
    /// The round gave wrong results.
    Wrong(String),
    /// The subject died or its driver broke.
    Died(String),
    /// It does not offer this kind of round.
    Unsupported(String),
    /// It cannot be set up.
    Failed(String),
}

/// Writes one line.
pub(super) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads one line; `None` at the end.
pub(super) fn receive<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    if from.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&line)?))
}
