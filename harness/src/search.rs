//! How a thread looks for something for a moment before it sleeps.
//!
//! # Two ways to search
//!
//! *Yielding*, a few times: where the other side shares the core, a yield hands the core over and is as good as
//! sleeping, without the system calls. It is over after a microsecond or two. Where other work wants the core, a
//! yield costs a time slice, some milliseconds, where who sleeps is woken in time: one that took long and found nothing
//! ends the search, and if one that found something took a slice, a number of searches after it ([`TIRED`]) do without.
//! If the next one that yields loses a slice again, four times as many do; each yield that finds something in time takes
//! one off. A slice after which there was nothing was lost for nobody: so ends every exchange whose other side shares the
//! core and goes on to compute, and what came next would suffer for it. Only who takes many things one after the other
//! that others go on making yields all the same ([`search_for_next`]).
//!
//! *Spinning*, for [`SPIN`]: where the other side has a core of its own, it saves two wake-ups of an idle core, the
//! dearest thing there is, for each exchange; and where both are awake, the system call that a yield is. Two threads
//! that yield and then sleep never find the first out: each is asleep before the other one is awake, again and again.
//! Nor does who finds something by yielding know whether the other side shared the core or had one of its own.
//!
//! # Which one
//!
//! A thread yields until so many searches in a row ([`FIRST`]) have found something by yielding, or ended in a
//! short sleep, on a machine where nobody else wanted its core for some time ([`CALM`]); then it spins. Spinning
//! goes on as long as it finds something in time, and pays for itself: [`SPIN`] is about what the saved wake-up
//! takes. A spin that was in vain ends the habit. If it had found little before ([`EARNED`]), twice as many such
//! searches must come before the next attempt; so whoever has no use for it (sleeps are long, a single core, a busy
//! machine) hardly ever spins: on one core an exchange that takes 2 us loses a fiftieth by it. If it had, the
//! exchange has paused, and when it goes on the thread soon spins again ([`AGAIN`]). What comes in a
//! stream ends the habit, too ([`found_more`]). Both sides of an exchange begin by themselves, so neither waits for the other to do so.
//! What is learnt belongs to the thread.

use std::cell::Cell;
use std::hint::spin_loop;
use std::time::{Duration, Instant};

/// How often a search yields.
const LOOKS: u32 = 4;
/// How often it does where the other side has more to do than to hand something over.
const MORE_LOOKS: u32 = 32;
/// A yield that took longer gave the core to somebody who wanted it.
const LONG: Duration = Duration::from_micros(50);
/// A yield that took longer gave it away for a time slice, and not just to who spins on the other side ([`SPIN`]).
const SLICE: Duration = Duration::from_micros(500);

/// How long a search spins: about as long as it takes to wake an idle core, so that both sides can be awake at once.
const SPIN: Duration = Duration::from_micros(50);
/// What comes within this after a vain search would have been worth waiting for; it is twice what an exchange takes
/// with two wake-ups of idle cores.
const SHORT: Duration = Duration::from_micros(150);
/// After so many searches in a row that spinning might have shortened a thread spins for the first time.
const FIRST: u32 = 8;
/// It never takes more: a thread tries again now and then.
const MOST: u32 = 1 << 11;
/// After so many finds a spin in vain says that the exchange has paused, and not that spinning is of no use.
const EARNED: u32 = 64;
/// After so many searches a thread spins again when the exchange goes on.
const AGAIN: u32 = 2;
/// So many looks for each reading of the clock.
const LOOKS_PER_READING: u32 = 16;
/// After a yield that cost a time slice so many searches do without: a slice is some thousand times what a yield saves.
const TIRED: u32 = 1 << 10;
/// It is never more: on a busy machine a search yields in vain for a slice now and then.
const MOST_TIRED: u32 = 1 << 14;
/// So many searches without a long yield, or a spin that lost its core, make a thread take the machine for calm.
const CALM: u32 = 1_000;

