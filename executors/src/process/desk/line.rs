//! What whoever receives needs: the replies of a worker, and how fast it answers.

use super::super::channel::Receiver;
use super::super::message::read_items;
use super::super::parcel::Parcel;
use super::super::shared::{Shared, TopUp};
use super::super::supervisor::Alarm;
use super::{Desk, Seat};
use poolproof_harness::{Callbacks, contain};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Parcels are sent ahead for about this long. Where all cores compute, a thread that wants one, a link or who
/// stands in for it, may wait for a tick of the scheduler, 4 ms; what is left when more is sent is to last for that
/// long.
pub(super) const AHEAD: Duration = Duration::from_millis(8);

/// The least: one that runs and one behind it.
const LEAST_AHEAD: usize = 2;

/// And no more than this many.
pub(in crate::process) const MOST_AHEAD: usize = 64;

/// What whoever receives needs of a worker.
///
/// It lies on the desk that it keeps, so that who stands in for the link counts no owner: the link takes it off when
/// it takes the worker, and at its own end at the latest.
pub(in crate::process) struct Line {
    pub(in crate::process) receiver: Receiver,
    pub(in crate::process) alarm: Arc<Alarm>,
    pub(super) shared: Arc<Shared>,
    desk: Arc<Desk>,
    pace: Pace,
}

/// What came of listening once.
pub(in crate::process) enum Received {
    /// The first parcel is done; so many are left. If none is, the link is available, or `next` says what the
    /// worker has to do.
    Done { callbacks: Callbacks, left: usize, next: Option<TopUp> },
    /// There was no parcel to be answered.
    Unasked,
    /// It is no reply to the first parcel.
    Garbage,
}

impl Line {
    pub(in crate::process) fn new(
        shared: &Arc<Shared>,
        desk: &Arc<Desk>,
        receiver: Receiver,
        alarm: Arc<Alarm>,
    ) -> Self {
        alarm.took(receiver.position());
        Self { receiver, alarm, shared: Arc::clone(shared), desk: Arc::clone(desk), pace: Pace::default() }
    }

    /// Takes a reply, and completes the future of the parcel that it answers. Who is not the link sees to it at
    /// once what the worker does next, if nothing is left for it and the link has nothing to call.
    pub(in crate::process) fn receive(&mut self, as_link: bool) -> Received {
        let Self { receiver, alarm, shared, desk, pace } = self;
        let copied = receiver.copy();
        let outcomes = copied.ok().and_then(read_items);
        let mut seat = desk.lock();
        let Seat { worker: Some(worker), parcels, trouble, .. } = &mut *seat else { return Received::Unasked };
        let Some(parcel) = parcels.front() else { return Received::Unasked };
        let Some(outcomes) = outcomes.filter(|found| found.count() as u64 == parcel.tasks && worker.has_begun()) else {
            return Received::Garbage;
        };
        let Some(parcel) = parcels.pop_front() else { return Received::Unasked };
        worker.answered(parcel.tasks);
        if let Some(next) = parcels.front() {
            // It can no longer be taken back; and nobody has cancelled it, who would have taken it back before.
            let _ = next.receipt.claim();
            worker.nudge();
        }
        let left = parcels.len();
        let is_sound = trouble.is_none() && shared.setup.max_tasks_per_worker.is_none_or(|most| worker.ran < most);
        seat.answered += 1;
        desk.count(&seat);
        drop(seat);
        let Parcel { request, receipt, .. } = parcel;
        // Whoever sees the result must not find the task's bytes still in memory, beyond what is kept for the next
        // ones.
        shared.spares.give(request);
        let settles = !as_link && is_sound && !receipt.calls_back();
        // What was cancelled is dropped when this outcome is published: it is not the place for destructors of users.
        let (mut pending, mut next, mut passed) = (left == 0, None, Vec::new());
        let mut settle = || {
            if !std::mem::replace(&mut pending, false) {
                return;
            }
            if settles {
                next = Some(shared.settle(desk, alarm, pace, &mut passed));
            } else {
                shared.make_available();
            }
        };
        // Not before the outcome is rebuilt, which may take long: until then another worker is to have what
        // comes. And not later: whoever sees the result and submits again finds this worker.
        //
        // A value whose future was dropped is dropped here and may panic. Its future is done then, and
        // the panic hook has told.
        let callbacks = contain(|| receipt.deliver(outcomes, &mut settle)).unwrap_or_default();
        settle();
        pace.replied();
        alarm.took(receiver.position());
        Received::Done { callbacks, left, next }
    }

    /// Sends the worker more, if what is left is little.
    pub(in crate::process) fn top_up(&mut self, left: usize) {
        if self.pace.wants_more(left) {
            self.shared.top_up(&self.desk, &self.alarm, &mut self.pace);
        }
    }
}

/// How fast a worker answers.
#[derive(Debug, Default)]
pub(in crate::process) struct Pace {
    /// Since when replies are counted, if they are, and how many there were.
    since: Option<Instant>,
    replies: u32,
}

impl Pace {
    fn replied(&mut self) {
        self.replies += 1;
    }

    /// Whether so many parcels that are left are few enough to send more.
    fn wants_more(&self, left: usize) -> bool {
        left <= MOST_AHEAD / 2 && left <= self.get() / 2
    }

    /// How many parcels the worker answers in the time for which they are sent ahead.
    fn get(&self) -> usize {
        self.since.map_or(LEAST_AHEAD, |since| self.after(since.elapsed()))
    }

    fn after(&self, passed: Duration) -> usize {
        let by_rate = AHEAD.as_nanos() * u128::from(self.replies) / passed.as_nanos().max(1);
        usize::try_from(by_rate).unwrap_or(MOST_AHEAD).clamp(LEAST_AHEAD, MOST_AHEAD)
    }

    /// The same, now that more is to be sent: from now on replies are counted, and older ones count for less and less.
    pub(in crate::process) fn take(&mut self, now: Instant) -> usize {
        let Some(since) = self.since else {
            (self.since, self.replies) = (Some(now), 0);
            return LEAST_AHEAD;
        };
        let passed = now.saturating_duration_since(since);
        let pace = self.after(passed);
        if passed > 2 * AHEAD
            && let Some(later) = now.checked_sub(AHEAD)
        {
            let share = u128::from(self.replies) * AHEAD.as_nanos() / passed.as_nanos();
            (self.since, self.replies) = (Some(later), u32::try_from(share).unwrap_or(u32::MAX));
        }
        pace
    }

    /// The worker rests, and how long tells nothing. No clock is read for a task that comes alone.
    pub(in crate::process) fn rest(&mut self) {
        (self.since, self.replies) = (None, 0);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_worker_gets_what_it_answers_in_some_time() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert_eq!((pace.get(), pace.take(start)), (2, 2), "one behind the one that runs");
        for (replies, milliseconds, expected) in [(8, 8, 8), (1, 16, 2), (10, 2, 40), (1_000, 1, 64), (0, 9_000, 2)] {
            pace = Pace { since: Some(start), replies };
            assert_eq!(pace.take(start + Duration::from_millis(milliseconds)), expected, "{replies} replies");
        }
        pace = Pace { since: Some(start), replies: 160 };
        assert_eq!(pace.take(start + 10 * AHEAD), 16);
        assert_eq!((pace.since, pace.replies), (Some(start + 9 * AHEAD), 16), "old replies count for less");
    }
}
