//! A request to a real server: a loopback TCP connection, and bytes that come back after a latency.

use super::Work;
use super::kind::Kind;
use crate::blocking;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

pub(super) const KIND: Kind = Kind { name: "socket", unit: "", example: 1, nominal_micros, computes: 0.0, law: None };

fn nominal_micros(trips: u64, latency: Duration) -> u64 {
    const TRIP: u64 = 20;
    u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).saturating_add(TRIP).saturating_mul(trips)
}

pub(super) fn run(work: &Work, trips: u64) -> io::Result<()> {
    blocking(|| echo(work.port, trips))
}

fn echo(port: u16, trips: u64) -> io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    let mut byte = [7_u8];
    for _ in 0..trips {
        stream.write_all(&byte)?;
        stream.read_exact(&mut byte)?;
    }
    Ok(())
}