thread_local! {
    static HABIT: Cell<Habit> = const { Cell::new(Habit::NEW) };
}

/// What a thread has learnt about its searches.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Habit {
    spins: bool,
    /// When the last vain search ended; the thread slept then.
    slept: Option<Instant>,
    /// Searches in a row that found something by yielding, or ended in a short sleep.
    short: u32,
    /// So many make it spin.
    needed: u32,
    /// What spinning has found since the thread began to.
    found: u32,
    /// Searches since others wanted the core.
    calm: u32,
    /// So many searches more do without yields.
    rests: u32,
    /// A quarter of how many will, after the next yield that costs a time slice.
    tired: u32,
}

impl Habit {
    const NEW: Self =
        Self { spins: false, slept: None, short: 0, needed: FIRST, found: 0, calm: 0, rests: 0, tired: 0 };

    /// A search begins at `now` that the first look did not end: how long was the sleep after the last one?
    fn after_sleep(&mut self, now: Instant) {
        let Some(slept) = self.slept.take() else { return };
        if now.duration_since(slept) < SHORT {
            self.might_have_spun();
        } else {
            self.short = 0;
        }
    }

    /// What was searched for came soon.
    fn might_have_spun(&mut self) {
        self.short = self.short.saturating_add(1);
        if self.short >= self.needed && self.calm >= CALM {
            self.spins = true;
            self.short = 0;
        }
    }

    /// A search was in vain, and the thread goes to sleep at `now`.
    fn before_sleep(&mut self, now: Instant) {
        self.slept = Some(now);
    }

    /// A yield found something in time.
    fn yielded_well(&mut self) {
        self.tired = self.tired.saturating_sub(1);
        self.might_have_spun();
    }

    /// A yield cost a time slice, in which something came.
    fn yielded_to_others(&mut self) {
        self.calm = 0;
        self.tired = (self.tired * 4).clamp(TIRED, MOST_TIRED);
        self.rests = self.tired;
    }

    /// It found something by spinning.
    fn spun_well(&mut self) {
        self.found = self.found.saturating_add(1);
    }

    /// It spun, and found nothing or not in time.
    fn spun_in_vain(&mut self) {
        self.spins = false;
        self.needed = if self.found >= EARNED { AGAIN } else { (self.needed * 2).clamp(FIRST, MOST) };
        self.found = 0;
    }
}

/// The last search of this thread found something, and there was more of it: what it looks for comes in a stream, and
/// whoever takes each piece at once only meets at a lock with who brings it. It yields again, and so finds several.
pub fn found_more() {
    HABIT.with(|habit| {
        let mut changed = habit.get();
        changed.short = 0;
        if changed.spins {
            changed.found = 0;
            changed.spun_in_vain();
        }
        habit.set(changed);
    });
}

/// Looks for something for a moment before the caller goes to sleep.
pub fn search<R>(look: impl FnMut() -> Option<R>) -> Option<R> {
    search_again(Yields { looks: LOOKS, rest: true }, look)
}

/// The same, for some microseconds longer: between processes, where a round trip takes that long.
pub fn search_longer<R>(look: impl FnMut() -> Option<R>) -> Option<R> {
    search_again(Yields { looks: MORE_LOOKS, rest: true }, look)
}

/// The same, for who takes many things one after the other that others go on making.
///
/// A time slice that a yield gives away is lost for nobody then: whoever makes them may have it, and many are there afterwards.
/// Who slept for each of them instead would have to be woken for each.
pub fn search_for_next<R>(look: impl FnMut() -> Option<R>) -> Option<R> {
    search_again(Yields { looks: LOOKS, rest: false }, look)
}

/// How a search yields.
#[derive(Clone, Copy)]
struct Yields {
    looks: u32,
    /// Whether searches do without after one that cost a time slice.
    rest: bool,
}

