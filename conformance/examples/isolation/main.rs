//! What isolation costs, and what a second job saves.
//!
//! ```text
//! cargo run --release -p poolproof-conformance --example isolation [ROUNDS]
//! ```
//!
//! Every check that the thread executor keeps is run in this process and, right before or after, as the
//! runner runs it: in a process of its own, with the life before it that warms libraries up, the
//! audit, and the end of everything that is left. The difference of the two is what isolation costs.
//! Then the whole contract is checked one check at a time and two at a time, in turns.

mod paired;

use paired::{Millis, Spread};
use poolproof_conformance::{
    Description, Ledger, Options, Patience, Requirement, Runner, Subject, Trial, Verdict, requirements, serve_if_child,
};
use poolproof_executors::registry;
use std::process::ExitCode;
use std::time::Instant;

/// The native subject.
const SUBJECT: &str = "thread";

/// So much nobody notices.
const ALLOWED: Millis = 5.0;

fn main() -> ExitCode {
    poolproof_executors::process::serve_if_worker();
    serve_if_child(|address| registry::subject(address).map_err(|error| error.to_string()));
    let rounds = std::env::args().nth(1).map_or(Ok(9), |text| text.parse::<usize>());
    match rounds.map_err(|error| error.to_string()).and_then(measure) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("isolation: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Measures and prints; whether both are as they should be.
fn measure(rounds: usize) -> Result<bool, String> {
    let subject = registry::subject(SUBJECT).map_err(|error| error.to_string())?;
    let description = subject.describe().map_err(|error| error.to_string())?;
    let [one, two] = [1, 2].map(|jobs| Runner::new(Options { jobs, ledger: Ledger::none(), ..Options::default() }));

    // Tasks panic on purpose, in this process too; children tell their wardens as ever.
    std::panic::set_hook(Box::new(|_| {}));

    // The first round finds out what applies, and starts the wardens.
    let kept = kept(&one, &description)?;
    kept_by(&two, &description, requirements())?;
    let mut costs = Vec::new();
    for round in 0..rounds {
        for requirement in &kept {
            // Whoever goes second finds warm caches, so they take turns.
            let bare_first = round % 2 == 0;
            let early = bare_first.then(|| bare(&*subject, &description, requirement));
            let isolated = kept_by(&one, &description, &[requirement])?;
            let bare = early.unwrap_or_else(|| bare(&*subject, &description, requirement));
            costs.extend(isolated.first().map(|isolated| isolated.1 - bare));
        }
    }
    let cost = Spread::of(costs).ok_or("nothing was measured: ask for at least one round")?;
    println!("checks of {SUBJECT} that were compared: {}, {rounds} times each", kept.len());
    println!("isolation costs, per check: {cost} ms (median of paired differences; at most {ALLOWED} ms are allowed)");

    let mut ratios = Vec::new();
    for round in 0..rounds {
        let mut times = [&one, &two].map(|runner| (runner, 0.0));
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for place in order {
            let start = Instant::now();
            kept_by(times[place].0, &description, requirements())?;
            times[place].1 = start.elapsed().as_secs_f64() * 1e3;
        }
        println!("whole contract: {:.0} ms with 1 job, {:.0} ms with 2", times[0].1, times[1].1);
        ratios.push(times[1].1 / times[0].1);
    }
    let ratio = Spread::of(ratios).ok_or("nothing was measured")?;
    println!("with 2 jobs it takes {ratio} times as long as with 1 (median of paired ratios)");
    Ok(cost.median < ALLOWED && ratio.high < 1.0)
}

/// The requirements that the subject keeps.
fn kept(runner: &Runner, description: &Description) -> Result<Vec<&'static Requirement>, String> {
    let found = kept_by(runner, description, requirements())?;
    Ok(found.into_iter().map(|(requirement, _)| requirement).collect())
}

/// Checks `selection`: what was kept, and how long each took.
fn kept_by(
    runner: &Runner,
    description: &Description,
    selection: &[&'static Requirement],
) -> Result<Vec<(&'static Requirement, Millis)>, String> {
    let mut kept = Vec::new();
    let done = runner.check(description, selection, &mut |record| {
        let requirement = selection.iter().find(|requirement| requirement.id == record.requirement);
        if let (Verdict::Conforms, Some(requirement)) = (record.verdict, requirement) {
            kept.push((*requirement, record.elapsed_ms));
        }
    });
    done.map_err(|error| error.to_string())?;
    Ok(kept)
}

/// How long the same check takes in this process, without anything around it.
fn bare(subject: &dyn Subject, description: &Description, requirement: &Requirement) -> Millis {
    let start = Instant::now();
    let patience = Patience::ticks(1000);
    let mut trial = Trial::new(subject, description.profile.clone(), Options::default().workers, patience, 1);
    // Its verdict was found before; a check that panics here panics there too.
    let _ = (requirement.check)(&mut trial);
    drop(trial);
    start.elapsed().as_secs_f64() * 1e3
}
