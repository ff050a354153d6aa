//! A bell: one side waits for it to ring, the other rings it. It is one word in shared memory.
//!
//! # The protocol
//!
//! The waiter *looks* for what it waits for. It looks a few times more, yielding in between, and
//! only then goes to sleep: it writes `ASLEEP`, looks once more, and sleeps on the word as long as
//! it is `ASLEEP`. The ringer first makes what there is to find visible, then looks at the word, and
//! only if that is `ASLEEP` changes it to `AWAKE` and asks the kernel to wake the sleeper. A
//! waiter that searches costs the ringer no system call, and one that sleeps costs nothing.
//!
//! # Why no ring is lost
//!
//! Two threads each write one word and read the other's: the waiter writes `ASLEEP` and reads what
//! it waits for; the ringer writes that and reads the bell. Between its write and its read each
//! has a sequentially consistent fence. In the one order of these fences one comes first, and what
//! was written before it is seen by what is read after the other: so the waiter finds what it waits
//! for, or the ringer finds `ASLEEP`. In the second case the word is `AWAKE` before the kernel compares it,
//! and the waiter does not fall asleep, or the wake finds the waiter asleep. The word itself
//! carries no data and is relaxed throughout; what is found is ordered where it is published. Every
//! change of it is an exchange, so that a late `AWAKE` of the ringer and what the waiter writes
//! meanwhile follow each other and nobody takes an old value for the last one.
//!
//! # Somebody else waits instead
//!
//! A thread that waits for a result of a link's worker may look for the reply itself. It *holds* the bell: it
//! writes `HELD`, so that the ringer does not wake the link. Before it leaves it *lets go*: it writes `LEFT`, which
//! tells the ringer the same as `ASLEEP`, passes a fence, and looks once more. The pairing is the one above, with
//! the leaving thread in the waiter's place: it finds the reply and calls the link, or the ringer finds `LEFT` and
//! wakes it.
//!
//! A link whose search ends while the bell is held writes `HELD_ASLEEP` instead of `ASLEEP`, which the ringer
//! leaves alone, and sleeps on that. Once it sleeps, what holders write changes nothing about it: whoever finds
//! `LEFT` wakes it. A link that could not sleep under a hold would take part in every round trip of the holder: on
//! one core it took turns with both sides, which doubled the time.
//!
//! `ASLEEP` and `HELD_ASLEEP` are written by the sleeper alone, so between its last look and the kernel's
//! comparison nobody can write again what somebody has changed: news that are not the worker's write `AWAKE` after
//! their fence, and either the link's last look finds them, or they come after its word, and the comparison finds
//! another one or the wake finds the sleeper. Were `LEFT` the same as `ASLEEP`, a holder who leaves after the wake
//! could make the link sleep on.
//!
//! # Who stands in sleeps, too
//!
//! A holder whose task runs for longer than it looks sleeps on a word of its own, which is `ASLEEP` meanwhile. The ringer
//! of a reply asks that word first, after its fence, and wakes the holder instead of the link: a waiter that slept
//! elsewhere would have to be woken by the link, which would have to be woken first. The pairing is that of the waiter
//! with the ringer: the holder writes `ASLEEP`, passes a fence, and looks once more. A holder that leaves takes the word
//! back before it writes `LEFT`. If the ringer was faster, its exchange is what the holder finds there, so the look after
//! the fence that follows `LEFT` finds the reply; if not, the ringer's exchange finds the holder gone, and it goes on to
//! the link's word. Who needs what the holder has says so and then *interrupts* it: as with a ring for news, the holder's
//! last look finds what was said, or the exchange and the wake come after its `ASLEEP`.
//!
//! # A ring that waits a moment
//!
//! Who sends a task and then waits for it may come to hold the bell only after a fast worker has answered. So the
//! ringer of a reply that would have to wake the link looks at the word a few times more before it asks the kernel,
//! for less time than that takes. All these looks come after its fence. If one of them finds that nobody is to be
//! woken, then by the pairing above the fence that follows the next `ASLEEP` or `LEFT` is later in the one order
//! than the ringer's, so whoever writes that one finds the reply before anybody sleeps on it.
//!
//! # What a damaged peer can do
//!
//! Nothing but keep the waiter from noticing the peer's own messages: the word may hold anything at
//! any time. The wait ends after [`IDLE_TURNS`] turns that found nothing, so a peer that flips the
//! word costs a moment and then itself. [`Bell::ring_anyway`] is for news that does not come from the
//! peer; it believes the word in nothing and always asks the kernel. So does [`Bell::interrupt`]; a peer that writes to the
//! holder's word between that and the sleep keeps the holder asleep until it answers or dies, after which an interruption
//! follows with which it cannot interfere.

use super::sync::{AtomicU32, Ordering, Sleeper, fence, pause, search};
use std::time::Duration;

const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;
const HELD: u32 = 2;
const HELD_ASLEEP: u32 = 3;
const LEFT: u32 = 4;

/// How often the ringer of a reply looks whether somebody comes: some 0.5 us, where the kernel takes 1 to 8.
const PATIENCE: u32 = if cfg!(all(loom, test)) { 1 } else { 16 };

/// How often in a row a sleeper may be woken for nothing. A signal, or a ring that comes late,
/// wakes it once.
pub(super) const IDLE_TURNS: u32 = 10_000;

/// A word that one side sleeps on; all zeros is a bell.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Bell {
    word: AtomicU32,
    /// `ASLEEP` while who holds the bell sleeps.
    holder: AtomicU32,
    sleeper: Sleeper,
    sleeping_holder: Sleeper,
}

/// Why a wait ended without a find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unheard {
    /// The limit passed.
    TimedOut,
    /// It rang again and again, and there was nothing.
    ForNothing,
}

