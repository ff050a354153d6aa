//! The tasks that benchmarks run.

use crate::{Raised, Task, blocking, checkpoint};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// What one benchmark task does, apart from returning its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Workload {
    /// Nothing.
    Empty,
    /// Computes for about this many microseconds, calibrated on this machine.
    Cpu(u64),
    /// Sleeps for this many microseconds: blocking I/O at its purest.
    Sleep(u64),
    /// Sends one byte over a loopback TCP connection and waits for the echo, this many times.
    Socket(u32),
    /// Writes and reads back a temporary file of this many KiB.
    File(u32),
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Cpu(micros) => write!(f, "cpu-{micros}us"),
            Self::Sleep(micros) => write!(f, "sleep-{micros}us"),
            Self::Socket(trips) => write!(f, "socket-{trips}"),
            Self::File(kib) => write!(f, "file-{kib}KiB"),
        }
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<u64>().ok();
        let small = |text: &str| text.parse::<u32>().ok();
        let found = match name.split_once('-') {
            None if name == "empty" => Some(Self::Empty),
            Some(("cpu", rest)) => rest.strip_suffix("us").and_then(number).map(Self::Cpu),
            Some(("sleep", rest)) => rest.strip_suffix("us").and_then(number).map(Self::Sleep),
            Some(("socket", rest)) => small(rest).map(Self::Socket),
            Some(("file", rest)) => rest.strip_suffix("KiB").and_then(small).map(Self::File),
            _ => None,
        };
        found.ok_or_else(|| {
            format!("unknown workload `{name}`: use empty, cpu-100us, sleep-1000us, socket-1 or file-64KiB")
        })
    }
}

/// One benchmark task. It returns a number that only this task can return.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Work {
    /// Its position in the round.
    pub number: u64,
    /// What it does.
    pub workload: Workload,
    /// For [`Workload::Cpu`]: how many turns of the spin loop that is on this machine.
    pub turns: u64,
    /// For [`Workload::Socket`]: the port of the echo server.
    pub port: u16,
}

impl Work {
    /// What the task `number` must return: a fixed mix of its number.
    #[must_use]
    pub fn answer(number: u64) -> u64 {
        let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
    }
}

impl Task for Work {
    const NAME: &'static str = "work";
    type Output = u64;

    fn run(self) -> Result<u64, Raised> {
        let io = |error: std::io::Error| Raised::new("IoError", error.to_string());
        match self.workload {
            Workload::Empty => {}
            Workload::Cpu(_) => drop(std::hint::black_box(spin(self.turns))),
            Workload::Sleep(micros) => blocking(|| std::thread::sleep(Duration::from_micros(micros))),
            Workload::Socket(trips) => blocking(|| echo(self.port, trips)).map_err(io)?,
            Workload::File(kib) => blocking(|| file_round_trip(kib)).map_err(io)?,
        }
        Ok(Self::answer(self.number))
    }
}

/// How often the spin loop looks whether the interpreter lock was asked for, in turns.
const TURNS_PER_CHECKPOINT: u64 = 1 << 12;

fn spin(turns: u64) -> u64 {
    let mut state = turns | 1;
    for turn in 0..turns {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if turn % TURNS_PER_CHECKPOINT == 0 {
            checkpoint();
        }
    }
    state
}

fn echo(port: u16, trips: u32) -> std::io::Result<()> {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    let mut byte = [7_u8];
    for _ in 0..trips {
        stream.write_all(&byte)?;
        stream.read_exact(&mut byte)?;
    }
    Ok(())
}

/// Block by block through the same few pages, so that the allocator has no part in the figure.
fn file_round_trip(kib: u32) -> std::io::Result<()> {
    const BLOCK: usize = 16 * 1024;
    let written = [7_u8; BLOCK];
    let mut read = [0_u8; BLOCK];
    let mut file: File = tempfile::tempfile()?;
    let bytes = kib as usize * 1024;
    let length = |at: usize| BLOCK.min(bytes - at);
    for at in (0..bytes).step_by(BLOCK) {
        file.write_all(&written[..length(at)])?;
    }
    file.seek(SeekFrom::Start(0))?;
    for at in (0..bytes).step_by(BLOCK) {
        file.read_exact(&mut read[..length(at)])?;
        if read[..length(at)] != written[..length(at)] {
            return Err(std::io::Error::other("the file came back changed"));
        }
    }
    Ok(())
}

static TURNS_PER_MICRO: OnceLock<f64> = OnceLock::new();

/// Turns of the spin loop per microsecond on this machine, measured once per process: the fastest
/// of several runs, because noise only ever makes it slower.
#[must_use]
pub fn calibrate_spin() -> f64 {
    const TURNS: u64 = 200_000;
    *TURNS_PER_MICRO.get_or_init(|| {
        (0..15)
            .map(|_| {
                let start = Instant::now();
                std::hint::black_box(spin(std::hint::black_box(TURNS)));
                TURNS as f64 * 1e3 / start.elapsed().as_nanos().max(1) as f64
            })
            .fold(f64::MIN_POSITIVE, f64::max)
    })
}

/// Takes over the calibration of another process of this machine, so that a task is the same
/// number of turns in both; `false` if this process has calibrated itself already, or the figure
/// is none.
pub fn adopt_spin_calibration(turns_per_micro: f64) -> bool {
    turns_per_micro.is_finite() && turns_per_micro > 0.0 && TURNS_PER_MICRO.set(turns_per_micro).is_ok()
}
