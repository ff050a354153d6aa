//! By how much paired rounds scatter, within a launch and between launches: what the plan of a comparison is chosen by.
//!
//! ```sh
//! cargo run --release -p poolproof-benches --example scatter -- thread 12 100 2
//! ```
//!
//! compares `SUBJECT` with itself in so many launches of so many rounds of so many milliseconds, on tasks of 100 us
//! and one worker for each core. For the log-ratios of the rounds it tells their scatter within a launch (from the
//! quartiles), the scatter of the launches' medians, and what that would be if rounds of a launch were independent
//! (from the medians of every other round): the rest is what launches do not share.

use poolproof_benches::engine::{Arm, Plan, Procedure, launch, race};
use poolproof_benches::serve_if_contender;
use poolproof_benches::stats::{mean, median, nearest_rank};
use poolproof_executors::{process, registry};
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::error::Error;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    process::serve_if_worker();
    serve_if_contender(&|address| registry::contender(address).map_err(|error| error.to_string()));

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [subject, launches, rounds, milliseconds] = &arguments[..] else {
        return Err("usage: scatter SUBJECT LAUNCHES ROUNDS MILLISECONDS".into());
    };
    let round = Duration::from_millis(milliseconds.parse()?);
    let workload = Workload::Cpu(100);
    let tasks = Plan::tasks_for(workload, round, Duration::ZERO);
    let spec = RoundSpec { workload, tasks, dispatch: Dispatch::Submit, port: 0 };
    let workers = std::thread::available_parallelism()?.get();
    let plan = Plan {
        subjects: vec![subject.clone(), subject.clone()],
        arms: (0..2).map(|subject| Arm { subject, workers, spec }).collect(),
        procedure: Procedure::Rounds,
        launches: launches.parse()?,
        budget: None,
        rounds: rounds.parse()?,
        count_round_trips: false,
        round,
        samples: Vec::new(),
        latency: Duration::ZERO,
        same_tasks: true,
        seed: 1,
    };
    let started = Instant::now();
    let measured = race(&plan, &mut launch);
    let took = started.elapsed().as_secs_f64();
    if let Some((_, point, reason)) = measured.failures.first() {
        return Err(format!("{point}: {reason}").into());
    }
    let (one, other) = (measured.outings[0].ns_per_task(), measured.outings[1].ns_per_task());
    let logs: Vec<Vec<f64>> = (one.iter().zip(&other))
        .map(|(one, other)| one.iter().zip(other).map(|(one, other)| (one / other).ln()).collect())
        .collect();

    let (mut within, mut medians, mut halves) = (Vec::new(), Vec::new(), Vec::new());
    for launch in &logs {
        // The quartiles of a normal law are 1.349 standard deviations apart.
        within.push((nearest_rank(launch, 0.75)? - nearest_rank(launch, 0.25)?) / 1.349);
        medians.push(median(launch)?);
        let half = |first: usize| median(&launch.iter().copied().skip(first).step_by(2).collect::<Vec<f64>>());
        // Two halves differ by twice the variance of each, which is twice that of the whole.
        halves.push((half(0)? - half(1)?).powi(2) / 4.0);
    }
    let centre = mean(&medians)?;
    let between = medians.iter().map(|median| (median - centre).powi(2)).sum::<f64>() / (medians.len() - 1) as f64;
    println!(
        "{subject}, {launches} launches of {rounds} rounds of {milliseconds} ms: rounds scatter by {:.1} %, medians of \
         launches by {:.2} %, by their rounds {:.2} %; {took:.1} s",
        mean(&within)? * 100.0,
        between.sqrt() * 100.0,
        mean(&halves)?.sqrt() * 100.0
    );
    Ok(())
}
