//! How often the comparison is wrong, as measured: a subject against itself, and against one that
//! is known to be slower.
//!
//! ```sh
//! cargo run --release -p poolproof-benches --example credibility -- same thread 200
//! cargo run --release -p poolproof-benches --example credibility -- slower 20
//! cargo run --release -p poolproof-benches --example credibility -- instrument 400
//! cargo run --release -p poolproof-benches --example credibility -- overheads 1
//! ```
//!
//! `same SUBJECT COUNT` compares a subject with itself at default settings; `slower COUNT` compares
//! two calibration executors on tasks of 100 us, of which one adds 5 us to each; `instrument COUNT`
//! pairs rounds of the engine with the loop that a user would write by hand, both over `serial`,
//! where nothing hides what the instrument adds; `overheads COUNT` is that part of the self-check of every run which
//! recovers known overheads. `--quick` takes the shorter settings of the main job, `--seed S`
//! other orders of rounds: a long series may be made in parts. It fails if the instrument does.

use poolproof_benches::self_check::{Trials, calibration_address, overheads, trials};
use poolproof_benches::stats::{MARGIN, paired_difference};
use poolproof_benches::{SweepOptions, serve_if_contender};
use poolproof_executors::{process, registry, serial::SerialExecutor};
use poolproof_harness::record::Record;
use poolproof_harness::{Contender, Dispatch, Executor, Future, RoundSpec, Work, Workload, now_ns};
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

/// What is injected into one of the two: 5 % of 100 us.
const INJECTED_NS: u64 = 5_000;

/// How often a subject may be called different from itself, and a slower one slower.
const FALSE_CLAIMS: f64 = 0.05;
const POWER: f64 = 0.90;

/// What the engine may add to a task, in nanoseconds.
const ADDED_NS: f64 = 25.0;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    process::serve_if_worker();
    serve_if_contender(&|address| registry::contender(address).map_err(|error| error.to_string()));

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| *word != "--quick").collect();
    let mut options = if arguments.len() > words.len() { SweepOptions::quick() } else { SweepOptions::default() };
    if let Some(place) = words.iter().position(|word| *word == "--seed") {
        options.seed = words.get(place + 1).ok_or("--seed needs a number")?.parse()?;
        words.drain(place..place + 2);
    }
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
        ["instrument", count] => instrument(count.parse()?)?,
        ["overheads", count] => recovered(count.parse()?, &options)?,
        _ => {
            return Err("usage: credibility same SUBJECT COUNT, slower COUNT, instrument COUNT, or overheads COUNT; \
                        [--quick] [--seed S]"
                .into());
        }
    };
    println!("{:.2} s each", started.elapsed().as_secs_f64() / words[words.len() - 1].parse::<f64>()?);
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a round of the engine takes longer for each empty task than the same loop by hand.
fn instrument(pairs: usize) -> Result<bool, Box<dyn Error>> {
    const TASKS: u64 = 20_000;
    let serial = SerialExecutor::new();
    let mut contender = registry::contender("serial")?;
    contender.open(1)?;
    let spec = RoundSpec { workload: Workload::Empty, tasks: TASKS, dispatch: Dispatch::Submit, port: 0 };
    let by_engine =
        |contender: &mut Box<dyn Contender>| -> Result<u64, Box<dyn Error>> { Ok(contender.round(&spec)?.elapsed_ns) };
    let (mut engine, mut hand) = (Vec::new(), Vec::new());
    for pair in 0..=pairs {
        // Each goes first as often as the other; the first pair warms up.
        let (one, other) = if pair % 2 == 0 {
            let one = by_engine(&mut contender)?;
            (one, by_hand(&serial, TASKS)?)
        } else {
            let other = by_hand(&serial, TASKS)?;
            (by_engine(&mut contender)?, other)
        };
        if pair > 0 {
            engine.push(one as f64 / TASKS as f64);
            hand.push(other as f64 / TASKS as f64);
        }
    }
    let added = paired_difference(&vec![engine], &vec![hand])?;
    println!("the engine adds {:.2} ns to each task [{:.2}, {:.2}]", added.value(), added.low(), added.high());
    Ok(added.high() <= ADDED_NS)
}

/// Known overheads, recovered this often; whether each interval lies within 10 % or 30 ns of what was injected.
fn recovered(count: u64, options: &SweepOptions) -> Result<bool, Box<dyn Error>> {
    let (mut all, mut holes) = (true, Vec::new());
    for number in 0..count {
        let options = SweepOptions { seed: options.seed.wrapping_add(number), ..options.clone() };
        overheads(&options, &mut |record| match record {
            Record::Cell(cell) => {
                let injected = cell.axes.get("injected-ns").copied().unwrap_or(f64::NAN);
                let near = |value: f64| (value - injected).abs() <= (injected * 0.1).max(30.0);
                let verdict = match (near(cell.low), near(cell.high)) {
                    (true, true) => "recovered",
                    (false, false) if (cell.low > injected) == (cell.high > injected) => "off",
                    _ => "unclear",
                };
                all &= verdict == "recovered";
                let [value, low, high] = [cell.value, cell.low, cell.high];
                println!("{:10} {injected:6} ns: {value:8.1} [{low:8.1}, {high:8.1}] {verdict}", cell.workload);
            }
            other => holes.push(format!("{other:?}")),
        });
    }
    if let [hole, ..] = &holes[..] { Err(hole.clone().into()) } else { Ok(all) }
}

/// The loop without the engine: submit all, then take all results.
fn by_hand(serial: &SerialExecutor, tasks: u64) -> Result<u64, Box<dyn Error>> {
    let mut futures = Vec::with_capacity(tasks as usize);
    let start = now_ns();
    for number in 0..tasks {
        futures.push(serial.submit(Work { number, workload: Workload::Empty, turns: 0, port: 0 })?);
    }
    let mut wrong = 0;
    for (number, future) in (0..).zip(&futures) {
        wrong += u64::from(!matches!(future.result(None), Ok(Ok(answer)) if answer == Work::answer(number)));
    }
    let elapsed = now_ns() - start;
    if wrong == 0 { Ok(elapsed) } else { Err(format!("{wrong} results are wrong").into()) }
}
