//! A run written by hand, for tests: complete, with failures, holes and hostile names.

use poolproof_harness::record::{
    CellRecord, ClaimRecord, ComparisonRecord, DeadlineRecord, Evidence, ExperimentRecord, FindingRecord, HoleRecord,
    KillRecord, PolicyRecord, Record, RequirementRecord, RunRecord, SCHEMA, SpanRecord, SubjectRecord, SummaryRecord,
    VerdictRecord,
};
use poolproof_harness::{Actor, Capability, Description, Event, Kind, Level, Moment, Profile, Verdict};
use std::collections::BTreeMap;

pub(crate) fn verdict(subject: &str, requirement: &str, verdict: Verdict) -> VerdictRecord {
    VerdictRecord {
        schema: SCHEMA,
        subject: subject.into(),
        requirement: requirement.into(),
        level: Level::Must,
        verdict,
        known: false,
        runs: 1,
        tally: Default::default(),
        elapsed_ms: 2.5,
        seed: 7,
        message: None,
        evidence: Evidence::default(),
    }
}

pub(crate) fn cell(
    subject: &str,
    sweep: &str,
    workload: &str,
    axis: (&str, f64),
    metric: &str,
    value: f64,
) -> CellRecord {
    let (unit, better) = match metric {
        "throughput" => ("tasks/s", "higher"),
        "speed-up" => ("x", "higher"),
        _ => ("ns", "lower"),
    };
    CellRecord {
        schema: SCHEMA,
        subject: subject.into(),
        sweep: sweep.into(),
        workload: workload.into(),
        axes: BTreeMap::from([(axis.0.to_owned(), axis.1)]),
        metric: metric.into(),
        unit: unit.into(),
        better: better.into(),
        value,
        low: value * 0.97,
        high: value * 1.04,
        confidence: 0.95,
        launches: 5,
        samples: 150,
        taint: None,
    }
}

pub(crate) fn subject(address: &str, status: &str, message: Option<&str>) -> SubjectRecord {
    let description = (status == "installed").then(|| Description {
        address: address.into(),
        language: "Rust".into(),
        version: "1.2.3".into(),
        versions: format!("{address} 1.2.3"),
        profile: Profile::new(Kind::Thread, &[Capability::Submit]),
        check_seconds: None,
    });
    SubjectRecord {
        schema: SCHEMA,
        subject: address.into(),
        description,
        status: status.into(),
        message: message.map(Into::into),
    }
}

fn requirement(id: &str, level: Level, text: &str) -> RequirementRecord {
    RequirementRecord {
        schema: SCHEMA,
        id: id.into(),
        area: id.split('-').next().unwrap_or_default().into(),
        level,
        text: text.into(),
        capability: "map".into(),
        sources: vec!["PEP 3148".into()],
        cpython_tests: vec!["test_map".into()],
    }
}

fn policy(subject: &str, policy: &str, declared: Option<&str>, observed: &str, standing: &str) -> PolicyRecord {
    PolicyRecord {
        schema: SCHEMA,
        subject: subject.into(),
        policy: policy.into(),
        declared: declared.map(Into::into),
        observed: Some(observed.into()),
        standing: standing.into(),
        message: None,
    }
}

fn event(at_ns: u64, actor: Actor, moment: Moment, tid: u64) -> Event {
    Event { at_ns, actor, moment, pid: 40, tid }
}

/// The invocation of [`records`].
pub(crate) fn invocation() -> RunRecord {
    RunRecord {
        schema: SCHEMA,
        poolproof: "0.1.0".into(),
        commit: "0123456789abcdef0123456789abcdef01234567".into(),
        command: vec!["poolproof".into(), "--seed".into(), "7".into()],
        started_unix: 1_762_351_331,
        elapsed_s: Some(81.5),
        seed: 7,
        host: BTreeMap::from([("cores".into(), "0-1".into()), ("cpu".into(), "Example 9000".into())]),
        subjects: BTreeMap::from([("thread".into(), "thread 1.2.3".into())]),
    }
}

