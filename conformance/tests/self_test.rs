//! The checks, proven by executors whose defects are known.

use poolproof_conformance::{Options, broken, self_test, serve_if_child, set_worker_arguments, suite};

suite!(pool_over_processes, subject: poolproof_conformance::broken::subject("sound/processes").expect("it exists"));
suite!(plain_pool, subject: poolproof_conformance::broken::subject("sound/plain").expect("the plain pool exists"));

/// This program becomes the child of a check by running this test alone.
#[test]
fn every_defect_is_caught_and_nobody_is_accused_wrongly() {
    serve_if_child(|address| broken::subject(address).ok_or_else(|| format!("{address} is not broken")));
    set_worker_arguments(["--exact", "every_defect_is_caught_and_nobody_is_accused_wrongly", "--nocapture"]);
    let result = self_test(&Options { jobs: 4, ..Options::default() }, &mut |kill| {
        println!("{:45} caught by {:?}, expected {:?}", kill.broken, kill.caught_by, kill.expected);
    });
    for alarm in &result.false_alarms {
        println!("{} {}: {} {:?}", alarm.subject, alarm.requirement, alarm.verdict, alarm.message);
    }
    println!("idle: {:?}\nundecided: {:?}", result.idle, result.undecided);
    println!("{} broken executors in {:?}", result.kills.len(), result.elapsed);
    assert!(result.passed(), "missed {:?}, errors {:?}, or a false alarm above", result.missed, result.errors);
}