fn search_again<R>(yields: Yields, mut look: impl FnMut() -> Option<R>) -> Option<R> {
    if let Some(found) = look() {
        return Some(found);
    }
    let mut habit = HABIT.get();
    if habit.slept.is_some() {
        habit.after_sleep(Instant::now());
    }
    let found = if habit.spins { spin(&mut habit, look) } else { yield_and_look(&mut habit, yields, look) };
    if found.is_none() {
        habit.before_sleep(Instant::now());
    }
    HABIT.set(habit);
    found
}

fn yield_and_look<R>(habit: &mut Habit, yields: Yields, mut look: impl FnMut() -> Option<R>) -> Option<R> {
    if yields.rest && habit.rests > 0 {
        habit.rests -= 1;
        return None;
    }
    habit.calm = habit.calm.saturating_add(1);
    for _ in 0..yields.looks {
        let start = Instant::now();
        std::thread::yield_now();
        let (found, took) = (look(), start.elapsed());
        if took > SLICE {
            habit.calm = 0;
            if yields.rest && found.is_some() {
                habit.yielded_to_others();
            }
            return found;
        }
        if found.is_some() {
            habit.yielded_well();
            return found;
        }
        if took > LONG {
            habit.calm = 0;
            return None;
        }
    }
    None
}

fn spin<R>(habit: &mut Habit, mut look: impl FnMut() -> Option<R>) -> Option<R> {
    let start = Instant::now();
    loop {
        for _ in 0..LOOKS_PER_READING {
            spin_loop();
            let Some(found) = look() else { continue };
            habit.spun_well();
            return Some(found);
        }
        let spun = start.elapsed();
        if spun > SPIN {
            habit.spun_in_vain();
            if spun > SPIN + LONG {
                habit.calm = 0;
            }
            return look();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_looks_at_once_and_a_few_times_more() {
        let mut looks = 0;
        assert_eq!(search(|| (1 == 1).then_some(3)), Some(3));
        let nothing: Option<()> = search(|| {
            looks += 1;
            None
        });
        assert_eq!(nothing, None);
        assert!((1..=LOOKS + 1).contains(&looks));
    }

    /// A habit after so many sleeps of this length.
    fn after(mut habit: Habit, sleeps: u32, length: Duration) -> Habit {
        let now = Instant::now();
        for _ in 0..sleeps {
            habit.before_sleep(now);
            habit.after_sleep(now + length);
        }
        habit
    }

    const NEARLY_SHORT: Duration = Duration::from_micros(149);

    /// Of a thread that nobody has disturbed for long enough.
    const UNDISTURBED: Habit = Habit { calm: CALM, ..Habit::NEW };

    #[test]
    fn short_sleeps_in_a_row_make_a_thread_spin() {
        assert!(!after(UNDISTURBED, FIRST - 1, NEARLY_SHORT).spins);
        assert!(after(UNDISTURBED, FIRST, NEARLY_SHORT).spins);
        let disturbed = Habit { calm: CALM - 1, ..Habit::NEW };
        assert!(!after(disturbed, 1_000, NEARLY_SHORT).spins, "not where others want the core");
        assert!(!after(UNDISTURBED, 1_000, SHORT).spins, "long sleeps never do");
        let interrupted = after(after(UNDISTURBED, FIRST - 1, NEARLY_SHORT), 1, SHORT);
        assert!(!after(interrupted, FIRST - 1, NEARLY_SHORT).spins, "they must come in a row");
    }

    #[test]
    fn what_a_yield_finds_makes_a_thread_spin_too() {
        let mut habit = UNDISTURBED;
        for _ in 0..FIRST {
            assert!(!habit.spins);
            habit.yielded_well();
        }
        assert!(habit.spins);
    }

    #[test]
    fn what_a_yield_finds_counts_for_or_against_it_by_how_long_it_took() {
        HABIT.set(Habit::NEW);
        let mut looks = 0;
        let second = search(|| {
            looks += 1;
            (looks == 2).then_some(())
        });
        assert_eq!(second, Some(()));
        let (habit, quick) = (HABIT.get(), Habit { calm: 1, short: 1, ..Habit::NEW });
        // Others may want the core while this test runs.
        assert!(habit == quick || habit == Habit { rests: TIRED, tired: TIRED, ..Habit::NEW }, "{habit:?}");
    }

    #[test]
    fn who_yielded_to_others_does_without_for_ever_more_searches() {
        let mut habit = UNDISTURBED;
        for rests in [1, 4, 16, 16].map(|times| times * TIRED) {
            habit.yielded_to_others();
            assert_eq!(habit, Habit { rests, tired: rests, ..Habit::NEW });
        }
        (0..MOST_TIRED).for_each(|_| habit.yielded_well());
        habit.yielded_to_others();
        assert_eq!(habit.rests, TIRED, "what yields found was made up for");

        for (found, rests) in [(None, 0), (Some(()), TIRED)] {
            HABIT.set(UNDISTURBED);
            let (start, mut looks) = (Instant::now(), 0);
            // The second look comes after a slice.
            let second = search(|| {
                looks += 1;
                while looks == 2 && start.elapsed() <= SLICE + LONG {
                    spin_loop();
                }
                found.filter(|()| looks == 2)
            });
            assert_eq!((second, looks), (found, 2), "it ends the search");
            assert_eq!((HABIT.get().rests, HABIT.get().calm), (rests, 0), "who found nothing has lost nothing");
        }

        HABIT.set(Habit { rests: 2, ..Habit::NEW });
        for rests in [1, 0] {
            let mut looks = 0;
            let nothing: Option<()> = search(|| {
                looks += 1;
                None
            });
            assert_eq!((nothing, looks), (None, 1));
            assert_eq!(HABIT.get().rests, rests);
        }
    }

    #[test]
    fn who_takes_one_of_many_after_the_other_yields_whatever_it_costs() {
        HABIT.set(Habit { rests: 2, ..Habit::NEW });
        let mut looks = 0;
        let second = search_for_next(|| {
            looks += 1;
            (looks == 2).then_some(())
        });
        assert_eq!((second, HABIT.get().rests), (Some(()), 2));
    }

    #[test]
    fn who_spins_in_vain_needs_ever_more_reason_to() {
        let mut habit = UNDISTURBED;
        for _ in 0..20 {
            habit = after(habit, habit.needed, NEARLY_SHORT);
            assert!(habit.spins);
            let before = habit.needed;
            habit.spun_in_vain();
            assert!(!habit.spins && habit.needed == (before * 2).min(MOST));
        }
        assert_eq!(habit.needed, MOST);
        // What is found counts once, and only if it is enough.
        (1..EARNED).for_each(|_| habit.spun_well());
        habit.spun_in_vain();
        assert_eq!(habit.needed, MOST);
        (0..EARNED).for_each(|_| habit.spun_well());
        habit.spun_in_vain();
        assert_eq!(habit.needed, AGAIN);
        habit.spun_in_vain();
        assert_eq!(habit.needed, FIRST);
    }

    #[test]
    fn who_finds_more_than_one_thing_yields_again() {
        HABIT.set(Habit { short: FIRST - 1, ..UNDISTURBED });
        found_more();
        assert_eq!(HABIT.get(), UNDISTURBED, "nothing speaks for spinning, nor against it");
        HABIT.set(Habit { spins: true, found: EARNED, ..UNDISTURBED });
        found_more();
        assert_eq!(HABIT.get(), Habit { needed: FIRST * 2, ..UNDISTURBED });
    }

    #[test]
    fn a_thread_spins_as_long_as_it_finds_something_and_no_longer() {
        let habit = after(UNDISTURBED, FIRST, NEARLY_SHORT);
        HABIT.set(habit);
        let mut looks = 0;
        let third = search(|| {
            looks += 1;
            (looks == 3).then_some(())
        });
        assert_eq!(third, Some(()));
        assert!(HABIT.get().spins);
        assert_eq!(search(|| None::<()>), None);
        assert!(!HABIT.get().spins && HABIT.get().slept.is_some());
    }
}
