//! The thread executor against its peers: the rows of docs/PERFORMANCE.md.
//!
//! `cargo bench -p poolproof-executors --bench limits --features
//! async-executor,futures,rayon-par-iter,rusty_pool,threadpool,tokio-spawn -- [ROW...]`
//!
//! All contenders of a row are open in one process and take turns round by round; what counts is
//! the median of the ratios within a round. Each row is printed as a line of a Markdown table on
//! standard output; the figures behind it go to standard error.

mod arms;
mod floor;
mod machine;
#[allow(dead_code, reason = "other benches need more of it")]
mod paired;
mod rows;
mod tasks;
mod wide;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let [flood, address, workers] = &wanted[..]
        && flood == "flood"
    {
        return wide::flood(address, workers.parse().unwrap_or(1));
    }
    let rounds = std::env::var("POOLPROOF_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    for (name, run) in rows::ROWS {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            eprintln!("{name}");
            run(rounds);
        }
    }
}
