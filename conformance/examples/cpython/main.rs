//! CPython as the oracle: what the suite and stand-alone scripts find on each version.
//!
//! ```text
//! cargo run -p poolproof-conformance --example cpython -- evidence python3.12 python3.13 > docs/cpython/evidence.jsonl
//! cargo run -p poolproof-conformance --example cpython -- collect RUN-DIRECTORY... > docs/cpython/verdicts.jsonl
//! cargo run -p poolproof-conformance --example cpython -- page > docs/CPYTHON-DEFECTS.md
//! ```
//!
//! `evidence` runs every script that the ledger names under each interpreter, and fails if one says
//! something else than the ledger expects. `collect` condenses runs of `poolproof check --no-ledger`. `page`
//! renders both as one document, and fails if they contradict the ledger.

mod collect;
mod evidence;
mod page;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let result = match command.as_str() {
        "evidence" => evidence::run(&rest),
        "collect" => collect::run(&rest),
        "page" => page::run(),
        other => Err(format!("unknown command `{other}`: say `evidence`, `collect` or `page`")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("cpython: {reason}");
            ExitCode::FAILURE
        }
    }
}
