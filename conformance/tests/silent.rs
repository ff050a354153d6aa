//! Nobody is accused for what he did not declare: sound executors that are unusual and say nothing
//! about their policies keep every MUST that applies to them.

use poolproof_conformance::{
    Ledger, Level, Options, Runner, Verdict, broken, find_policy, policies, requirements, serve_if_child,
    set_worker_arguments,
};

/// This program becomes the child of a check by running this test alone.
#[test]
fn sound_executors_that_declare_nothing_are_not_accused() {
    serve_if_child(|address| broken::subject(address).ok_or_else(|| format!("{address} does not exist")));
    set_worker_arguments(["--exact", "sound_executors_that_declare_nothing_are_not_accused", "--nocapture"]);
    let runner = &Runner::new(Options { jobs: 4, ledger: Ledger::none(), ..Options::default() });
    let unusual = [
        "lifo",
        "random-order",
        "thread-per-task",
        "bounded-blocking",
        "bounded-refusing",
        "acknowledged-cancel",
        "waits-on-drop",
        "cancels-on-drop",
        "future-drop-cancels",
        "helping-waiters",
        "processes",
        "processes-break",
        "processes-without-a-queue",
        "processes-end-on-drop",
    ];
    // Most of the time passes in waiting, so two are checked at a time.
    let alarms: Vec<String> = std::thread::scope(|scope| {
        let halves = unusual.chunks(unusual.len().div_ceil(2));
        let checked: Vec<_> = halves
            .map(|names| scope.spawn(|| names.iter().flat_map(|name| alarms(runner, name)).collect::<Vec<_>>()))
            .collect();
        checked.into_iter().flat_map(|half| half.join().expect("every half is checked")).collect()
    });
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
}

/// Each MUST of which the silent executor of this name is accused, or that stays undecided.
fn alarms(runner: &Runner, name: &str) -> Vec<String> {
    let subject = broken::subject(&format!("silent/{name}")).expect("every sound executor has a silent twin");
    let description = subject.describe().expect("it is there");
    let (mut alarms, mut conforming) = (Vec::new(), 0);
    let checked = runner.check(&description, requirements(), &mut |record| {
        conforming += usize::from(record.verdict == Verdict::Conforms);
        let bad = record.verdict.is_failure() || matches!(record.verdict, Verdict::Overclaims | Verdict::Inconclusive);
        if record.level == Level::Must && bad {
            alarms.push(format!("{name} {}: {} {:?}", record.requirement, record.verdict, record.message));
        }
    });
    checked.expect("it can be checked");
    assert!(conforming > 50, "{name}: only {conforming} requirements were decided in its favour");
    alarms
}

/// What an experiment sees is what the executor was built to do, whatever it says of itself.
#[test]
fn experiments_see_what_sound_executors_do() {
    serve_if_child(|address| broken::subject(address).ok_or_else(|| format!("{address} does not exist")));
    set_worker_arguments(["--exact", "experiments_see_what_sound_executors_do", "--nocapture"]);
    let runner = Runner::new(Options { jobs: 4, ledger: Ledger::none(), ..Options::default() });
    let built = [
        ("plain", "start-order", "fifo"),
        ("plain", "queue", "unbounded"),
        ("plain", "nested", "deadlocks"),
        ("plain", "cancel", "eager"),
        ("lifo", "start-order", "lifo"),
        ("random-order", "start-order", "no order"),
        ("thread-per-task", "worker-limit", "no limit"),
        ("eager-workers", "worker-start", "when it opens"),
        ("bounded-blocking", "queue", "blocks at 4"),
        ("bounded-refusing", "queue", "refuses at 4"),
        ("acknowledged-cancel", "cancel", "acknowledged"),
        ("waits-on-drop", "drop-executor", "waits"),
        ("cancels-on-drop", "drop-executor", "cancels"),
        ("future-drop-cancels", "drop-future", "cancels"),
        ("future-drop-cancels", "panic", "reaches the waiter"),
        ("processes-end-on-drop", "drop-executor", "cancels"),
        ("helping-waiters", "nested", "progresses"),
        ("processes", "worker-loss", "worker replaced"),
        ("processes-break", "worker-loss", "breaks the executor"),
        ("processes-without-a-queue", "worker-loss", "breaks the executor"),
        ("processes-without-a-queue", "queue", "blocks at 0"),
        ("processes", "nested", "unreachable"),
    ];
    let mut wrong = Vec::new();
    for (name, policy, word) in built {
        let policy = find_policy(policy).expect("it is in the list");
        for kind in ["sound", "silent"] {
            let subject = broken::subject(&format!("{kind}/{name}")).expect("it exists");
            let description = subject.describe().expect("it is there");
            let observed = runner.profile(&description, &[policy], &mut |observation| {
                let seen = observation.observed.as_ref().map(ToString::to_string);
                let standing = observation.standing.word();
                if seen.as_deref() != Some(word) || standing == "overclaims" {
                    wrong.push(format!("{kind}/{name}: {} is {word}, but was seen as {observation:?}", policy.id));
                }
            });
            observed.expect("it can be observed");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(policies().len() >= 15);
}