/// A complete run: three subjects, one of them broken, one not installed.
pub(crate) fn records() -> Vec<Record> {
    let mut records = vec![
        Record::Subject(subject("thread", "installed", None)),
        Record::Subject(subject("python:thread", "installed", None)),
        Record::Subject(subject("sloppy", "installed", None)),
        Record::Subject(subject(
            "loky",
            "not installed",
            Some("loky is not installed; install it with: pip install loky"),
        )),
        Record::Requirement(requirement("SUB-001", Level::Must, "`submit` returns at once.")),
        Record::Requirement(requirement("MAP-001", Level::Must, "`map` yields results in input order.")),
        Record::Requirement(requirement("MAP-002", Level::Should, "`map` reads its input lazily.")),
        Record::Requirement(requirement("SHUT-001", Level::Must, "`shutdown` waits for what was accepted.")),
    ];
    for id in ["SUB-001", "MAP-001", "MAP-002", "SHUT-001"] {
        records.push(Record::Verdict(verdict("thread", id, Verdict::Conforms)));
    }
    let known = VerdictRecord {
        known: true,
        message: Some("expected the 2nd result, got none".into()),
        evidence: Evidence { ledger: Some("bpo-1234, fixed in 3.14".into()), ..Evidence::default() },
        ..verdict("python:thread", "MAP-001", Verdict::Violates)
    };
    records.extend([
        Record::Verdict(verdict("python:thread", "SUB-001", Verdict::Conforms)),
        Record::Verdict(known),
        Record::Verdict(VerdictRecord {
            level: Level::Should,
            ..verdict("python:thread", "MAP-002", Verdict::Inconclusive)
        }),
        Record::Verdict(verdict("python:thread", "SHUT-001", Verdict::Supplied)),
    ]);
    let hang = VerdictRecord {
        message: Some("expected shutdown to return after the gate opened; it had not after 2 s".into()),
        evidence: Evidence {
            history: vec![
                event(1_000_000, Actor::Check, Moment::Called("submit 1".into()), 40),
                event(1_200_000, Actor::Task(1), Moment::Started, 41),
                event(1_300_000, Actor::Task(2), Moment::Started, 42),
                event(1_500_000, Actor::Check, Moment::Opened(1), 40),
                event(1_600_000, Actor::Task(1), Moment::Finished, 41),
                event(9_000_000, Actor::Check, Moment::Called("shutdown".into()), 40),
            ],
            deadline: Some(DeadlineRecord { limit_ms: 1000.0, waited_ms: 2001.5, because: "the least".into() }),
            findings: Vec::new(),
            stacks: Some("thread 40 (main)\n  #0 futex_wait\n  #1 shutdown".into()),
            output: Some("warning: pool is busy\n".into()),
            replay: Some("poolproof check sloppy --only SHUT-001 --seed 7".into()),
            ledger: None,
        },
        ..verdict("sloppy", "SHUT-001", Verdict::Hangs)
    };
    records.extend([
        Record::Verdict(verdict("sloppy", "SUB-001", Verdict::Conforms)),
        Record::Verdict(verdict("sloppy", "MAP-001", Verdict::Conforms)),
        Record::Verdict(VerdictRecord { level: Level::Should, ..verdict("sloppy", "MAP-002", Verdict::Unsupported) }),
        Record::Verdict(hang),
    ]);
    records.extend([
        Record::Policy(policy("thread", "queue", Some("unbounded"), "unbounded", "agrees")),
        Record::Policy(policy("thread", "drop-executor", None, "waits for all tasks", "undeclared")),
        Record::Policy(policy("sloppy", "queue", Some("unbounded"), "refuses at 4", "overclaims")),
    ]);
    for (workers, factor) in [(1.0, 1.0), (2.0, 1.9), (4.0, 1.95)] {
        let at = ("workers", workers);
        records.push(Record::Cell(cell("thread", "workers", "cpu-100us", at, "throughput", 9_800.0 * factor)));
        records.push(Record::Cell(cell("sloppy", "workers", "cpu-100us", at, "throughput", 9_900.0 * factor)));
        records.push(Record::Cell(cell("python:thread", "workers", "cpu-100us", at, "throughput", 7_000.0)));
        records.push(Record::Cell(cell("thread", "workers", "cpu-100us", at, "speed-up", factor)));
        records.push(Record::Cell(cell("python:thread", "workers", "cpu-100us", at, "speed-up", 0.98)));
    }
    for (chunksize, factor) in [(1.0, 1.0), (4.0, 2.5), (16.0, 5.0), (64.0, 4.0)] {
        let at = ("chunksize", chunksize);
        records.push(Record::Cell(cell("thread", "chunksize", "empty", at, "throughput", 900_000.0)));
        records.push(Record::Cell(cell("python:thread", "chunksize", "empty", at, "throughput", 11_000.0 * factor)));
    }
    for subject in ["thread", "python:thread"] {
        for (workload, value) in [("cpu-1000us", 1_900.0), ("sleep-1000us", 3_700.0)] {
            records.push(Record::Cell(cell(subject, "io-cpu", workload, ("workers", 2.0), "throughput", value)));
        }
        for (metric, value) in [("round-trip-p50", 2_410.0), ("round-trip-p99", 31_000.0)] {
            records.push(Record::Cell(cell(subject, "latency", "empty", ("workers", 1.0), metric, value)));
        }
    }
    records.extend([
        Record::Hole(HoleRecord {
            schema: SCHEMA,
            subject: "sloppy".into(),
            sweep: "latency".into(),
            point: "empty, 1 worker".into(),
            reason: "the subject died during the round: signal 11".into(),
        }),
        Record::Experiment(experiment("thread", "map-order")),
        Record::Claim(ClaimRecord {
            schema: SCHEMA,
            claim: "`map` yields results in input order".into(),
            experiment: "sleeps 3, 2, 1 on 4 workers".into(),
            statement: "6, 4, 2 in 3.003 s".into(),
            verdict: "holds".into(),
        }),
        Record::Comparison(comparison()),
        Record::Summary(SummaryRecord {
            schema: SCHEMA,
            verdicts: BTreeMap::from([("conforms".into(), 7), ("hangs".into(), 1), ("known".into(), 1)]),
            checks: 11,
            exit: 1,
        }),
    ]);
    records
}

