//! Whether those who were silent were kept from speaking: the system's own account of who ran, and
//! who was ready to and waited for a processor.
//!
//! A deadline counts ticks that the machine delivered, so it is longer where the machine is busy. It
//! counts those of the warden, though, which sleeps most of the time and is served soon; whoever has
//! work to do waits longer. A thread that could have gone on, and was not let, has not hung.

use super::family;
use poolproof_harness::Patience;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

/// A silence in which the machine did not let the silent ones run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Starved {
    /// How long the silence was.
    pub(crate) lasted: Duration,
    /// How long all threads together ran in it.
    pub(crate) ran: Duration,
    /// How long all threads together were ready to run and did not.
    pub(crate) waited: Duration,
}

impl Starved {
    /// The same as a clause.
    pub(super) fn told(&self) -> String {
        let Self { lasted, ran, waited } = self;
        format!(
            "in {lasted:.1?} of silence its threads ran for {ran:.1?} and were kept waiting for a processor for \
             {waited:.1?}; the machine is too busy to judge"
        )
    }
}

/// Nobody is called asleep before so many ticks.
const ASLEEP_AFTER: u32 = 25;
/// Silences that are shorter decide nothing, in ticks.
const SHORTEST: u32 = 20;
/// After so many ticks of silence the account is opened; most silences are shorter and cost nothing.
const OPENED_AFTER: u32 = 2;
/// Then it is brought up to date every so many ticks.
const LOOK: u32 = 5;

/// The time since the last sign of life of a process and its descendants.
#[derive(Debug)]
pub(super) struct Silence {
    root: u32,
    began: Instant,
    /// How many ticks the machine delivered in it.
    ticks: u32,
    account: Option<Account>,
}

impl Silence {
    /// Begins now.
    pub(super) fn of(root: i32) -> Self {
        Self { root: root.unsigned_abs(), began: Instant::now(), ticks: 0, account: None }
    }

    /// A tick was delivered.
    pub(super) fn tick(&mut self) {
        self.ticks += 1;
        match &mut self.account {
            Some(account) if self.ticks.is_multiple_of(LOOK) => account.update(),
            None if self.ticks == OPENED_AFTER => self.account = Some(Account::open(self.root)),
            _ => {}
        }
    }

    /// Whether, so far, the silent ones let the processors to others: they wait for something.
    pub(super) fn is_asleep(&self) -> bool {
        let slept = |account: &Account| slept(&account.of(self.began.elapsed()));
        self.ticks >= ASLEEP_AFTER && self.account.as_ref().is_some_and(slept)
    }

    /// What is to be said of the machine after this silence, within which checks wait for half of
    /// `patience`, if `before` was to be said before it. Called while the silent ones are still there.
    ///
    /// Whoever slept through half of such a wait was kept from nothing in it, and did not need what it
    /// was kept from before.
    pub(super) fn weigh(&mut self, before: Option<Starved>, patience: Patience) -> Option<Starved> {
        let now = self.starved();
        let is_long = Patience::TICK * self.ticks >= patience.nominal() / 4;
        if is_long && now.is_none() && self.is_asleep() { None } else { now.or(before) }
    }

    /// What the machine did to the silent ones, if it starved them.
    fn starved(&mut self) -> Option<Starved> {
        if self.ticks < SHORTEST {
            return None;
        }
        let account = self.account.as_mut()?;
        account.update();
        let starved = account.of(self.began.elapsed());
        is_starved(&starved, Patience::TICK * self.ticks).then_some(starved)
    }
}

/// Whether the machine is to blame for a silence that would have lasted `nominal` if every tick had
/// come in time. All three must hold:
///
/// - ticks came late: otherwise the machine had time for whoever sleeps and wakes;
/// - somebody was ready to run for half of it: whoever waits for what never comes is not;
/// - all together ran for less than a quarter of its nominal length: whoever turned in a circle had
///   its chance.
fn is_starved(silence: &Starved, nominal: Duration) -> bool {
    let came_late = silence.lasted > nominal * 5 / 4;
    came_late && silence.waited > silence.lasted / 2 && silence.ran < nominal / 4
}

/// Whether whoever was silent slept: ran for less than a tenth of it, and did not wait for a processor for
/// most of it. Those who wake at every tick to look at their deadline sleep, too.
fn slept(silence: &Starved) -> bool {
    silence.ran < silence.lasted / 10 && silence.waited <= silence.lasted / 2
}

/// What a process and its descendants got of the machine since the account was opened.
#[derive(Debug)]
struct Account {
    root: u32,
    updated: Instant,
    threads: HashMap<String, Booked>,
    /// How long all threads together ran.
    ran: Duration,
    /// How long all threads together waited for a processor.
    waited: Duration,
}

/// What the system has booked for a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Booked {
    /// How long it ran.
    ran: Duration,
    /// How long it waited for a processor, up to when it last got one.
    waited: Duration,
    /// Whether it runs or waits for a processor now.
    is_ready: bool,
    /// What was counted of a wait that is not booked yet.
    ahead: Duration,
}

impl Account {
    /// Begins with nothing.
    fn open(root: u32) -> Self {
        let zero = Duration::ZERO;
        Self { root, updated: Instant::now(), threads: booked(root), ran: zero, waited: zero }
    }

