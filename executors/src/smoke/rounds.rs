//! Bulk measurement.

use super::stage::{Calling, Checked};
use poolproof_harness::{Capability, Contender, Dispatch, Profile, RoundSpec, Workload, now_ns};
use std::time::Duration;

/// How long one resting task rests, in microseconds.
const REST: u64 = 2_000;

/// `round`: every way to dispatch, times that can be true.
pub(super) fn rounds(contender: &mut dyn Contender, profile: &Profile, calling: &Calling) -> Checked {
    calling.set("open for a round");
    contender.open(1).map_err(|error| format!("`open` of a contender must succeed, but: {error}"))?;
    let mut dispatches = vec![Dispatch::Submit, Dispatch::OneByOne];
    if profile.has(Capability::Map) {
        dispatches.push(Dispatch::Map(None));
    }
    if profile.has(Capability::Chunksize) {
        dispatches.push(Dispatch::Map(Some(3)));
    }
    for workload in [Workload::Empty, Workload::Cpu(100), Workload::Sleep(REST), Workload::File(4)] {
        for &dispatch in &dispatches {
            let spec = RoundSpec { workload, tasks: 7, dispatch, port: 0 };
            let what = format!("the round `{workload}`, dispatched by {dispatch:?},");
            calling.set(&what);
            let before = now_ns();
            let round = contender.round(&spec).map_err(|error| format!("{what} must be run, but: {error}"))?;
            let outside = now_ns() - before;
            if round.elapsed_ns == 0 || round.elapsed_ns > outside {
                return Err(format!(
                    "`elapsed_ns` of {what} must be measured inside of it, but is {} of the {outside} that it took",
                    round.elapsed_ns
                ));
            }
            let trips = if dispatch == Dispatch::OneByOne { spec.tasks } else { 0 };
            if round.trips_ns.len() as u64 != trips {
                return Err(format!(
                    "`trips_ns` of {what} must hold {trips} times, but holds {}",
                    round.trips_ns.len()
                ));
            }
            if round.trips_ns.iter().sum::<u64>() > round.elapsed_ns {
                return Err(format!("`trips_ns` of {what} together exceed its `elapsed_ns`"));
            }
            let rests = Duration::from_micros(if profile.is_limited() { REST * spec.tasks } else { REST });
            if matches!(workload, Workload::Sleep(_)) && Duration::from_nanos(round.elapsed_ns) < rests {
                return Err(format!("workers rest {rests:?} in {what}, but `elapsed_ns` is only {}", round.elapsed_ns));
            }
        }
    }
    calling.set("close after a round");
    contender.close();
    Ok(())
}
