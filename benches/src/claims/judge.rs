//! The table of claims, each with what decides it.

use super::findings::{Finding, expecting, figure, is_process, is_thread, is_under_lock, select, short, speeds_up};
use super::{Claim, ClaimVerdict, experiment_cells};
use poolproof_harness::record::CellRecord;

/// A claim of the notes and how cells decide it.
struct Entry {
    text: &'static str,
    experiment: &'static str,
    decide: fn(&[CellRecord]) -> Vec<Finding>,
}

const ENTRIES: [Entry; 8] = [
    Entry {
        text: "the GIL lets one thread at a time run bytecode: threads do not speed up CPU-bound work",
        experiment: "speed-up by number of workers of a CPU task: executors under a GIL beside Rust threads",
        decide: lock,
    },
    Entry {
        text: "blocking I/O (and `time.sleep`) releases the GIL: threads do speed up I/O-bound work",
        experiment: "speed-up of the most workers over one for sleep, loopback sockets and files",
        decide: blocking,
    },
    Entry {
        text: "processes each have their own lock: `ProcessPoolExecutor` speeds up CPU-bound work",
        experiment: "speed-up by number of workers of a CPU task on process executors",
        decide: processes,
    },
    Entry {
        text: "`map` returns at once; iterating it yields results in input order",
        experiment: "map over sleeps of 3, 2, 1 units on 4 workers, repeated",
        decide: |cells| experiment_cells::findings(cells, "map"),
    },
    Entry {
        text: "`chunksize` only matters for processes: it saves one IPC round trip per item",
        experiment: "time per item of a map by chunksize, threads beside processes",
        decide: chunksize,
    },
    Entry {
        text: "`submit` returns at once; `result()` blocks",
        experiment: "submit of a sleep of 3 units on 1 worker, repeated",
        decide: |cells| experiment_cells::findings(cells, "submit"),
    },
    Entry {
        text: "`as_completed` yields in completion order",
        experiment: "as_completed over sleeps of 5 to 1 units on 5 workers, repeated",
        decide: |cells| experiment_cells::findings(cells, "as_completed"),
    },
    Entry {
        text: "futures are made by the executor, not by the user",
        experiment: "checked at build time: code that makes a future by hand must not compile",
        decide: |_| vec![Finding::remark(BUILD_TIME.into(), Vec::new())],
    },
];

/// What was checked of the last claim when this was built: the examples of this module.
const BUILD_TIME: &str = "nothing to time: `CellFuture` has no public constructor, as tests of this crate that \
                          must not compile show, and an executor makes both ends with `Promise::pair`";

/// Concludes on every claim of the notes from the cells of the sweeps and of [`measure`](super::measure).
#[must_use]
pub fn judge(cells: &[CellRecord]) -> Vec<Claim> {
    ENTRIES
        .iter()
        .map(|entry| {
            let findings = (entry.decide)(cells);
            let sentences: Vec<&str> = findings.iter().map(|finding| finding.sentence.as_str()).collect();
            let statement = if sentences.is_empty() { "no figures".to_owned() } else { sentences.join("; ") };
            let verdict = ClaimVerdict::of_all(findings.iter().map(|finding| finding.verdict));
            let cells = findings.into_iter().flat_map(|finding| finding.cells).collect();
            Claim { text: entry.text, experiment: entry.experiment, cells, statement, verdict }
        })
        .collect()
}

/// The addresses among `cells` that `plays` holds for, each once, in order of appearance.
fn cast<'a>(cells: impl Iterator<Item = &'a CellRecord>, plays: fn(&str) -> bool) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for cell in cells {
        if plays(&cell.subject) && !found.contains(&cell.subject.as_str()) {
            found.push(&cell.subject);
        }
    }
    found
}

/// `2 workers 1.98 [1.95, 2.01]`, for each number of workers.
fn by_workers(cells: &[CellRecord]) -> String {
    let of = |cell: &CellRecord| format!("{} workers {}", cell.axes.get("workers").unwrap_or(&0.0), figure(cell));
    cells.iter().map(of).collect::<Vec<_>>().join(", ")
}

fn cpu_speed_ups(cells: &[CellRecord], subject: &str) -> Vec<CellRecord> {
    select(cells, "workers", "speed-up", "cpu").filter(|cell| cell.subject == subject).cloned().collect()
}