fn experiment(subject: &str, name: &str) -> ExperimentRecord {
    let span =
        |label: &str, tid, from, to| SpanRecord { label: label.into(), pid: 40, tid, start_ns: from, end_ns: to };
    ExperimentRecord {
        schema: SCHEMA,
        subject: subject.into(),
        experiment: name.into(),
        expected: "sleeps 3, 2, 1 on 4 workers give 6, 4, 2 in 3 s".into(),
        results: vec![6, 4, 2],
        in_promised_order: true,
        call_ns: 60_000,
        total_ns: 3_003_000_000,
        ideal_ns: 3_000_000_000,
        timeline: vec![
            span("sleep 3", 41, 100_000, 3_000_200_000),
            span("sleep 2", 42, 110_000, 2_000_200_000),
            span("sleep 1", 43, 120_000, 1_000_200_000),
        ],
    }
}

/// A broken executor that is caught.
pub(crate) fn kill() -> KillRecord {
    KillRecord {
        schema: SCHEMA,
        broken: "drops-last".into(),
        area: "MAP".into(),
        difficulty: "A".into(),
        expected: vec!["MAP-001".into()],
        caught_by: vec!["MAP-001".into(), "SUB-001".into()],
        caught: true,
        soak: None,
    }
}

/// Text made to break formats: markup, control sequences, reordering marks, pipes, lines, formulas.
pub(crate) const HOSTILE: &str =
    "=1+1|\"><script>alert(1)</script>\u{1b}[31m\u{202e}\nx\r\n]]>&amp;`*_#@all\u{0}</style><!--";

/// A run in which every text that a subject controls is `text`.
pub(crate) fn hostile(text: &str) -> Vec<Record> {
    let mut bad = verdict(text, "MAP-001", Verdict::Violates);
    bad.message = Some(text.into());
    bad.evidence = Evidence {
        history: vec![event(1, Actor::Check, Moment::Noted(text.into()), 1)],
        stacks: Some(text.into()),
        output: Some(text.into()),
        replay: Some(text.into()),
        ledger: Some(text.into()),
        deadline: Some(DeadlineRecord { limit_ms: 1.0, waited_ms: 2.0, because: text.into() }),
        findings: vec![FindingRecord { requirement: text.into(), verdict: Verdict::Hangs, message: text.into() }],
    };
    let mut described = subject(text, "installed", Some(text));
    if let Some(description) = &mut described.description {
        description.versions = text.into();
        description.language = text.into();
    }
    let mut measured = cell(text, text, text, (text, 1.0), text, 2.0);
    measured.unit = text.into();
    let mut speed = cell(text, "workers", text, ("workers", 2.0), "speed-up", 2.0);
    speed.unit = text.into();
    let mut timed = experiment(text, text);
    timed.expected = text.into();
    timed.timeline[0].label = text.into();
    vec![
        Record::Subject(described),
        Record::Requirement(RequirementRecord {
            sources: vec![text.into()],
            ..requirement("MAP-001", Level::Must, text)
        }),
        Record::Verdict(bad),
        Record::Verdict(verdict(text, text, Verdict::Hangs)),
        Record::Cell(measured),
        Record::Cell(speed),
        Record::Hole(HoleRecord {
            schema: SCHEMA,
            subject: text.into(),
            sweep: text.into(),
            point: text.into(),
            reason: text.into(),
        }),
        Record::Experiment(timed),
        Record::Claim(ClaimRecord {
            schema: SCHEMA,
            claim: text.into(),
            experiment: text.into(),
            statement: text.into(),
            verdict: text.into(),
        }),
        Record::Comparison(ComparisonRecord {
            schema: SCHEMA,
            a: text.into(),
            b: text.into(),
            workload: text.into(),
            metric: text.into(),
            ratio: 1.0,
            low: 0.9,
            high: 1.1,
            noise_floor: 0.1,
            verdict: text.into(),
            p_difference: Some(0.5),
            p_equivalence: Some(0.5),
        }),
        Record::Policy(PolicyRecord { message: Some(text.into()), ..policy(text, "queue", Some(text), text, text) }),
        Record::Policy(policy(text, text, Some(text), text, "overclaims")),
        Record::Kill(KillRecord { broken: text.into(), area: text.into(), ..kill() }),
    ]
}

/// A comparison of two subjects.
pub(crate) fn comparison() -> ComparisonRecord {
    ComparisonRecord {
        schema: SCHEMA,
        a: "thread".into(),
        b: "sloppy".into(),
        workload: "empty".into(),
        metric: "time".into(),
        ratio: 0.93,
        low: 0.90,
        high: 0.97,
        noise_floor: 0.018,
        verdict: "faster".into(),
        p_difference: Some(0.006),
        p_equivalence: Some(0.84),
    }
}
