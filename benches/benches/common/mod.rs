//! What the criterion targets share: the subjects, the short mode, and the way from a criterion
//! iteration to a round of the engine.
//!
//! An iteration is one round: the same verified rounds that the sweeps run, timed by the contender
//! itself. Every benchmark's id is complete: target, subject, and the axes as `key=value`, sorted.
//! `POOLPROOF_BENCH_SHORT=1` shortens everything; criterion's own options work as well.

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use poolproof_executors::{process, registry};
use poolproof_harness::{Contender, RoundSpec};
use std::collections::BTreeMap;
use std::time::Duration;

/// The reference executors and two that are well known. They run in this process; the sweeps of
/// `poolproof bench` start a process for each and repeat that.
pub(crate) const SUBJECTS: [&str; 6] = ["serial", "thread", "process", "gil", "rayon", "tokio-blocking"];

/// One benchmark: a subject at one point of the target's axes.
#[derive(Debug)]
pub(crate) struct Point {
    /// The subject's address.
    pub(crate) address: &'static str,
    /// How many workers it has.
    pub(crate) workers: usize,
    /// What an iteration runs.
    pub(crate) spec: RoundSpec,
    /// Axes beyond workers and workload.
    pub(crate) axes: Vec<(&'static str, String)>,
}

/// Comes first in every target's main function: the process executor's workers are the target's
/// own program, started again.
pub(crate) fn serve_if_worker() {
    process::serve_if_worker();
}

/// Measures `points` in the group `name`.
pub(crate) fn run(name: &str, points: &[Point]) {
    let mut criterion = configured().configure_from_args();
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat);
    for point in points {
        group.throughput(Throughput::Elements(point.spec.tasks));
        let mut contender = None;
        group.bench_function(BenchmarkId::new(point.address, parameter(point)), |bencher| {
            // Opened here, so that a filter leaves out the opening, too.
            let contender = contender.get_or_insert_with(|| open(point));
            bencher.iter_custom(|rounds| (0..rounds).map(|_| round(contender.as_mut(), point)).sum());
        });
        if let Some(mut contender) = contender {
            contender.close();
        }
    }
    group.finish();
    criterion.final_summary();
}

fn configured() -> Criterion {
    let short = std::env::var_os("POOLPROOF_BENCH_SHORT").is_some_and(|value| value != "0");
    let (warm_up, measured, resamples) = if short { (50, 200, 1_000) } else { (1_000, 3_000, 10_000) };
    Criterion::default()
        .sample_size(10)
        .nresamples(resamples)
        .warm_up_time(Duration::from_millis(warm_up))
        .measurement_time(Duration::from_millis(measured))
        .without_plots()
}

/// `workers=2,workload=cpu-100us`: every axis, sorted by name.
fn parameter(point: &Point) -> String {
    let mut axes: BTreeMap<&str, String> = point.axes.iter().cloned().collect();
    axes.insert("workers", point.workers.to_string());
    axes.insert("workload", point.spec.workload.to_string());
    axes.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

fn open(point: &Point) -> Box<dyn Contender> {
    let mut contender = registry::contender(point.address).unwrap_or_else(|error| panic!("{error}"));
    contender.open(point.workers).unwrap_or_else(|error| panic!("{}: {error}", point.address));
    contender
}

/// One round; a figure of a round with wrong results would be worse than none.
fn round(contender: &mut dyn Contender, point: &Point) -> Duration {
    let round = contender.round(&point.spec).unwrap_or_else(|error| panic!("{}: {error}", point.address));
    Duration::from_nanos(round.elapsed_ns)
}
