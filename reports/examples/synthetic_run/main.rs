//! Writes a run of any size, and measures what it takes to render one.
//!
//! ```sh
//! cargo run --release -p poolproof-reports --example synthetic_run                              must hold
//! cargo run --release -p poolproof-reports --example synthetic_run -- write DIR 20 200 2000
//! cargo run --release -p poolproof-reports --example synthetic_run -- render DIR
//! ```
//!
//! The first reads and renders 1,000 subjects x 200 requirements x 10,000 measurements, prints time and peak
//! memory, and ends with 1 if the best of three takes 2 s or 500 MB. The second writes the records of
//! so many subjects, requirements and measurements; no executor is involved. The third renders them.

mod records;

use poolproof_reports::documents::write_reports;
use poolproof_reports::run::Run;
use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// What rendering the largest run may take.
const LIMIT: Duration = Duration::from_secs(2);
const LIMIT_KIB: u64 = 500_000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => return measure(),
        ["write", directory, subjects, requirements, cells] => {
            let place = Path::new(directory);
            records::write(place, subjects.parse()?, requirements.parse()?, cells.parse()?)?;
            println!("{directory}");
        }
        ["render", directory] => drop(render(Path::new(directory))?),
        _ => {
            let usage = "usage: synthetic_run [write DIR SUBJECTS REQUIREMENTS CELLS | render DIR]";
            return Err(usage.into());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Renders the largest run three times, each in a process of its own.
fn measure() -> Result<ExitCode, Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    records::write(home.path(), 1_000, 200, 10_000)?;
    let mut kept = false;
    for _ in 0..3 {
        let status = Command::new(std::env::current_exe()?)
            .arg("render")
            .arg(home.path())
            .env("SYNTHETIC_RUN_LIMITS", "1")
            .status()?;
        kept |= status.success();
    }
    println!("{}", if kept { "within 2 s and 500 MB" } else { "NOT within 2 s and 500 MB" });
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads and renders; fails if that takes more than is allowed, where limits are asked for.
fn render(directory: &Path) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let run = Run::read(directory)?;
    let read = started.elapsed();
    write_reports(&run, directory)?;
    let all = started.elapsed();
    let page = std::fs::metadata(directory.join("report.html"))?.len();
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    let peak: u64 = peak.ok_or("the peak memory is unknown")?;
    println!(
        "{} verdicts and {} cells: read in {:.2} s, read and rendered in {:.2} s, page of {:.2} MB, peak memory {:.0} MB",
        run.verdicts.len(),
        run.cells.len(),
        read.as_secs_f64(),
        all.as_secs_f64(),
        page as f64 / 1e6,
        peak as f64 / 1e3
    );
    if std::env::var_os("SYNTHETIC_RUN_LIMITS").is_some() && (all > LIMIT || peak > LIMIT_KIB) {
        return Err("more than is allowed".into());
    }
    Ok(())
}
