//! The records of a run of any size.

use poolproof_conformance::policies;
use poolproof_harness::record::{
    CellRecord, Evidence, PolicyRecord, Record, RequirementRecord, SCHEMA, SubjectRecord, SummaryRecord, VerdictRecord,
};
use poolproof_harness::{Actor, Capability, Description, Event, Kind, Level, Moment, Profile, Verdict};
use poolproof_reports::run::{Recorder, RunError};
use std::path::Path;

/// Writes the records of a run of that size into `directory`.
pub(crate) fn write(directory: &Path, subjects: usize, requirements: usize, cells: usize) -> Result<(), RunError> {
    let mut recorder = Recorder::open(Some(directory), 7)?;
    const AREAS: [&str; 8] = ["SUB", "FUT", "MAP", "SHUT", "CALL", "WORK", "TIME", "MEM"];
    let id = |number: usize| format!("{}-{:03}", AREAS[number % AREAS.len()], 1 + number / AREAS.len());
    for number in 0..requirements {
        recorder.write(&Record::Requirement(RequirementRecord {
            schema: SCHEMA,
            id: id(number),
            area: AREAS[number % AREAS.len()].into(),
            level: if number % 5 == 4 { Level::Should } else { Level::Must },
            text: "The executor keeps this promise, whatever the number of workers.".into(),
            capability: "map".into(),
            sources: vec!["PEP 3148".into()],
            cpython_tests: Vec::new(),
        }))?;
    }
    for subject in 0..subjects {
        recorder.write(&Record::Subject(described(&name(subject))))?;
        for policy in policies() {
            recorder.write(&Record::Policy(observed(&name(subject), policy.id)))?;
        }
        for number in 0..requirements {
            let chance = if subject % 2 == 1 { number * 17 + subject / 2 } else { 1 + number % 49 };
            let verdict = verdict(&name(subject), &id(number), chance);
            recorder.write(&Record::Verdict(verdict))?;
        }
    }
    let each = cells.div_ceil(subjects.max(1));
    for subject in 0..subjects {
        for cell in points().into_iter().cycle().take(each.min(points().len())) {
            recorder.write(&Record::Cell(measured(&name(subject), subject, cell)))?;
        }
    }
    recorder.write(&Record::Summary(SummaryRecord { schema: SCHEMA, ..SummaryRecord::default() }))?;
    recorder.close().map(drop)
}

fn name(subject: usize) -> String {
    format!("executor-{subject:03}")
}

fn described(subject: &str) -> SubjectRecord {
    let description = Description {
        address: subject.into(),
        language: "Rust".into(),
        version: "1.2.3".into(),
        versions: format!("{subject} 1.2.3"),
        profile: Profile::new(Kind::Thread, &Capability::ALL),
        check_seconds: None,
    };
    let status = "installed".into();
    SubjectRecord { schema: SCHEMA, subject: subject.into(), description: Some(description), status, message: None }
}

fn observed(subject: &str, policy: &str) -> PolicyRecord {
    PolicyRecord {
        schema: SCHEMA,
        subject: subject.into(),
        policy: policy.into(),
        declared: Some("runs all of them".into()),
        observed: Some("runs all of them".into()),
        standing: "agrees".into(),
        message: None,
    }
}

