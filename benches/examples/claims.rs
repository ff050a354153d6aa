//! Measures the claims of the notes again and prints what became of each.
//!
//! `cargo run --release --example claims -p poolproof-benches`

use poolproof_benches::claims::{SUBJECTS, measure};
use poolproof_benches::{SweepOptions, serve_if_contender};
use poolproof_executors::{process, registry};

fn main() {
    process::serve_if_worker();
    serve_if_contender(&|address| registry::contender(address).map_err(|error| error.to_string()));

    let subjects = SUBJECTS.map(str::to_owned);
    let resolve = |address: &str| registry::subject(address).map_err(|error| error.to_string());
    let (claims, holes) = measure(&subjects, &[], &SweepOptions::quick(), &resolve, &mut |_| {});
    for claim in claims {
        println!("{}: {}\n    {}\n", claim.verdict, claim.text, claim.statement);
    }
    for hole in holes {
        println!("no figure for {}, {}: {}", hole.subject, hole.point, hole.reason);
    }
}
