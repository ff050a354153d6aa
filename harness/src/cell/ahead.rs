//! Tasks that were sent to a worker *ahead* of their turn, and have not begun as far as the cell knows.
//!
//! Such a cell is pending, with a flag in its word. Whether the task has begun is decided elsewhere, by the worker,
//! who cannot change the word: it may be another process. So while the flag is there the word alone says neither
//! that the task may be cancelled nor that it does not run. The attendant knows both:
//!
//! * who cancels has the attendant *take back* first: the attendant withdraws from the worker what has not begun
//!   and takes the flag off, or claims what has. Only then, and only without the flag, the cell leaves `pending`
//!   for `cancelled`, in one exchange. If it was sent ahead again in between, the flag is there again, the exchange
//!   fails, and it is taken back once more.
//! * who asks for the state has the attendant *note* what has begun.
//!
//! The executor, whose flag it is, cancels only what it has taken back itself.
//!
//! # Memory orderings
//!
//! The flag is set with `Release` and found with `Acquire`: who finds it finds the attendant, too, who was placed
//! before. Taking it off needs no order: what it stood for was settled under the attendant's own locks.

use super::sync::Ordering;
use super::{CANCELLED, Cell, DONE, Held, PENDING, PHASE};
use crate::State;

/// The task is with a worker, and pending until that begins.
pub(super) const AHEAD: u32 = 0b10_0000;

/// So often a canceller takes the task back, before he lets it have its way: each time somebody else has sent it
/// ahead again between two of his instructions.
const TRIES: u32 = 1_000;

impl<T, H: Held<T> + ?Sized> Cell<T, H> {
    /// Says that the task goes to a worker ahead of its turn; `false` if it was cancelled. Its attendant was placed
    /// before.
    pub(crate) fn send_ahead(&self) -> bool {
        let sent = |word| (word & PHASE == PENDING).then_some(word | AHEAD);
        self.state.fetch_update(Ordering::Release, Ordering::Relaxed, sent).is_ok()
    }

    /// Says that the worker has it no more.
    pub(crate) fn take_back(&self) {
        self.state.fetch_and(!AHEAD, Ordering::Relaxed);
    }

    /// Cancels the task, for whoever has its future: not if it has begun.
    pub(crate) fn cancel_from_outside(&self) -> bool {
        for _ in 0..TRIES {
            let word = self.state.load(Ordering::Acquire);
            if word & (PHASE | AHEAD) == PENDING {
                let exchanged =
                    self.state.compare_exchange(word, DONE | CANCELLED, Ordering::AcqRel, Ordering::Relaxed);
                if exchanged.is_ok() {
                    self.release();
                    self.announce(word, false).call();
                    return true;
                }
            } else if word & PHASE == PENDING {
                self.held.attendant().into_iter().for_each(|attendant| attendant.take_back());
            } else {
                return false;
            }
        }
        false
    }

    /// The state as it is, wherever the task is.
    pub(crate) fn state_from_outside(&self) -> State {
        if self.state.load(Ordering::Acquire) & (PHASE | AHEAD) == PENDING | AHEAD {
            self.held.attendant().into_iter().for_each(|attendant| attendant.note());
        }
        self.state()
    }
}
