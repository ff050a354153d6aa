//! A ticket and the number of its task, in one word.
//!
//! For a crate that takes more for a larger task: eight bytes more may be another class of its allocator.

use super::{Shared, Ticket};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// So many bits of a word say which counts the ticket is of; the number is above them.
const PLACE_BITS: u32 = 16;
/// Above the number.
const MARK: u64 = 1 << 62;

/// Where the counts are that tickets in one word are of. They are never freed; the first place is nobody's.
static PLACES: [AtomicPtr<Shared>; 1 << PLACE_BITS] = [const { AtomicPtr::new(std::ptr::null_mut()) }; 1 << PLACE_BITS];

/// The place of some counts, or none yet.
#[derive(Debug, Default)]
pub(super) struct Place(AtomicU32);

impl Place {
    /// The place of `shared`, whose own this is.
    #[inline]
    fn of(&self, shared: &'static Shared) -> u32 {
        // Pairs with `take`: who makes a word sees what is in its place, and so does whoever gets the word from him.
        match self.0.load(Ordering::Acquire) {
            0 => self.take(shared),
            place => place,
        }
    }

    #[cold]
    fn take(&self, shared: &'static Shared) -> u32 {
        static TAKEN: Mutex<u32> = Mutex::new(0);
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.load(Ordering::Relaxed) == 0 {
            assert!(
                *taken + 1 < 1 << PLACE_BITS,
                "no more than 65535 pools that number their tickets may be open at once"
            );
            *taken += 1;
            PLACES[*taken as usize].store(std::ptr::from_ref(shared).cast_mut(), Ordering::Relaxed);
            // Publishes what was put there.
            self.0.store(*taken, Ordering::Release);
        }
        self.0.load(Ordering::Relaxed)
    }
}

/// A ticket and the number of its task.
///
/// ```
/// use poolproof_harness::InFlight;
///
/// let in_flight = InFlight::default();
/// let ticket = in_flight.admit()?.numbered(7);
/// assert_ne!(ticket.word(), in_flight.admit()?.numbered(8).word());
/// assert_eq!(size_of_val(&ticket), 8);
/// drop(ticket);
/// in_flight.drain();
/// # Ok::<(), poolproof_harness::Refused>(())
/// ```
#[derive(Debug)]
pub struct Numbered(NonZeroU64);

impl Numbered {
    /// The word: no other ticket has it whose number is another one. Its highest bit is not set, and the next one is.
    #[must_use]
    #[inline]
    pub fn word(&self) -> u64 {
        self.0.get()
    }

    /// The ticket.
    #[must_use]
    #[inline]
    pub fn ticket(self) -> Ticket {
        let shared = self.shared();
        std::mem::forget(self);
        Ticket { shared }
    }

    #[inline]
    fn shared(&self) -> &'static Shared {
        let place = (self.0.get() & ((1 << PLACE_BITS) - 1)) as usize;
        // SAFETY: only `Ticket::numbered` makes words, with a place that was taken before, for counts that are never
        // freed. Relaxed: who made the word has seen what is in its place, and the word came from him.
        #[allow(unsafe_code)]
        unsafe {
            &*PLACES[place].load(Ordering::Relaxed)
        }
    }
}

impl Drop for Numbered {
    #[inline]
    fn drop(&mut self) {
        self.shared().leave();
    }
}

impl Ticket {
    /// This ticket and `number`, of which 46 bits count, in one word.
    ///
    /// # Panics
    ///
    /// If 65535 pools do this already.
    #[must_use]
    #[inline]
    pub fn numbered(self, number: u64) -> Numbered {
        debug_assert!(number < MARK >> PLACE_BITS, "a number of at most 46 bits");
        let place = self.shared.place.of(self.shared);
        let word = NonZeroU64::new(MARK | number << PLACE_BITS | u64::from(place)).expect("a bit is set");
        std::mem::forget(self);
        Numbered(word)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{InFlight, Numbered};
    use std::thread;

    #[test]
    fn a_word_is_the_ticket_of_its_pool_and_no_other() {
        let pools = [InFlight::default(), InFlight::default()];
        let words = pools.each_ref().map(|pool| pool.admit().unwrap().numbered(7));
        assert_ne!(words[0].word(), words[1].word());
        assert_eq!(size_of::<Option<Numbered>>(), size_of::<u64>());
        let [first, second] = words;
        drop(first);
        // Nothing is left of the first, and the second waits for its own.
        pools[0].drain();
        pools[1].close();
        thread::scope(|scope| {
            let drained = scope.spawn(|| pools[1].drain());
            (0..1_000).for_each(|_| thread::yield_now());
            assert!(!drained.is_finished());
            second.ticket().during(|| assert!(pools[1].is_inside()));
            drained.join().unwrap();
        });
    }
}