fn lock(cells: &[CellRecord]) -> Vec<Finding> {
    let subjects = cast(select(cells, "workers", "speed-up", "cpu"), is_under_lock);
    if subjects.is_empty() {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = subjects
        .into_iter()
        .map(|subject| {
            let own = cpu_speed_ups(cells, subject);
            let verdict = ClaimVerdict::of_all(own.iter().map(|cell| expecting(false, speeds_up(cell))));
            Finding { sentence: format!("{subject}: {} times one worker", by_workers(&own)), verdict, cells: own }
        })
        .collect();
    findings.push(contrast(cells));
    findings
}

/// Without a lock the same threads must be faster, or the machine cannot show the lock.
fn contrast(cells: &[CellRecord]) -> Finding {
    let own = cpu_speed_ups(cells, "thread");
    let without = "without threads that are free of a lock the comparison lacks its other half";
    if own.is_empty() {
        return Finding { sentence: without.into(), verdict: ClaimVerdict::Unclear, cells: own };
    }
    let sentence = format!("without a lock, thread: {}", by_workers(&own));
    if own.iter().any(|cell| speeds_up(cell) == Some(true)) {
        Finding::remark(sentence, own)
    } else {
        let sentence = format!("{sentence}, so this machine shows no speed-up that a lock could prevent");
        Finding { sentence, verdict: ClaimVerdict::Unclear, cells: own }
    }
}

fn blocking(cells: &[CellRecord]) -> Vec<Finding> {
    let of = |workload| select(cells, "io-cpu", "speed-up", workload);
    let all = || of("sleep").chain(of("socket")).chain(of("file"));
    cast(all(), |address| is_thread(address) || is_under_lock(address))
        .into_iter()
        .map(|subject| {
            let own: Vec<&CellRecord> = all().filter(|cell| cell.subject == subject).collect();
            let most = own.iter().filter_map(|cell| cell.axes.get("workers")).copied().fold(0.0, f64::max);
            let own: Vec<CellRecord> =
                own.into_iter().filter(|cell| cell.axes.get("workers") == Some(&most)).cloned().collect();
            let parts: Vec<String> = own.iter().map(|cell| format!("{} {}", cell.workload, figure(cell))).collect();
            let verdict = ClaimVerdict::of_all(own.iter().map(|cell| expecting(true, speeds_up(cell))));
            let sentence = format!("{subject}: {most} workers {} times one worker", parts.join(", "));
            Finding { sentence, verdict, cells: own }
        })
        .collect()
}

fn processes(cells: &[CellRecord]) -> Vec<Finding> {
    cast(select(cells, "workers", "speed-up", "cpu"), is_process)
        .into_iter()
        .map(|subject| {
            let own = cpu_speed_ups(cells, subject);
            let best = own.iter().max_by(|a, b| a.value.total_cmp(&b.value));
            let verdict = best.map_or(ClaimVerdict::NotMeasured, |best| expecting(true, speeds_up(best)));
            Finding { sentence: format!("{subject}: {} times one worker", by_workers(&own)), verdict, cells: own }
        })
        .collect()
}

fn chunksize(cells: &[CellRecord]) -> Vec<Finding> {
    let of = |metric| select(cells, "chunksize", metric, "");
    let plays = |address: &str| is_thread(address) || is_process(address);
    let mut findings: Vec<Finding> = cast(of("speed-up"), plays)
        .into_iter()
        .filter_map(|subject| {
            let own: Vec<CellRecord> = of("speed-up").filter(|cell| cell.subject == subject).cloned().collect();
            let best = own.iter().max_by(|a, b| a.value.total_cmp(&b.value))?;
            let mut times = of("time-per-item").filter(|cell| cell.subject == subject);
            let one = times.find(|cell| cell.axes.get("chunksize") == Some(&1.0))?.clone();
            // It matters if one chunksize helps, and does not if none does.
            let matters = if own.iter().any(|cell| speeds_up(cell) == Some(true)) {
                Some(true)
            } else if own.iter().all(|cell| speeds_up(cell) == Some(false)) {
                Some(false)
            } else {
                None
            };
            let size = best.axes.get("chunksize").copied().unwrap_or(1.0);
            let trips: Vec<CellRecord> = of("round-trips").filter(|cell| cell.subject == subject).cloned().collect();
            let trips_at = |size: f64| {
                let found = trips.iter().find(|cell| cell.axes.get("chunksize") == Some(&size));
                found.map_or(String::new(), |cell| format!(" and {} round trips", short(cell.value)))
            };
            let sentence = format!(
                "{subject}: an item takes {} ns{} at chunksize 1, and chunksize {size} makes it {} times as fast{}",
                figure(&one),
                trips_at(1.0),
                figure(best),
                trips_at(size).replacen(" and", " with", 1),
            );
            let cells = own.into_iter().chain([one]).chain(trips).collect();
            Some(Finding { sentence, verdict: expecting(is_process(subject), matters), cells })
        })
        .collect();
    if !findings.is_empty() {
        let remark = "round trips are given for those executors that count them".into();
        findings.push(Finding::remark(remark, Vec::new()));
    }
    findings
}