impl Bell {
    #[cfg(any(test, fuzzing))]
    pub(super) fn new() -> Self {
        #[cfg(loom)]
        let (sleeper, sleeping_holder) = (Sleeper::new(), Sleeper::new());
        #[cfg(not(loom))]
        let (sleeper, sleeping_holder) = (Sleeper, Sleeper);
        Self { word: AtomicU32::new(AWAKE), holder: AtomicU32::new(AWAKE), sleeper, sleeping_holder }
    }

    /// Waits until `look` finds something. `slice` gives the time that the next sleep may take:
    /// no limit, a limit, or that there is none left.
    pub(super) fn wait<R>(
        &self,
        mut slice: impl FnMut() -> Option<Option<Duration>>,
        mut look: impl FnMut() -> Option<R>,
    ) -> Result<R, Unheard> {
        for _ in 0..IDLE_TURNS {
            if let Some(found) = search(&mut look) {
                return Ok(found);
            }
            let held = self.change(HELD, HELD_ASLEEP);
            if !held {
                self.word.swap(ASLEEP, Ordering::Relaxed);
            }
            let asleep = if held { HELD_ASLEEP } else { ASLEEP };
            fence(Ordering::SeqCst);
            let found = look();
            if found.is_none() {
                match slice() {
                    Some(limit) => self.sleeper.sleep(&self.word, asleep, limit),
                    None => return Err(Unheard::TimedOut),
                }
            }
            // Unless somebody has changed it.
            self.change(asleep, if held { HELD } else { AWAKE });
            if let Some(found) = found {
                return Ok(found);
            }
        }
        Err(Unheard::ForNothing)
    }

    /// Says that somebody is looking who is not the sleeper.
    pub(super) fn hold(&self) {
        self.word.swap(HELD, Ordering::Relaxed);
    }

    /// Whether somebody looks who is not the sleeper, and who tells what he leaves.
    pub(super) fn is_held(&self) -> bool {
        matches!(self.word.load(Ordering::Relaxed), HELD | HELD_ASLEEP)
    }

    fn change(&self, from: u32, to: u32) -> bool {
        self.word.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Sleeps once in the sleeper's place, unless `look` finds something; for who holds the bell.
    pub(super) fn sleep_held<R>(&self, look: impl FnOnce() -> Option<R>) -> Option<R> {
        self.holder.swap(ASLEEP, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let found = look();
        if found.is_none() {
            self.sleeping_holder.sleep(&self.holder, ASLEEP, None);
        }
        // Unless somebody has changed it.
        let _ = self.holder.compare_exchange(ASLEEP, AWAKE, Ordering::Relaxed, Ordering::Relaxed);
        found
    }

    /// Wakes who sleeps while it holds the bell, for news that were made visible before; the word is not believed.
    pub(super) fn interrupt(&self) {
        fence(Ordering::SeqCst);
        self.holder.swap(AWAKE, Ordering::Relaxed);
        self.sleeping_holder.wake(&self.holder);
    }

    /// Says that nobody looks but the sleeper, who may be asleep; whoever says so looks once more.
    pub(super) fn let_go(&self) {
        self.word.swap(LEFT, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Tells a sleeper that there is something to find, which was made visible before.
    pub(super) fn ring(&self) {
        fence(Ordering::SeqCst);
        if self.is_to_be_woken() {
            self.wake();
        }
    }

    fn is_to_be_woken(&self) -> bool {
        matches!(self.word.load(Ordering::Relaxed), ASLEEP | LEFT)
    }

    fn wake(&self) {
        if matches!(self.word.swap(AWAKE, Ordering::Relaxed), ASLEEP | LEFT) {
            self.sleeper.wake(&self.word);
        }
    }

    /// The same, for a sleeper in whose place somebody else may be about to look.
    pub(super) fn ring_late(&self) {
        fence(Ordering::SeqCst);
        if self.holder.load(Ordering::Relaxed) == ASLEEP && self.holder.swap(AWAKE, Ordering::Relaxed) == ASLEEP {
            return self.sleeping_holder.wake(&self.holder);
        }
        for _ in 0..PATIENCE {
            if !self.is_to_be_woken() {
                return;
            }
            pause();
        }
        self.wake();
    }

    /// The same, without believing what the word says.
    pub(super) fn ring_anyway(&self) {
        fence(Ordering::SeqCst);
        self.word.swap(AWAKE, Ordering::Relaxed);
        self.sleeper.wake(&self.word);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_wait_ends_when_its_time_is_up_or_it_was_woken_for_nothing() {
        let bell = Bell::new();
        let slices = Cell::new(3);
        let slice = || {
            slices.set(slices.get() - 1);
            (slices.get() > 0).then_some(Some(Duration::from_micros(1)))
        };
        assert_eq!(bell.wait(slice, || None::<()>), Err(Unheard::TimedOut));
        // What flips the word while the waiter is about to sleep is seen by the kernel.
        let flip = || {
            bell.word.store(AWAKE, Ordering::Relaxed);
            Some(None)
        };
        assert_eq!(bell.wait(flip, || None::<()>), Err(Unheard::ForNothing));
    }

    #[test]
    fn a_word_that_a_peer_has_scribbled_on_hides_no_other_news() {
        let bell = Bell::new();
        let news = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| bell.wait(|| Some(None), || news.load(Ordering::Acquire).then_some(7)));
            while bell.word.load(Ordering::Relaxed) != ASLEEP {
                std::thread::yield_now();
            }
            bell.word.store(77, Ordering::Relaxed);
            news.store(true, Ordering::Release);
            // Until it sleeps; a ring that believed the word would wake nobody.
            bell.ring_anyway();
            assert_eq!(waiting.join().unwrap(), Ok(7));
        });
    }
}
