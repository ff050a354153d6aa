//! How often the comparison is wrong, as measured: a subject against itself, and against one that
//! is known to be slower.
//!
//! ```sh
//! cargo run --release -p poolproof-benches --example credibility -- same thread 200
//! cargo run --release -p poolproof-benches --example credibility -- slower 20
//! ```
//!
//! `same SUBJECT COUNT` compares a subject with itself at default settings; `slower COUNT` compares
//! two calibration executors on tasks of 100 us, of which one adds 5 us to each. `--quick` at the
//! end takes the shorter settings of the main job. It fails if the instrument does.

use poolproof_benches::self_check::{Trials, calibration_address, trials};
use poolproof_benches::stats::MARGIN;
use poolproof_benches::{SweepOptions, serve_if_contender};
use poolproof_executors::{process, registry};
use poolproof_harness::Workload;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

/// What is injected into one of the two: 5 % of 100 us.
const INJECTED_NS: u64 = 5_000;

/// How often a subject may be called different from itself, and a slower one slower.
const FALSE_CLAIMS: f64 = 0.05;
const POWER: f64 = 0.90;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    process::serve_if_worker();
    serve_if_contender(&|address| registry::contender(address).map_err(|error| error.to_string()));

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| *word != "--quick").collect();
    let quick = arguments.iter().any(|word| word == "--quick");
    let options = if quick { SweepOptions::quick() } else { SweepOptions::default() };
    let started = Instant::now();
    let mut say = |comparison: &poolproof_harness::record::ComparisonRecord, so_far: &Trials| {
        let [ratio, low, high] = [comparison.ratio, comparison.low, comparison.high];
        println!("{:10} {ratio:.3} [{low:.3}, {high:.3}] | {so_far}", comparison.verdict);
    };
    let holds = match words[..] {
        ["same", subject, count] => {
            let trials = trials(count.parse()?, (subject, subject), Workload::Cpu(100), &options, &mut say)?;
            let claims = trials.that_say("faster") + trials.that_say("slower");
            println!("{trials}; furthest ratio called a difference: {:.3}", trials.furthest_called());
            claims as f64 <= FALSE_CLAIMS * trials.count() as f64 && trials.furthest_called() <= 1.0 + MARGIN
        }
        ["slower", count] => {
            let (slower, base) = (calibration_address(INJECTED_NS), calibration_address(0));
            let trials = trials(count.parse()?, (&slower, &base), Workload::Cpu(100), &options, &mut say)?;
            let power = trials.share_of("slower")?;
            println!(
                "{trials}; called slower: {:.0} % [{:.0}, {:.0}]",
                power.value() * 1e2,
                power.low() * 1e2,
                power.high() * 1e2
            );
            power.value() >= POWER
        }
        _ => {
            return Err("usage: credibility same SUBJECT COUNT [--quick], or credibility slower COUNT [--quick]".into());
        }
    };
    println!("{:.1} s a comparison", started.elapsed().as_secs_f64() / words[words.len() - 1].parse::<f64>()?);
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
