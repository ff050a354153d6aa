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
//! thread takes the ear if it is free, holds the bell, so that the worker does not wake the link and a link that is awake
//! goes to sleep (`bell`), and looks for a while; so one who submits and waits meets nobody but the worker. What it cannot finish at once it leaves to the link
//! and calls it: callbacks, which would be code of others in the wrong thread, a worker that has run enough, damage,
//! and whatever is in the queue that it may not take.
//!
//! # Parcels that are ahead
//!
//! A worker that answers fast gets several parcels at once. Only the first is claimed; the others are still the
//! executor's, may be taken back (`lane`), and are: when another link has nothing to do, when their worker makes no
//! progress, and before anything is cancelled. They are put on a desk and taken back under the executor's mutex and the
//! desk's together, and the next one is claimed when the first is answered.

use super::channel::Receiver;
use super::child::{Trouble, Worker};
use super::message::read_items;
use super::parcel::Parcel;
use super::shared::{Shared, TopUp};
use super::supervisor::Alarm;
use super::sync::search;
use poolproof_harness::{Attendant, Callbacks, contain};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::{Duration, Instant};

/// Parcels are sent ahead for about this long: what a worker that sleeps costs to wake is little beside it.
const AHEAD: Duration = Duration::from_micros(200);

/// And no more than this many.
pub(super) const MOST_AHEAD: usize = 64;

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
}

/// The desk of one link.
pub(super) struct Desk {
    me: Weak<Self>,
    shared: Weak<Shared>,
    seat: Mutex<Seat>,
    ear: Mutex<Option<Line>>,
    /// Parcels behind the first, for those who have not locked the seat. It changes under the seat's mutex alone, and
    /// grows only under the executor's as well: who takes back holds that, so he sees at least what there is, and
    /// relaxed accesses do.
    pub(super) ahead: AtomicUsize,
    /// Parcels that were answered, and how many had been when another link last looked. Both are relaxed: an old
    /// number takes a worker for stuck, or does not, one turn late.
    pub(super) answered: AtomicU32,
    pub(super) looked: AtomicU32,
}

/// What whoever receives needs of a worker.
pub(super) struct Line {
    pub(super) receiver: Receiver,
    pub(super) alarm: Arc<Alarm>,
    /// Since when replies are counted, if they are, and how many there were.
    since: Option<Instant>,
    replies: u32,
}

