//! The experiments of the notes on real executors, and on one that breaks its promise.

use poolproof_benches::experiments::{Experiment, completion_order, map_order, submit_result};
use poolproof_executors::registry;
use poolproof_executors::serial::SerialExecutor;
use poolproof_harness::{
    CellFuture, Config, Executor, MapOptions, MapResults, NativeSubject, Payload, Profile, Refused, SetupError,
    Shutdown, Subject, Task, submit_map,
};

/// Sleeps of 20 ms stand for seconds.
const SCALE: f64 = 0.02;

fn thread() -> Box<dyn Subject> {
    registry::subject("thread").expect("it is built in")
}

fn on_thread(run: fn(&dyn Subject, f64) -> Result<Experiment, SetupError>) -> Experiment {
    let experiment = run(&*thread(), SCALE).expect("it runs");
    // No executor beats the sleeps themselves.
    assert!(experiment.total_ns >= experiment.ideal_ns, "{experiment:?}");
    assert!(experiment.call_ns <= experiment.total_ns, "{experiment:?}");
    assert!(experiment.in_promised_order, "{experiment:?}");
    experiment
}

#[test]
fn map_yields_in_input_order() {
    let experiment = on_thread(map_order);
    assert_eq!(experiment.results, [6, 4, 2]);
    let mut labels: Vec<_> = experiment.timeline.iter().map(|span| span.label.as_str()).collect();
    labels.sort_unstable();
    assert_eq!(labels, ["sleep 1", "sleep 2", "sleep 3"]);
    for span in &experiment.timeline {
        let seconds: u64 = span.label["sleep ".len()..].parse().expect("a number");
        assert!(span.end_ns - span.start_ns >= seconds * 20_000_000, "{span:?}");
        assert_eq!(span.pid, std::process::id());
    }
}

#[test]
fn submit_waits_in_result() {
    let experiment = on_thread(submit_result);
    assert_eq!(experiment.results, [6]);
    assert_eq!(experiment.record().expected, "6: what the task returned");
}

#[test]
fn as_completed_yields_in_completion_order() {
    let experiment = on_thread(completion_order);
    assert_eq!(experiment.timeline.len(), 5);
    let mut sorted = experiment.results.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [2, 4, 6, 8, 10]);
}

#[test]
fn without_workers_the_call_does_not_return_at_once() {
    let serial = registry::subject("serial").expect("it is built in");
    let map = map_order(&*serial, 0.001).expect("it runs");
    assert_eq!((map.results, map.in_promised_order, map.returned_at_once), (vec![6, 4, 2], true, false));
    // Here the order of completion is that of submission, and that is what is promised.
    let completed = completion_order(&*serial, 0.001).expect("it runs");
    assert_eq!((completed.results, completed.in_promised_order), (vec![10, 8, 6, 4, 2], true));
}

/// Reads its results from the last to the first.
#[derive(Debug, Default)]
struct Backwards(SerialExecutor);

impl Executor for Backwards {
    type Future<T: Payload> = CellFuture<T>;

    fn profile(&self) -> Profile {
        self.0.profile()
    }

    fn submit<T: Task>(&self, task: T) -> Result<CellFuture<T::Output>, Refused> {
        self.0.submit(task)
    }

    fn map<T: Task>(
        &self,
        tasks: &mut dyn Iterator<Item = T>,
        options: MapOptions,
    ) -> Result<MapResults<T::Output>, Refused> {
        let results: Vec<_> = submit_map(self, tasks, options)?.collect();
        Ok(Box::new(results.into_iter().rev()))
    }

    fn shutdown(&self, how: Shutdown) {
        self.0.shutdown(how);
    }
}

#[test]
fn a_broken_promise_is_seen() {
    let profile = Backwards::default().profile();
    let subject = NativeSubject::new("backwards", "1", profile, |_: &Config| Ok(Backwards::default()));
    let experiment = map_order(&subject, 0.001).expect("it runs");
    assert_eq!((experiment.results, experiment.in_promised_order), (vec![2, 4, 6], false));
}

#[test]
fn a_scale_that_is_none_is_an_error() {
    for scale in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
        let error = map_order(&*thread(), scale).expect_err("no such scale").to_string();
        assert!(error.starts_with("an experiment cannot be run at scale"), "{error}");
    }
}
