//! A program that forgets to serve as a contender does not start itself without end.

use poolproof_benches::engine::launch;
use poolproof_harness::set_worker_arguments;

const ADVICE: &str =
    "this process was started to be a contender and is none: call `serve_if_contender` at the top of `main`";

/// Runs twice: in the test program, and in the child that it starts, which should have served.
#[test]
fn forgetful() {
    set_worker_arguments(["--exact", "forgetful", "--nocapture"]);
    let Err(error) = launch("thread") else { panic!("nobody serves") };
    let error = error.to_string();
    if error == ADVICE {
        eprintln!("{error}");
        std::process::exit(9);
    }
    assert_eq!(error, format!("its process ended (exit status: 9): {ADVICE}"));
}