/// What came of listening once.
pub(super) enum Received {
    /// The first parcel is done; so many are left.
    Done { callbacks: Callbacks, left: usize },
    /// There was no parcel to be answered.
    Unasked,
    /// It is no reply to the first parcel.
    Garbage,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk of that executor, without a worker.
    pub(super) fn of(shared: &Arc<Shared>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            shared: Arc::downgrade(shared),
            seat: Mutex::default(),
            ear: Mutex::default(),
            ahead: AtomicUsize::new(0),
            answered: AtomicU32::new(0),
            looked: AtomicU32::new(0),
        })
    }

    /// The desk, for as long as nobody else needs it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Seat> {
        // No code of users runs under this mutex.
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ear; taken before any other lock.
    pub(super) fn ear(&self) -> MutexGuard<'_, Option<Line>> {
        // What users' code panics with is contained.
        self.ear.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a claimed parcel to the worker, or one that goes ahead of its turn. Should that fail, the link learns
    /// it when it is called. Parcels that go ahead were counted before, all of them, under the executor's mutex: were
    /// they counted one by one here, whoever takes back would pass by while the first of them is sent.
    pub(super) fn hand(self: &Arc<Self>, seat: &mut Seat, parcel: Parcel) -> Result<(), ()> {
        parcel.receipt.place(Arc::clone(self) as Arc<dyn Attendant>);
        let sent = match &mut seat.worker {
            Some(worker) => worker.send(&parcel.request),
            None => Err(Trouble::Died),
        };
        seat.parcels.push_back(parcel);
        sent.map_err(|trouble| seat.trouble = Some(trouble))
    }

    /// Notes how many parcels are behind the first.
    pub(super) fn count(&self, seat: &Seat) {
        self.ahead.store(seat.parcels.len().saturating_sub(1), Ordering::Relaxed);
    }

    /// Takes back what has not begun, and claims the rest.
    pub(super) fn recall(&self, recalled: &mut Vec<Parcel>) {
        if self.ahead.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut seat = self.lock();
        let Seat { worker: Some(worker), parcels, trouble, .. } = &mut *seat else { return };
        match worker.withdraw() {
            Ok(count) => recalled.extend(parcels.drain(parcels.len().saturating_sub(count)..)),
            // Its link finds it when the worker answers, or dies.
            Err(damage) => *trouble = Some(damage),
        }
        // Nobody but the executor cancels them, so this cannot be too late.
        for parcel in &seat.parcels {
            let _ = parcel.receipt.claim();
        }
        self.count(&seat);
    }

    /// Receives in place of the link; `false` if the link has to go on.
    fn stand_in(self: &Arc<Self>, line: &mut Line, shared: &Arc<Shared>, done: &mut dyn FnMut() -> bool) -> bool {
        // What is there already is taken along: the next one to be waited for is often among it.
        let mut along = MOST_AHEAD;
        loop {
            let is_done = done();
            if is_done {
                along -= 1;
            }
            let ready = || line.receiver.is_ready().then_some(true);
            let look = || ready().or_else(|| done().then_some(false));
            if along == 0 || (is_done && ready().is_none()) || search(look) != Some(true) {
                return true;
            }
            match line.receive(shared, self) {
                Received::Done { callbacks, left } => {
                    let quiet = callbacks.is_empty();
                    if !quiet {
                        self.lock().callbacks.push(callbacks);
                    }
                    // With callbacks the link is wanted, and goes on with the rest itself.
                    if !quiet || (line.wants_more(left) && shared.top_up(self, line, left == 0) == TopUp::Nothing) {
                        return false;
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
    fn attend(&self, done: &mut dyn FnMut() -> bool) {
        let (Some(shared), Some(own)) = (self.shared.upgrade(), self.me.upgrade()) else { return };
        let mut ear = match self.ear.try_lock() {
            Ok(ear) => ear,
            // Somebody receives already.
            Err(TryLockError::WouldBlock) => return,
            Err(TryLockError::Poisoned(ear)) => ear.into_inner(),
        };
        let Some(line) = &mut *ear else { return };
        line.alarm.stand_in();
        let goes_on = own.stand_in(line, &shared, done);
        line.alarm.stand_down();
        if !goes_on || line.receiver.is_ready() {
            line.alarm.call();
        }
    }
}

impl Line {
    pub(super) fn new(receiver: Receiver, alarm: Arc<Alarm>) -> Self {
        alarm.took(receiver.position());
        Self { receiver, alarm, since: None, replies: 0 }
    }

    /// Takes a reply, and completes the future of the parcel that it answers.
    pub(super) fn receive(&mut self, shared: &Arc<Shared>, desk: &Desk) -> Received {
        let copied = self.receiver.copy();
        let outcomes = copied.ok().and_then(read_items);
        let mut seat = desk.lock();
        let Seat { worker: Some(worker), parcels, .. } = &mut *seat else { return Received::Unasked };
        let Some(parcel) = parcels.front() else { return Received::Unasked };
        let Some(outcomes) = outcomes.filter(|found| found.count() as u64 == parcel.tasks && worker.has_begun()) else {
            return Received::Garbage;
        };
        let Some(parcel) = parcels.pop_front() else { return Received::Unasked };
        worker.answered(parcel.tasks);
        if let Some(next) = parcels.front() {
            // It could no longer be taken back; and nobody has cancelled it, see `recall`.
            let _ = next.receipt.claim();
            worker.nudge();
        }
        let left = parcels.len();
        desk.count(&seat);
        drop(seat);
        desk.answered.fetch_add(1, Ordering::Relaxed);
        shared.round_trips.fetch_add(1, Ordering::Relaxed);
        let Parcel { request, receipt, .. } = parcel;
        // Whoever sees the result must not find the task's bytes still in memory, beyond what is kept for the next ones.
        shared.spares.give(request);
        let mut available = left > 0;
        let mut make_available = || {
            if !std::mem::replace(&mut available, true) {
                shared.make_available();
            }
        };
        // Not before the outcome is rebuilt, which may take long: until then another worker is to have what
        // comes. And not later: whoever sees the result and submits again finds this worker.
        //
        // A value whose future was dropped is dropped here and may panic. Its future is done then, and
        // the panic hook has told.
        let callbacks = contain(|| receipt.deliver(outcomes, &mut make_available)).unwrap_or_default();
        make_available();
        self.replies += 1;
        self.alarm.took(self.receiver.position());
        Received::Done { callbacks, left }
    }

    /// Whether so many parcels that are left are few enough to send more.
    pub(super) fn wants_more(&self, left: usize) -> bool {
        left == 0 || (left <= MOST_AHEAD / 2 && left <= self.pace() / 2)
    }

    /// How many parcels the worker answers in the time for which they are sent ahead.
    fn pace(&self) -> usize {
        let Some(since) = self.since.filter(|_| self.replies > 0) else { return 1 };
        let passed = since.elapsed();
        let by_rate = AHEAD.as_nanos() * u128::from(self.replies) / passed.as_nanos().max(1);
        // As long as what was sent was answered in that time, twice as much may be: the time may have gone into
        // waking somebody, which costs the same for many.
        let doubled = if passed < AHEAD { 2 * u128::from(self.replies) } else { 0 };
        usize::try_from(by_rate.max(doubled)).unwrap_or(MOST_AHEAD).clamp(1, MOST_AHEAD)
    }

    /// The same, and the count begins again.
    pub(super) fn take_pace(&mut self) -> usize {
        let pace = self.pace();
        (self.since, self.replies) = (Some(Instant::now()), 0);
        pace
    }

    /// The worker rests, and how long tells nothing. No clock is read for a task that comes alone.
    pub(super) fn rest(&mut self) {
        (self.since, self.replies) = (None, 0);
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
        let patience = Patience::ticks(1);
        let setup = Setup { workers: 1, initialiser: None, max_tasks_per_worker: None, patience };
        let shared = Shared::new(setup, Attendants::new(StartMethod::Spawn, patience, None));
        let desk = Desk::of(&shared);
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
}