    /// What it comes to for a silence that lasted so long.
    fn of(&self, lasted: Duration) -> Starved {
        Starved { lasted, ran: self.ran, waited: self.waited }
    }

    /// Adds what was booked since the last time. What a thread ran that has ended since is lost, which
    /// is little: whoever hangs does not end.
    fn update(&mut self) {
        let passed = self.updated.elapsed();
        self.updated += passed;
        let before = std::mem::replace(&mut self.threads, booked(self.root));
        for (tid, now) in &mut self.threads {
            let before = before.get(tid).copied().unwrap_or_default();
            self.ran += now.ran.saturating_sub(before.ran);
            if (now.ran, now.waited) == (before.ran, before.waited) && now.is_ready && before.is_ready {
                // A wait is booked when it is over. This one goes on.
                self.waited += passed;
                now.ahead = before.ahead + passed;
            } else {
                self.waited += now.waited.saturating_sub(before.waited).saturating_sub(before.ahead);
            }
        }
    }
}

/// What is booked for every thread of a process and its descendants, by thread.
fn booked(root: u32) -> HashMap<String, Booked> {
    let mut threads = HashMap::new();
    for pid in family::with_descendants(root) {
        for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let read = |file| fs::read_to_string(task.path().join(file)).unwrap_or_default();
            let booked = Booked::read(&read("schedstat"), &read("stat"));
            if let (Some(booked), Ok(tid)) = (booked, task.file_name().into_string()) {
                threads.insert(tid, booked);
            }
        }
    }
    threads
}

impl Booked {
    /// Reads `schedstat` (nanoseconds on a processor, nanoseconds in a queue for one, and how often
    /// it got one) and `stat` (whose third field, behind the name, is the state).
    fn read(schedstat: &str, stat: &str) -> Option<Self> {
        let mut times = schedstat.split_whitespace().map_while(|number| number.parse().ok()).map(Duration::from_nanos);
        let (ran, waited) = (times.next()?, times.next()?);
        let state = stat.rsplit_once(')')?.1.trim_start();
        Some(Self { ran, waited, is_ready: state.starts_with('R'), ahead: Duration::ZERO })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn whoever_could_have_gone_on_and_was_not_let_has_not_hung() {
        let silence = Starved { lasted: SECOND * 3, ran: SECOND / 20, waited: SECOND * 2 };
        assert!(is_starved(&silence, SECOND));
        let waits_for_what_never_comes = Starved { waited: SECOND / 10, ..silence };
        assert!(!is_starved(&waits_for_what_never_comes, SECOND));
        let turns_in_a_circle = Starved { ran: SECOND / 3, ..silence };
        assert!(!is_starved(&turns_in_a_circle, SECOND));
        let ticks_came_in_time = SECOND * 3;
        assert!(!is_starved(&silence, ticks_came_in_time));
    }

    #[test]
    fn the_account_is_read_as_the_system_writes_it() {
        let (ran, waited) = (Duration::from_nanos(1_089_578), Duration::from_nanos(342_237));
        let of = |is_ready| Some(Booked { ran, waited, is_ready, ahead: Duration::ZERO });
        assert_eq!(Booked::read("1089578 342237 3\n", "7 (a) S) R 1 7"), of(true));
        assert_eq!(Booked::read("1089578 342237 3\n", "7 (R) S 1 7"), of(false));
        // The thread ended between two readings.
        assert_eq!(Booked::read("", "7 (a) R 1 7"), None);
        assert_eq!(Booked::read("1089578 342237 3\n", ""), None);
    }

    #[test]
    fn whoever_slept_for_long_was_not_kept_from_anything_before() {
        let before = Some(Starved { lasted: SECOND * 3, ran: SECOND / 20, waited: SECOND * 2 });
        // Checks wait for half of it.
        let patience = Patience::ticks(400);
        let after = |ticks, lasted, (ran, waited): (Duration, Duration)| {
            let mut silence = Silence::of(std::process::id().cast_signed());
            (0..ticks).for_each(|_| silence.tick());
            silence.began -= lasted;
            let account = silence.account.as_mut().expect("it was opened");
            (account.ran, account.waited) = (ran, waited);
            // What this process did meanwhile is not added.
            account.root = 0;
            silence.weigh(before, patience)
        };
        let slept = (SECOND / 20, SECOND / 3);
        assert_eq!(after(100, SECOND, slept), None);
        assert_eq!(after(99, SECOND, slept), before, "that was too short");
        assert_eq!(after(100, SECOND, (SECOND / 5, Duration::ZERO)), before, "somebody worked");
        assert_eq!(after(100, SECOND, (SECOND / 20, SECOND * 2 / 3)), before, "somebody waited for a processor");
        let starved = after(100, SECOND * 3, (SECOND / 20, SECOND * 5));
        assert!(starved.is_some_and(|starved| starved.waited == SECOND * 5), "this silence is the last");
    }

    #[test]
    fn a_short_silence_decides_nothing() {
        let mut silence = Silence::of(std::process::id().cast_signed());
        (1..SHORTEST).for_each(|_| silence.tick());
        // Late enough, and starved enough, for any silence that counts.
        silence.began -= SECOND * 10;
        silence.account.as_mut().expect("it was opened").waited = SECOND * 9;
        assert_eq!(silence.starved(), None);
        silence.tick();
        assert!(silence.starved().is_some());
    }
}
