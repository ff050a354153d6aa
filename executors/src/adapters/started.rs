//! Which task a thread runs: the `running` predicate for handles that have none.
//!
//! A task has a number, and a thread notes the number of the task that it started last, and whether
//! that has ended. The note stays until the thread starts another task, so that there is no moment
//! between the end of a task and the completion of its handle at which it looks as if it had never
//! started.

use poolproof_harness::{Numbered, Ticket};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

/// The number of a task. Numbers begin at 1 and are never used twice in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Started(u64);

/// Added to the number of a task that has ended.
const ENDED: u64 = 1 << 63;

/// What each thread started last; 0: nothing. Notes of threads that ended serve the next ones.
static NOTES: RwLock<Vec<&'static AtomicU64>> = RwLock::new(Vec::new());
static FREE: Mutex<Vec<&'static AtomicU64>> = Mutex::new(Vec::new());

thread_local! {
    /// The note of this thread. It has no destructor, so that looking costs nothing.
    static NOTE: Cell<Option<&'static AtomicU64>> = const { Cell::new(None) };
    static KEPT: Note = Note::new();
}

/// Keeps a thread's note, for as long as the thread lives.
struct Note(&'static AtomicU64);

impl Note {
    fn new() -> Self {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self(free.unwrap_or_else(|| {
            let note: &'static AtomicU64 = Box::leak(Box::default());
            NOTES.write().unwrap_or_else(PoisonError::into_inner).push(note);
            note
        }))
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        NOTE.set(None);
        self.0.store(0, Ordering::Release);
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(self.0);
    }
}

impl Started {
    /// A number for a task that is about to be submitted. Each thread takes many at once from those that
    /// all share.
    #[inline]
    pub(super) fn number() -> Self {
        const MANY: u64 = 1 << 12;
        static NEXT: AtomicU64 = AtomicU64::new(1);
        thread_local! {
            static OWN: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
        }
        let (mut next, mut end) = OWN.get();
        if next == end {
            next = NEXT.fetch_add(MANY, Ordering::Relaxed);
            end = next + MANY;
        }
        OWN.set((next + 1, end));
        Self(next)
    }

    /// A number for a task that is about to be submitted, in one word with its ticket.
    #[inline]
    pub(super) fn numbered(ticket: Ticket) -> Numbered {
        ticket.numbered(Self::number().0)
    }

    /// The number of the task of `numbered`. It has a bit that no other number has.
    #[inline]
    pub(super) fn of(numbered: &Numbered) -> Self {
        Self(numbered.word())
    }

    /// Runs `body` as the task, and notes its start and its end.
    #[inline]
    pub(super) fn during<R>(self, body: impl FnOnce() -> R) -> R {
        /// Notes the end of a task that panics, too.
        struct Ending(Started);
        impl Drop for Ending {
            #[inline]
            fn drop(&mut self) {
                note(self.0.0 | ENDED);
            }
        }
        note(self.0);
        let _ending = Ending(self);
        body()
    }

    /// Whether a thread runs it.
    pub(super) fn is_running(self) -> bool {
        noted(self.0)
    }

    /// Whether it has ended, and its thread has started nothing since.
    pub(super) fn has_ended(self) -> bool {
        noted(self.0 | ENDED)
    }
}

#[inline]
fn note(what: u64) {
    #[cold]
    fn first() -> Option<&'static AtomicU64> {
        // A thread that is ending has no note any more, and runs no task.
        let note = KEPT.try_with(|note| note.0).ok();
        NOTE.set(note);
        note
    }
    if let Some(note) = NOTE.get().or_else(first) {
        note.store(what, Ordering::Release);
    }
}

fn noted(what: u64) -> bool {
    let notes = NOTES.read().unwrap_or_else(PoisonError::into_inner);
    notes.iter().any(|note| note.load(Ordering::Acquire) == what)
}
