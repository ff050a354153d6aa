//! The `poolproof` command.

use poolproof_reports::{cli, resolve};

fn main() -> std::process::ExitCode {
    // Workers, checks and contenders are this program started again: such a process never returns
    // from here, and nothing before may print or fail.
    poolproof_executors::process::serve_if_worker();
    poolproof_conformance::serve_if_child(resolve::subject_or_reason);
    poolproof_benches::serve_if_contender(&resolve::contender_or_reason);
    cli::run(std::env::args_os())
}
