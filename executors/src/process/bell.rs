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
//! While a link sleeps, a thread that waits for a result of its worker may look for the reply itself. It *holds*
//! the bell: it writes `AWAKE`, so that the ringer does not wake the link. Before it leaves it *lets go*: it
//! writes `ASLEEP`, passes a fence, and looks once more. The pairing is the one above, with the leaving thread
//! in the waiter's place: it finds the reply and calls the link, or the ringer finds `ASLEEP` and wakes it. A link that was about
//! to sleep meanwhile finds another word than it expects and looks again.
//!
//! # What a damaged peer can do
//!
//! Nothing but keep the waiter from noticing the peer's own messages: the word may hold anything at
//! any time. The wait ends after [`IDLE_TURNS`] turns that found nothing, so a peer that flips the
//! word costs a moment and then itself. [`Bell::ring_anyway`] is for news that does not come from the
//! peer; it believes the word in nothing and always asks the kernel.

use super::sync::{AtomicU32, Ordering, Sleeper, fence, search};
use std::time::Duration;

const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;

/// How often in a row a sleeper may be woken for nothing. A signal, or a ring that comes late,
/// wakes it once.
const IDLE_TURNS: u32 = 10_000;

/// A word that one side sleeps on; all zeros is a bell.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Bell {
    word: AtomicU32,
    sleeper: Sleeper,
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
        let sleeper = Sleeper::new();
        #[cfg(not(loom))]
        let sleeper = Sleeper;
        Self { word: AtomicU32::new(AWAKE), sleeper }
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
            self.word.swap(ASLEEP, Ordering::Relaxed);
            fence(Ordering::SeqCst);
            let found = look();
            if found.is_none() {
                match slice() {
                    Some(limit) => self.sleeper.sleep(&self.word, ASLEEP, limit),
                    None => return Err(Unheard::TimedOut),
                }
            }
            self.word.swap(AWAKE, Ordering::Relaxed);
            if let Some(found) = found {
                return Ok(found);
            }
        }
        Err(Unheard::ForNothing)
    }

    /// Says that somebody is looking who is not the sleeper.
    pub(super) fn hold(&self) {
        self.word.swap(AWAKE, Ordering::Relaxed);
    }

    /// Says that nobody looks but the sleeper, who may be asleep; whoever says so looks once more.
    pub(super) fn let_go(&self) {
        self.word.swap(ASLEEP, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Tells a sleeper that there is something to find, which was made visible before.
    pub(super) fn ring(&self) {
        fence(Ordering::SeqCst);
        if self.word.load(Ordering::Relaxed) == ASLEEP && self.word.swap(AWAKE, Ordering::Relaxed) == ASLEEP {
            self.sleeper.wake(&self.word);
        }
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
