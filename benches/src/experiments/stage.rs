//! What the experiments share: an open executor, sleeping tasks, and their timeline.

use super::{Experiment, Span};
use poolproof_harness::{
    Actor, AnyExecutor, Canary, Config, Event, Fault, Gatehouse, Moment, Outcome, Probe, SetupError, Shutdown, Step,
    Subject, Value, now_ns,
};
use std::sync::Arc;

/// An executor opened for one experiment.
pub(super) struct Stage<'a> {
    subject: &'a dyn Subject,
    pub(super) house: Gatehouse,
    pub(super) executor: Arc<dyn AnyExecutor>,
    number: u32,
    micros_per_second: f64,
    started_ns: u64,
}

/// How an experiment's call and results went.
pub(super) struct Course {
    pub(super) name: &'static str,
    pub(super) expected: String,
    pub(super) results: Vec<i64>,
    pub(super) in_promised_order: bool,
    pub(super) call_returned_ns: u64,
    /// The sleeps that no executor can do without, in the notes' seconds.
    pub(super) ideal_seconds: u32,
}

impl<'a> Stage<'a> {
    /// Opens `subject` with `workers` workers.
    pub(super) fn open(subject: &'a dyn Subject, workers: usize, scale: f64) -> Result<Self, SetupError> {
        let micros_per_second = scale * 1e6;
        if !(1.0..=1e9).contains(&micros_per_second) {
            return Err(SetupError::failed(format!(
                "an experiment cannot be run at scale {scale}: use a number such as 1 or 0.1"
            )));
        }
        let house = Gatehouse::new();
        let opened = subject.open(&Config::workers(workers), &house);
        let (executor, number) =
            opened.map_err(|error| SetupError::failed(format!("`{}`: {error}", subject.address())))?;
        Ok(Self { subject, house, executor, number, micros_per_second, started_ns: now_ns() })
    }

    /// A task that sleeps for so many of the notes' seconds and returns twice the number.
    pub(super) fn sleeper(&self, seconds: u32) -> Probe {
        Probe {
            label: seconds,
            house: self.house.local_address(),
            executor: self.number,
            steps: vec![Step::Sleep((f64::from(seconds) * self.micros_per_second) as u64)],
            value: Value::Int(2 * i64::from(seconds)),
            canary: Canary::default(),
        }
    }

    /// A failure of this subject, as the one sentence that the caller shows.
    pub(super) fn fault(&self, fault: &Fault) -> SetupError {
        SetupError::failed(format!("`{}` did not finish the experiment: {fault}", self.subject.address()))
    }

    /// The number that a task returned.
    pub(super) fn number_in(&self, outcome: Outcome<Value>) -> Result<i64, SetupError> {
        let wrong = |what: String| {
            SetupError::failed(format!("`{}` did not finish the experiment: {what}", self.subject.address()))
        };
        match outcome {
            Ok(Value::Int(number)) => Ok(number),
            Ok(other) => Err(wrong(format!("a task returned {other:?} instead of a number"))),
            Err(failure) => Err(wrong(failure.to_string())),
        }
    }

    /// Whether no result came before that of a task which had ended earlier. Tasks that ended
    /// within half a unit of each other, as after a stall of the machine, have no order.
    pub(super) fn is_completion_order(&self, results: &[i64]) -> bool {
        let events = self.house.history().events();
        let ended_ns = |result: &i64| {
            let mine = |event: &&Event| matches!(event.actor, Actor::Task(label) if 2 * i64::from(label) == *result);
            events.iter().filter(mine).find(|event| event.moment == Moment::Finished).map(|event| event.at_ns)
        };
        let Some(ends) = results.iter().map(ended_ns).collect::<Option<Vec<u64>>>() else { return false };
        let half_a_unit = (self.micros_per_second * 500.0) as u64;
        (0..ends.len()).all(|late| ends[..late].iter().all(|&earlier| earlier <= ends[late] + half_a_unit))
    }

    /// Closes the executor and writes down what happened.
    pub(super) fn close(self, course: Course) -> Result<Experiment, SetupError> {
        let total_ns = now_ns().saturating_sub(self.started_ns);
        self.executor.shutdown(Shutdown::WAIT).map_err(|fault| self.fault(&fault))?;
        let events = self.house.history().events();
        let first_end = events.iter().filter(|event| is_task(event, &Moment::Finished)).map(|event| event.at_ns).min();
        Ok(Experiment {
            name: course.name,
            subject: self.subject.address().to_owned(),
            expected: course.expected,
            results: course.results,
            in_promised_order: course.in_promised_order,
            returned_at_once: first_end.is_some_and(|end| course.call_returned_ns < end),
            call_ns: course.call_returned_ns.saturating_sub(self.started_ns),
            total_ns,
            ideal_ns: (f64::from(course.ideal_seconds) * self.micros_per_second * 1e3) as u64,
            timeline: timeline(&events, self.started_ns),
        })
    }
}

fn is_task(event: &Event, moment: &Moment) -> bool {
    matches!(event.actor, Actor::Task(_)) && event.moment == *moment
}

/// From each task's start to its end, in order of start, counted from the start of the experiment.
fn timeline(events: &[Event], started_ns: u64) -> Vec<Span> {
    let starts = events.iter().filter(|event| is_task(event, &Moment::Started));
    let mut spans: Vec<Span> = starts
        .filter_map(|start| {
            let Actor::Task(seconds) = start.actor else { return None };
            let end = events.iter().find(|event| event.actor == start.actor && event.moment == Moment::Finished)?;
            Some(Span {
                label: format!("sleep {seconds}"),
                pid: start.pid,
                tid: start.tid,
                start_ns: start.at_ns.saturating_sub(started_ns),
                end_ns: end.at_ns.saturating_sub(started_ns),
            })
        })
        .collect();
    spans.sort_by_key(|span| span.start_ns);
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use poolproof_executors::registry;

    #[test]
    fn an_order_is_refuted_by_half_a_unit_and_not_by_less() {
        let serial = registry::subject("serial").expect("it is built in");
        // A unit of one millisecond.
        let stage = Stage::open(&*serial, 1, 0.001).expect("it opens");
        for (label, at_ns) in [(1, 10_000_000), (2, 10_400_000), (3, 12_000_000)] {
            let here = Event::here(Actor::Task(label), Moment::Finished);
            stage.house.history().record(Event { at_ns, ..here });
        }
        assert!(stage.is_completion_order(&[2, 4, 6]));
        assert!(stage.is_completion_order(&[4, 2, 6]), "they ended within half a unit");
        assert!(!stage.is_completion_order(&[2, 6, 4]));
        assert!(!stage.is_completion_order(&[2, 8]), "nothing with that result ever ended");
    }
}
