//! A desk: where a worker and the parcels that it has meet, and where others can reach the worker directly:
//! whoever submits, and whoever waits.
//!
//! A link whose worker is idle *lists* its desk with the executor and goes to sleep at the bell of
//! the worker's replies. Whoever submits takes a desk off the list, which happens under the
//! executor's mutex, and then the parcels, the worker and the desk are his until he releases the desk's
//! own mutex, which he took before he released the executor's. So the request is on its way without the
//! link, and the worker's reply is what wakes it. A link that wakes for another reason takes its
//! desk off the list first; if somebody was faster, a parcel is on the desk, or will be as soon as
//! the mutex of the desk is free.
//!
//! # Who receives
//!
//! Replies are received by whoever holds the *ear* of the desk: the link, which takes it when it has heard
//! something and does not keep it while it sleeps, or a thread that waits for a result without a limit. Such a
//! thread takes the ear if it is free, holds the bell, so that the worker does not wake the link and a link that is
//! awake goes to sleep (`bell`), and looks for a while; so one who submits and waits meets nobody but the worker. If
//! nothing comes while it looks, and the worker runs just the task that it waits for, it sleeps there with the ear, and the
//! worker wakes it. Nothing else can complete that task: it is not taken back, and whoever gives the worker up needs
//! the ear. The link says that it wants it and interrupts the sleep. A task behind the first may be taken back and run
//! elsewhere, so who waits for one sleeps at its future, as anybody does.
//! What it cannot finish at once it leaves to the link and calls it: callbacks, which would be code of others in
//! the wrong thread, a worker that has run enough, damage, and whatever is in the queue that it may not take.
//!
//! If nothing is left for the worker such a thread *settles* what comes next before it publishes the outcome: it lists
//! the desk, or sends what waits. So whoever sees the outcome and submits again finds this worker, and the executor's
//! mutex is taken once. A task that is known to have callbacks is not settled. If some come in between all the same,
//! the link takes the desk off the list before it calls them, or calls them in a thread of their own if the worker has
//! got something by then.
//!
//! # Parcels that are ahead
//!
//! A worker gets several parcels at once if it answers fast, and two if it does not: between two tasks it then
//! waits for nobody. A link, or a thread that stands in for it, may have to wait for a core on which others
//! compute, and meanwhile the worker's own core would be idle. Only the first is claimed; the others are still the
//! executor's, may be taken back (`lane`), and are: when another link has nothing to do, when their worker makes no
//! progress, and before anything is cancelled. They are put on a desk and taken back under the executor's mutex and
//! the desk's together, and the next one is claimed when the first is answered, or when somebody asks for its state
//! and the worker's count says that it has begun.

mod line;

pub(super) use self::line::{Line, MOST_AHEAD, Pace, Received};

use self::line::AHEAD;
use super::bell::IDLE_TURNS;
use super::child::{Trouble, Worker};
use super::parcel::Parcel;
use super::shared::{Shared, TopUp};
use super::supervisor::Alarm;
use super::sync::search;
use poolproof_harness::{Attendant, Callbacks, PromiseId};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::Instant;

/// What lies on a desk.
#[derive(Default)]
pub(super) struct Seat {
    /// The worker, if there is one.
    pub(super) worker: Option<Worker>,
    /// What was sent to it and has not been answered; the first is claimed.
    pub(super) parcels: VecDeque<Parcel>,
    /// Why something could not be sent, or what was wrong with a reply.
    pub(super) trouble: Option<Trouble>,
    /// For the link to call.
    pub(super) callbacks: Vec<Callbacks>,
    /// Parcels that were answered.
    answered: u64,
    /// How many had been when somebody else last saw a change, and when that was.
    pub(super) looked: Option<(u64, Instant)>,
}

/// The desk of one link.
pub(super) struct Desk {
    shared: Weak<Shared>,
    seat: Mutex<Seat>,
    ear: Mutex<Option<Line>>,
    /// The link waits for the ear. Written by the link alone, and back under the ear.
    wanted: AtomicBool,
    /// Parcels behind the first, for those who have not locked the seat. It changes under the seat's mutex alone, and
    /// grows only under the executor's as well: who takes back holds that, so he sees at least what there is, and
    /// relaxed accesses do.
    pub(super) ahead: AtomicUsize,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk of that executor, without a worker.
    pub(super) fn of(shared: &Arc<Shared>) -> Arc<Self> {
        Arc::new(Self {
            shared: Arc::downgrade(shared),
            seat: Mutex::default(),
            ear: Mutex::default(),
            wanted: AtomicBool::new(false),
            ahead: AtomicUsize::new(0),
        })
    }

