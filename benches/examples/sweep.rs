//! Runs one sweep over subjects given by address and prints its records, as any program can.
//!
//! `cargo run --release --example sweep -p poolproof-benches -- workers thread rayon`

use poolproof_benches::{Sweep, SweepOptions, run_sweep, serve_if_contender};
use poolproof_executors::{process, registry};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    // The subjects run in this same program, started again; these two lines are all it takes.
    process::serve_if_worker();
    serve_if_contender(&|address| registry::contender(address).map_err(|error| error.to_string()));

    let mut arguments = std::env::args().skip(1);
    let sweep: Sweep = arguments.next().unwrap_or_else(|| "workers".into()).parse()?;
    let subjects: Vec<String> = arguments.collect();
    let mut print = |record| println!("{}", serde_json::to_string(&record).unwrap_or_default());
    for hole in run_sweep(sweep, &subjects, &SweepOptions::quick(), &mut print)? {
        eprintln!("{}, {}: {}", hole.subject, hole.point, hole.reason);
    }
    Ok(())
}
