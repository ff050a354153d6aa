//! Positions that one worker takes from the front at next to no cost, and others from the back.

use super::super::sync::{AtomicUsize, Ordering, frequent, rare};
use std::ops::Range;

/// The positions from `next` up to `end`.
///
/// Its owner alone moves `next`, and needs no atomic exchange for it: it says which position it wants, passes the
/// frequent one of two [`fences`](poolproof_harness::fences), and looks whether that is still before the end. Who
/// takes from the back moves the end first, passes the rare fence, and then looks how far the owner has come. So at
/// least one of the two sees the other. An owner that sees an end before its position asks again under the mutex of
/// the piece, which everybody holds who moves an end; who moves one leaves to the owner what that has asked for.
///
/// Neither word publishes anything: the items were there before the part was made known, and an outcome is published
/// by its place. Hence relaxed.
#[repr(align(128))]
pub(super) struct Part {
    next: AtomicUsize,
    end: AtomicUsize,
}

impl Part {
    pub(super) fn new(positions: Range<usize>) -> Self {
        Self { next: AtomicUsize::new(positions.start), end: AtomicUsize::new(positions.end) }
    }

    /// Claims the next position; for its owner alone, and not again after `None`. `decided` takes the mutex.
    #[inline]
    pub(super) fn claim<G>(&self, decided: impl FnOnce() -> G) -> Option<usize> {
        let position = self.next.load(Ordering::Relaxed);
        self.next.store(position + 1, Ordering::Relaxed);
        frequent();
        if position < self.end.load(Ordering::Relaxed) {
            return Some(position);
        }
        let _decided = decided();
        (position < self.end.load(Ordering::Relaxed)).then_some(position)
    }

    /// How many positions are left to claim, at most.
    pub(super) fn left(&self) -> usize {
        self.end.load(Ordering::Relaxed).saturating_sub(self.next.load(Ordering::Relaxed))
    }

    /// Takes the further half of what is left; with the mutex of the piece held.
    pub(super) fn halve(&self) -> Range<usize> {
        let next = self.next.load(Ordering::Relaxed);
        self.cut(next + self.left() / 2)
    }

    /// Takes all that is left; with the mutex of the piece held.
    pub(super) fn empty(&self) -> Range<usize> {
        self.cut(0)
    }

    /// Takes what is behind `to` and not claimed.
    fn cut(&self, to: usize) -> Range<usize> {
        let end = self.end.load(Ordering::Relaxed);
        let to = to.min(end);
        self.end.store(to, Ordering::Relaxed);
        rare();
        // What the owner has asked for is its own: it may have seen the old end.
        let kept = self.next.load(Ordering::Relaxed).clamp(to, end);
        self.end.store(kept, Ordering::Relaxed);
        kept..end
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::hint::spin_loop;
    use std::sync::Mutex;
    use std::thread;
    use std::time::{Duration, Instant};

    /// So many positions: the two meet at the last ones.
    const POSITIONS: usize = 3;

    /// Waits until the other one has come to `round` as well.
    fn meet(own: &AtomicUsize, other: &AtomicUsize, round: usize) {
        own.store(round, Ordering::SeqCst);
        for spins in 0_u32.. {
            if other.load(Ordering::SeqCst) >= round {
                break;
            }
            if spins > 1000 { thread::yield_now() } else { spin_loop() }
        }
    }

    /// With the fences of this machine, which no model has. Both sides of each round start as exactly as spinning can.
    #[test]
    fn a_position_is_claimed_by_the_owner_or_cut_off_and_never_both() {
        const ROUNDS: usize = 50_000;
        const ENOUGH: Duration = Duration::from_millis(500);
        let _ = poolproof_harness::fences::offered();
        let parts: Vec<_> = (0..ROUNDS).map(|_| Part::new(0..POSITIONS)).collect();
        let (here, there, mutex) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(()));
        let started = Instant::now();
        let (claimed, cut) = thread::scope(|scope| {
            let owner = scope.spawn(|| {
                let mut claimed = vec![[0_u8; POSITIONS]; ROUNDS];
                for (round, claimed) in claimed.iter_mut().enumerate() {
                    meet(&there, &here, round + 1);
                    while let Some(position) = parts[round].claim(|| mutex.lock().unwrap()) {
                        claimed[position] += 1;
                    }
                }
                claimed
            });
            let mut cut = vec![[0_u8; POSITIONS]; ROUNDS];
            for (round, cut) in cut.iter_mut().enumerate() {
                if started.elapsed() > ENOUGH {
                    // Meetings are dear on a busy machine. The owner meets nobody any more, and claims what is left.
                    here.store(usize::MAX, Ordering::SeqCst);
                    break;
                }
                meet(&here, &there, round + 1);
                let _held = mutex.lock().unwrap();
                let positions = if round % 2 == 0 { parts[round].halve() } else { parts[round].empty() };
                positions.for_each(|position| cut[position] += 1);
            }
            (owner.join().unwrap(), cut)
        });
        for (round, (claimed, cut)) in claimed.iter().zip(&cut).enumerate() {
            let times = std::array::from_fn::<_, POSITIONS, _>(|position| claimed[position] + cut[position]);
            assert_eq!(times, [1; POSITIONS], "round {round}: {claimed:?} by the owner, {cut:?} cut off");
        }
    }
}