    /// The desk, for as long as nobody else needs it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Seat> {
        // No code of users runs under this mutex.
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ear, for the link; taken before any other lock.
    pub(super) fn ear(&self) -> MutexGuard<'_, Option<Line>> {
        if let Some(ear) = self.try_ear() {
            return ear;
        }
        // Who has it may sleep, and for as long as a task runs. Relaxed: the fences of the bell make it see this, or
        // the interruption find it asleep.
        self.wanted.store(true, Ordering::Relaxed);
        // Who sleeps has found the worker here, and it stays while the ear is taken.
        if let Some(worker) = &self.lock().worker {
            worker.alarm().interrupt();
        }
        let ear = self.ear.lock().unwrap_or_else(PoisonError::into_inner);
        self.wanted.store(false, Ordering::Relaxed);
        ear
    }

    /// The ear, if nobody has it.
    fn try_ear(&self) -> Option<MutexGuard<'_, Option<Line>>> {
        match self.ear.try_lock() {
            Ok(ear) => Some(ear),
            Err(TryLockError::WouldBlock) => None,
            // What users' code panics with is contained.
            Err(TryLockError::Poisoned(ear)) => Some(ear.into_inner()),
        }
    }

    /// Sends a claimed parcel to the worker, or one that goes ahead of its turn. Should that fail, the link learns
    /// it when it is called. Parcels that go ahead were counted before, all of them, under the executor's mutex: were
    /// they counted one by one here, whoever takes back would pass by while the first of them is sent.
    pub(super) fn hand(self: &Arc<Self>, seat: &mut Seat, parcel: Parcel) -> Result<(), ()> {
        self.place(&parcel);
        Self::send(seat, parcel)
    }

    /// Says that this parcel is for this desk.
    pub(super) fn place(self: &Arc<Self>, parcel: &Parcel) {
        parcel.receipt.place(Arc::clone(self) as Arc<dyn Attendant>);
    }

    /// The same as [`Desk::hand`], for a parcel that was placed.
    pub(super) fn send(seat: &mut Seat, parcel: Parcel) -> Result<(), ()> {
        let sent = match &mut seat.worker {
            Some(worker) => worker.send(&parcel.request),
            None => Err(Trouble::Died),
        };
        seat.parcels.push_back(parcel);
        sent.map_err(|trouble| seat.trouble = Some(trouble))
    }

    /// Whether the worker, behind whose task others wait, has answered nothing for as long as parcels are sent
    /// ahead. Called again and again by those who hold the executor's mutex.
    pub(super) fn is_stuck(&self, now: Instant) -> bool {
        if self.ahead.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let mut seat = self.lock();
        match seat.looked {
            Some((answered, since)) if answered == seat.answered => now.saturating_duration_since(since) >= AHEAD,
            _ => {
                seat.looked = Some((seat.answered, now));
                false
            }
        }
    }

    /// Notes how many parcels are behind the first.
    pub(super) fn count(&self, seat: &Seat) {
        self.ahead.store(seat.parcels.len().saturating_sub(1), Ordering::Relaxed);
    }

    /// Takes back what has not begun, and claims the rest.
    pub(super) fn recall(&self, recalled: &mut Vec<Parcel>) {
        self.withdraw(usize::MAX, recalled, |seat| seat.parcels.len());
    }

    /// Takes back half of what is behind the first parcel, as far as it has not begun: the last ones.
    pub(super) fn recall_half(&self, recalled: &mut Vec<Parcel>) {
        let half = self.ahead.load(Ordering::Relaxed).div_ceil(2);
        self.withdraw(half, recalled, |seat| seat.worker.as_ref().map_or(0, Worker::begun));
    }

    /// Takes back at most so many; so many of those that are left, as `begun` says, have begun and are claimed.
    fn withdraw(&self, limit: usize, recalled: &mut Vec<Parcel>, begun: impl FnOnce(&Seat) -> usize) {
        if self.ahead.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut seat = self.lock();
        let Seat { worker: Some(worker), parcels, trouble, .. } = &mut *seat else { return };
        match worker.withdraw(limit) {
            Ok(count) => {
                let back = parcels.drain(parcels.len().saturating_sub(count)..);
                recalled.extend(back.inspect(|parcel| parcel.receipt.take_back()));
            }
            // Its link finds it when the worker answers, or dies.
            Err(damage) => *trouble = Some(damage),
        }
        // Whoever cancels one takes it back before, so this cannot be too late.
        for parcel in seat.parcels.iter().take(begun(&seat)) {
            let _ = parcel.receipt.claim();
        }
        self.count(&seat);
    }

    /// Claims what has begun.
    pub(super) fn note_begun(&self) {
        if self.ahead.load(Ordering::Relaxed) == 0 {
            return;
        }
        let seat = self.lock();
        let begun = seat.worker.as_ref().map_or(0, Worker::begun);
        for parcel in seat.parcels.iter().take(begun) {
            let _ = parcel.receipt.claim();
        }
    }

    /// How many parcels were answered.
    pub(super) fn answered(&self) -> u64 {
        self.lock().answered
    }

    /// Waits for a reply in place of the link; `false` if there is none and it is better to leave.
    fn await_reply(&self, line: &Line, promise: PromiseId, done: &mut dyn FnMut() -> bool) -> bool {
        let mut look = || if line.receiver.is_ready() { Some(true) } else { done().then_some(false) };
        if let Some(found) = search(&mut look) {
            return found;
        }
        if !self.runs(promise) {
            return false;
        }
        // From here on the promise is completed by who has the ear, and by nobody else.
        for _ in 0..IDLE_TURNS {
            let left = || (self.wanted.load(Ordering::Relaxed) || line.alarm.is_dead()).then_some(false);
            let found = line.alarm.sleep(|| look().or_else(left)).or_else(|| search(&mut look));
            if let Some(found) = found {
                return found;
            }
        }
        false
    }

    /// Whether that is what the worker runs: the first parcel, which is not taken back.
    fn runs(&self, promise: PromiseId) -> bool {
        let seat = self.lock();
        seat.worker.is_some() && seat.parcels.front().is_some_and(|parcel| parcel.receipt.is_for(promise))
    }

    /// Receives in place of the link until `promise` is done; `false` if the link has to go on.
    fn stand_in(&self, line: &mut Line, promise: PromiseId, done: &mut dyn FnMut() -> bool) -> bool {
        // What is there already is taken along: the next one to be waited for is often among it.
        let mut along = MOST_AHEAD;
        loop {
            let is_done = done();
            if is_done {
                along -= 1;
            }
            if along == 0 || (is_done && !line.receiver.is_ready()) || !self.await_reply(line, promise, done) {
                return true;
            }
            match line.receive(false) {
                Received::Done { callbacks, left, next } => {
                    if !callbacks.is_empty() {
                        // The link is wanted, and goes on with the rest itself.
                        self.lock().callbacks.push(callbacks);
                        return false;
                    }
                    if left == 0 && next.is_none_or(|next| next == TopUp::Nothing) {
                        return false;
                    }
                    if left > 0 {
                        line.top_up(left);
                    }
                }
                Received::Garbage | Received::Unasked => {
                    self.lock().trouble = Some(Trouble::Garbage);
                    return false;
                }
            }
        }
    }
}

