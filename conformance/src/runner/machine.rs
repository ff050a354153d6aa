//! How fast this machine is now, and the deadlines that follow from it.

use poolproof_harness::record::DeadlineRecord;
use poolproof_harness::{Patience, Profile};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long something that must happen is waited for, and why that long.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Calibration {
    /// In ticks.
    pub(crate) ticks: u32,
    /// The same, in ticks, while the program of a subject starts and while an executor is opened.
    pub(crate) opening: u32,
    /// What it derives from, as a phrase.
    pub(crate) because: String,
    /// Whether the simplest life of the subject ended well.
    pub(crate) well: bool,
    /// What the subject declares where it is opened.
    pub(crate) declared: Option<Profile>,
}

/// The least patience, in ticks: a second.
pub(super) const LEAST_TICKS: u32 = 100;
/// The most: more than that no machine needs that can decide anything.
const MOST_TICKS: u32 = LEAST_TICKS * 30;
/// What a subject does in its simplest life, a check may do this many times over before it is late.
const LIVES: u32 = 20;
/// What comes before that life as well, the start of an interpreter, say, is waited for by itself; where it takes much
/// longer than the life, the machine is slow, or the subject starts programs: so many times it is the least, too.
const STARTS: u32 = 5;
/// A check may hand over between threads this many times before it is late.
const HANDOVERS: u32 = 1000;

/// How long the simplest life of a subject took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    /// From when its executor was open.
    pub(super) open: Duration,
    /// All of it, the start of its program included.
    pub(super) whole: Duration,
}

impl Calibration {
    /// From how long one life of the subject took, and how long a handover between threads takes;
    /// `None` for a subject whose life did not end well.
    pub(super) fn of(life: Option<Life>, handover: Duration) -> Self {
        let lives = life.map_or(LEAST_TICKS * 2, |life| ticks(life.open * LIVES));
        let starts = life.map_or(0, |life| ticks(life.whole * STARTS));
        let of_life = lives.max(starts);
        let of_machine = ticks(handover * HANDOVERS);
        let most = |ticks: u32| ticks.clamp(LEAST_TICKS, MOST_TICKS);
        let ticks_of = most(of_life.max(of_machine));
        let because = if ticks_of == LEAST_TICKS {
            "the least".to_owned()
        } else if of_machine >= of_life {
            format!("{HANDOVERS} handovers between threads of {handover:.1?} each on this machine")
        } else {
            match life {
                Some(Life { open, .. }) if lives >= starts => {
                    format!("{LIVES} times the {open:.1?} that one executor with one task took on this machine")
                }
                Some(Life { whole, .. }) => {
                    format!(
                        "{STARTS} times the {whole:.1?} that one executor took on this machine from the start of its program"
                    )
                }
                None => "twice the least: one executor with one task did not end well here".to_owned(),
            }
        };
        let opening = life.map_or(0, |life| ticks(life.whole * LIVES));
        Self { ticks: ticks_of, opening: most(opening.max(ticks_of)), because, well: life.is_some(), declared: None }
    }

    /// The same, and at least so many ticks, because of `because`.
    pub(super) fn at_least(self, least: u32, because: &str) -> Self {
        if least <= self.ticks {
            return self;
        }
        Self { ticks: least, opening: self.opening.max(least), because: because.to_owned(), ..self }
    }

    /// The same for a machine on which a handover takes `handover` by now; `None` if this patience
    /// was enough for that.
    pub(super) fn stretched(&self, handover: Duration) -> Option<Self> {
        let ticks = ticks(handover * HANDOVERS);
        let because = format!(
            "{HANDOVERS} handovers between threads of {handover:.1?} each, measured again because the check was late"
        );
        (ticks > self.ticks).then(|| Self { ticks, opening: self.opening.max(ticks), because, ..self.clone() })
    }

    /// Twice as much, for a subject that the machine did not let run.
    pub(super) fn doubled(&self) -> Self {
        let because = format!("{}, doubled because its threads waited for a processor", self.because);
        let [ticks, opening] = [self.ticks, self.opening].map(|ticks| ticks.saturating_mul(2));
        Self { ticks, opening, because, ..self.clone() }
    }

