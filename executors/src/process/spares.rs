//! Buffers of long requests, kept for the next ones: memory that comes from the system anew must be made ready page by
//! page, which takes longer than copying to it.

use super::lane::MOST;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much memory is kept, all buffers together.
const KEPT: usize = 8 << 20;

/// Buffers for messages that fit no ring; the allocator keeps shorter ones ready itself.
#[derive(Debug, Default)]
pub(super) struct Spares(Mutex<Vec<Vec<u8>>>);

impl Spares {
    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        // Nothing panics under this mutex.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An empty buffer; whoever has the longest kept one need not wait for memory.
    pub(super) fn take(&self) -> Vec<u8> {
        let mut kept = self.lock();
        let longest = (0..kept.len()).max_by_key(|&at| kept[at].capacity());
        longest.map(|at| kept.swap_remove(at)).unwrap_or_default()
    }

    /// Keeps a buffer that is needed no more, if it is long and there is room.
    pub(super) fn give(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= MOST || buffer.capacity() > KEPT {
            return;
        }
        buffer.clear();
        let mut kept = self.lock();
        if kept.iter().map(Vec::capacity).sum::<usize>() + buffer.capacity() <= KEPT {
            kept.push(buffer);
            return;
        }
        drop(kept);
        drop(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_buffers_are_kept_within_a_bound_and_given_again() {
        let spares = Spares::default();
        spares.give(Vec::with_capacity(MOST));
        spares.give(Vec::with_capacity(KEPT + 1));
        assert_eq!(spares.take().capacity(), 0);
        spares.give(Vec::with_capacity(KEPT / 4));
        for _ in 0..3 {
            let mut buffer = Vec::with_capacity(KEPT / 2);
            buffer.push(7);
            spares.give(buffer);
        }
        assert!(spares.lock().iter().map(Vec::capacity).sum::<usize>() <= KEPT);
        let longest = spares.take();
        assert!(longest.capacity() >= KEPT / 2 && longest.is_empty());
    }
}
