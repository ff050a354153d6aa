//! How much memory an executor takes, seen from outside.

use super::Arm;
use super::meeting::Meeting;
use super::usage::Usage;
use poolproof_harness::{Contender, Dispatch, RoundError, RoundSpec, Workload};
use std::io;

/// Memory in bytes before the executor is opened, when all workers have worked, and when the
/// arm's tasks are pending.
pub(super) fn look_at_memory(contender: &mut dyn Contender, meeting: &Meeting, arm: &Arm) -> Result<[f64; 3], String> {
    let process = contender.process().ok_or("the memory of this process says nothing about one subject")?;
    let memory = |usage: io::Result<Usage>| {
        usage.map(|usage| usage.memory_bytes as f64).map_err(|error| format!("its memory cannot be looked at: {error}"))
    };
    let port = meeting.port();
    let meet = RoundSpec { workload: Workload::Socket(1), tasks: arm.workers as u64, dispatch: Dispatch::Submit, port };
    let held = RoundSpec { dispatch: Dispatch::Held(arm.workers as u64), port, ..arm.spec };
    let words = |error: RoundError| error.to_string();
    // What is set up once for all executors is there before the first look.
    meeting.of(1);
    contender.life(1, port).map_err(words)?;
    let before = memory(Usage::of(process))?;
    contender.open(arm.workers).map_err(|error| error.to_string())?;
    meeting.of(arm.workers);
    contender.round(&meet).map_err(words)?;
    let working = memory(Usage::of(process))?;
    meeting.holding(process);
    contender.round(&held).map_err(words)?;
    let pending = meeting.seen().ok_or("the round ended before its tasks were pending")?;
    contender.close();
    Ok([before, working, memory(pending)?])
}