    /// Whether no deadline can be long enough.
    pub(super) fn is_hopeless(&self) -> bool {
        self.ticks > MOST_TICKS
    }

    /// The same as evidence, for something that was waited for as long as `waited`.
    pub(super) fn evidence(&self, waited: Duration) -> DeadlineRecord {
        DeadlineRecord {
            limit_ms: Patience::ticks(self.ticks).nominal().as_secs_f64() * 1e3,
            waited_ms: waited.as_secs_f64() * 1e3,
            because: self.because.clone(),
        }
    }
}

fn ticks(length: Duration) -> u32 {
    let ticks = length.as_nanos().div_ceil(Patience::TICK.as_nanos());
    u32::try_from(ticks).unwrap_or(u32::MAX)
}

/// How long a handover between two threads takes on this machine now: the mean of a hundred, or of
/// as many as there is time for.
pub(super) fn handover() -> Duration {
    const ROUNDS: u32 = 50;
    const ENOUGH: Duration = Duration::from_secs(2);
    let ((ask, asked), (answer, answered)) = (channel::<()>(), channel::<()>());
    let echo = move |asked: Receiver<()>, answer: Sender<()>| while asked.recv().is_ok() && answer.send(()).is_ok() {};
    let Ok(echo) = thread::Builder::new().name("handover".into()).spawn(move || echo(asked, answer)) else {
        return Duration::MAX / (HANDOVERS * 2);
    };
    let started = Instant::now();
    let mut rounds = 0;
    while rounds < ROUNDS && started.elapsed() < ENOUGH && ask.send(()).is_ok() && answered.recv().is_ok() {
        rounds += 1;
    }
    let elapsed = started.elapsed();
    drop(ask);
    let _ = echo.join();
    elapsed / (2 * rounds.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Duration = Duration::from_micros(20);

    #[test]
    fn a_deadline_derives_from_the_slower_of_subject_and_machine_and_says_so() {
        let life = |millis| {
            let open = Duration::from_millis(millis);
            Some(Life { open, whole: open })
        };
        let quick = Calibration::of(life(3), FAST);
        assert_eq!((quick.ticks, quick.because.as_str()), (100, "the least"));
        let slow = Calibration::of(life(200), FAST);
        assert_eq!(slow.ticks, 400);
        assert!(slow.because.contains("20 times the 200.0ms"), "{}", slow.because);
        let loaded = Calibration::of(life(3), Duration::from_millis(5));
        assert_eq!(loaded.ticks, 500);
        assert!(loaded.because.contains("handovers"), "{}", loaded.because);
        assert_eq!(Calibration::of(None, FAST).ticks, 200);
    }

    #[test]
    fn the_start_of_a_program_is_waited_for_by_itself() {
        let life = Life { open: Duration::from_millis(30), whole: Duration::from_millis(900) };
        let calibration = Calibration::of(Some(life), FAST);
        assert_eq!((calibration.ticks, calibration.opening), (450, 1800));
        assert!(calibration.because.contains("5 times the 900.0ms"), "{}", calibration.because);
        let doubled = calibration.doubled();
        assert_eq!((doubled.ticks, doubled.opening), (900, 3600));
        let longer = calibration.at_least(2000, "it may only be slow");
        assert_eq!((longer.ticks, longer.opening, longer.because.as_str()), (2000, 2000, "it may only be slow"));
        assert_eq!(longer.clone().at_least(1, ""), longer);
    }

    #[test]
    fn only_a_machine_that_became_slower_stretches_a_deadline() {
        let brief = Duration::from_millis(3);
        let calibration = Calibration::of(Some(Life { open: brief, whole: brief }), FAST);
        assert_eq!(calibration.stretched(FAST), None);
        let stretched = calibration.stretched(Duration::from_millis(8)).expect("8 s are more than 1 s");
        assert_eq!((stretched.ticks, stretched.is_hopeless()), (800, false));
        assert!(calibration.stretched(Duration::from_millis(50)).expect("it is more").is_hopeless());
    }

    #[test]
    fn this_machine_hands_over_in_some_time() {
        assert!(!handover().is_zero());
    }
}
