//! The process executor against its peers and the bare ring: rows of docs/PERFORMANCE.md.
//!
//! `cargo bench -p poolproof-executors --bench process --features procspawn -- [ROW...]`
//!
//! All contenders of a row are open at the same time and take turns round by round; what counts is the median of the
//! ratios within a round. The pools of CPython run in interpreters of their own, which time themselves; without
//! `python3.13` their rows say *not installed*. `POOLPROOF_ROUNDS=31` measures longer. Each row is printed as a line
//! of a Markdown table on standard output; the figures behind it go to standard error.

mod arms;
mod bare;
mod measure;
#[path = "../limits/paired.rs"]
#[allow(dead_code, reason = "other benches need more of it")]
mod paired;
mod python;
mod rows;
mod tasks;

use poolproof_executors::process::Tasks;

fn main() {
    Tasks::new().with::<tasks::Echo>().with::<tasks::Double>().with::<tasks::Long>().serve_if_worker();
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let [pong, path] = &wanted[..]
        && (pong == bare::PONG || pong == bare::PONG_TASKS)
    {
        return if pong == bare::PONG { bare::pong(path) } else { bare::pong_tasks(path) };
    }
    if wanted == [rows::NOTHING] {
        return;
    }
    let rounds = std::env::var("POOLPROOF_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    for (name, run) in rows::ROWS {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            eprintln!("{name}");
            run(rounds);
        }
    }
}