impl Attendant for Desk {
    fn attend(&self, promise: PromiseId, done: &mut dyn FnMut() -> bool) {
        // Or somebody receives already.
        let Some(mut ear) = self.try_ear() else { return };
        let Some(line) = &mut *ear else { return };
        line.alarm.stand_in();
        let goes_on = self.stand_in(line, promise, done);
        line.alarm.stand_down();
        if !goes_on || line.receiver.is_ready() {
            line.alarm.call();
        }
    }

    /// The task may be on another desk by now.
    fn take_back(&self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.give_up(|| {});
        }
    }

    fn note(&self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.note_begun();
        }
    }
}

/// A desk whose worker is idle.
#[derive(Debug)]
pub(super) struct Idle {
    /// The desk.
    pub(super) desk: Arc<Desk>,
    /// What its link is called by.
    pub(super) alarm: Arc<Alarm>,
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::attendants::Attendants;
    use super::super::draft::Room;
    use super::super::message::Items;
    use super::super::parcel::Single;
    use super::super::shared::Setup;
    use super::*;
    use crate::process::StartMethod;
    use poolproof_harness::{Patience, Promise};

    #[test]
    fn what_is_being_sent_ahead_counts_from_the_start() {
        let desk = desk();
        let mut seat = desk.lock();
        // As whoever tops a worker up does, before he releases the executor's mutex.
        desk.ahead.store(2, Ordering::Relaxed);
        for _ in 0..3 {
            let (promise, _future) = Promise::<u32>::attended();
            let receipt = Box::new(Single { promise, name: "any" });
            let _ = desk.hand(&mut seat, Parcel::new("any", Items::run("any", Room::Anywhere), receipt));
            assert_eq!(desk.ahead.load(Ordering::Relaxed), 2, "who takes back must not pass by");
        }
        desk.count(&seat);
        assert_eq!(desk.ahead.load(Ordering::Relaxed), 2);
        // Each keeps the desk that keeps it.
        seat.parcels.clear();
    }

    fn desk() -> Arc<Desk> {
        let patience = Patience::ticks(1);
        let setup = Setup { workers: 1, initialiser: None, max_tasks_per_worker: None, patience };
        Desk::of(&Shared::new(setup, Attendants::new(StartMethod::Spawn, patience, None)))
    }

    #[test]
    fn a_worker_is_stuck_that_has_answered_nothing_while_others_looked() {
        let (desk, now) = (desk(), Instant::now());
        assert!(!desk.is_stuck(now) && !desk.is_stuck(now + AHEAD), "nobody waits there");
        desk.ahead.store(1, Ordering::Relaxed);
        assert!(!desk.is_stuck(now) && !desk.is_stuck(now + AHEAD / 2) && desk.is_stuck(now + AHEAD));
        desk.lock().answered += 1;
        assert!(!desk.is_stuck(now + AHEAD) && desk.is_stuck(now + 2 * AHEAD));
    }
}