/// Every other subject fails two in a hundred, each with the evidence of a failure.
fn verdict(subject: &str, requirement: &str, chance: usize) -> VerdictRecord {
    let verdict = match chance % 100 {
        0 | 50 => Verdict::Hangs,
        1..=15 => Verdict::Supplied,
        16..=30 => Verdict::Unsupported,
        _ => Verdict::Conforms,
    };
    let event = |number: u64| Event {
        at_ns: number * 1_000_000,
        actor: if number.is_multiple_of(3) { Actor::Check } else { Actor::Task((number % 4) as _) },
        moment: match number % 3 {
            0 => Moment::Called("submit".into()),
            1 => Moment::Started,
            _ => Moment::Finished,
        },
        pid: 40,
        tid: 40 + number % 4,
    };
    let failed = verdict == Verdict::Hangs;
    VerdictRecord {
        schema: SCHEMA,
        subject: subject.into(),
        requirement: requirement.into(),
        level: Level::Must,
        verdict,
        known: chance.is_multiple_of(200),
        runs: 1,
        tally: Default::default(),
        elapsed_ms: 2.5,
        seed: 7,
        message: failed.then(|| "every future must be done, but those of tasks [4, 5] never are".into()),
        evidence: if failed {
            Evidence {
                history: (0..24).map(event).collect(),
                stacks: Some("thread 40 (main)\n  #0 futex_wait\n  #1 shutdown\n  #2 main\n".repeat(4)),
                replay: Some(format!("poolproof check {subject} --only {requirement} --seed 7")),
                ..Evidence::default()
            }
        } else {
            Evidence::default()
        },
    }
}

type Point = (&'static str, String, Vec<(&'static str, f64)>, &'static str, &'static str, &'static str);

/// The points of all sweeps, as an unhurried run measures them.
fn points() -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for percentile in ["round-trip-p50", "round-trip-p90", "round-trip-p99", "round-trip-p99.9"] {
        points.push(("latency", "empty".into(), vec![("workers", 1.0)], percentile, "us", "lower"));
    }
    for workers in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0] {
        for (metric, unit) in [("throughput", "tasks/s"), ("speed-up", "x"), ("speed-up-over-serial", "x")] {
            points.push(("workers", "cpu-100us".into(), vec![("workers", workers)], metric, unit, "higher"));
        }
        for metric in ["start-first", "start-all", "stop"] {
            points.push(("lifecycle", "empty".into(), vec![("workers", workers)], metric, "us", "lower"));
        }
    }
    for power in 0..12 {
        let size = f64::from(1 << power);
        let chunk = vec![("chunksize", size), ("workers", 8.0)];
        points.push(("chunksize", "cpu-10us".into(), chunk.clone(), "time-per-item", "ns", "lower"));
        points.push(("chunksize", "cpu-10us".into(), chunk, "speed-up", "x", "higher"));
        points.push(("granularity", format!("cpu-{size}us"), vec![("workers", 8.0)], "efficiency", "share", "higher"));
    }
    points.push(("granularity", "cpu-1us".into(), vec![("workers", 8.0)], "metg-50", "us", "lower"));
    for workload in ["cpu-1000us", "sleep-1000us", "socket-1", "file-256KiB"] {
        points.push(("io-cpu", workload.into(), vec![("workers", 8.0)], "speed-up", "x", "higher"));
        points.push(("io-cpu", workload.into(), vec![("workers", 8.0)], "throughput", "tasks/s", "higher"));
    }
    for gap in [0.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6] {
        let at = vec![("gap-us", gap), ("workers", 8.0)];
        points.push(("idle", "empty".into(), at.clone(), "wake-up-p50", "us", "lower"));
        points.push(("idle", "empty".into(), at, "cpu-share", "% of a core", "lower"));
    }
    points.push(("memory", "empty".into(), vec![("workers", 8.0)], "memory-per-worker", "KiB", "lower"));
    points.push(("memory", "empty".into(), vec![("workers", 8.0)], "memory-per-pending-task", "B", "lower"));
    points
}

fn measured(subject: &str, number: usize, (sweep, workload, axes, metric, unit, better): Point) -> CellRecord {
    let place: f64 = axes.iter().map(|(_, value)| value.max(1.0).ln()).sum();
    let value = (1.0 + place) * (1.0 + (number % 13) as f64 / 7.0) * if unit == "share" { 0.05 } else { 1.0 };
    CellRecord {
        schema: SCHEMA,
        subject: subject.into(),
        sweep: sweep.into(),
        workload,
        axes: axes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        metric: metric.into(),
        unit: unit.into(),
        better: better.into(),
        value,
        low: value * 0.95,
        high: value * 1.06,
        confidence: 0.95,
        launches: 5,
        samples: 150,
        taint: None,
    }
}
