//! What is sent to workers ahead of its turn, and taken back: see the head of `desk`.

use super::super::desk::{Desk, Idle, Pace};
use super::super::lane::MOST;
use super::super::parcel::Parcel;
use super::super::supervisor::Alarm;
use super::{Phase, Shared, State, relock};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::Instant;

/// What became of a worker that was to get more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::process) enum TopUp {
    /// It has something to do.
    Busy,
    /// Its desk is listed.
    Listed,
    /// Neither: its link has to see to it.
    Nothing,
}

impl State {
    /// Puts parcels back to where they belong by their numbers, which is at or near the beginning.
    fn put_back(&mut self, mut parcels: Vec<Parcel>) {
        parcels.sort_unstable_by_key(|parcel| parcel.number);
        while let Some(parcel) = parcels.pop() {
            let at = self.queue.partition_point(|queued| queued.number < parcel.number);
            self.queue.insert(at, parcel);
        }
        if self.queue.is_empty() {
            return;
        }
        // Nobody is listed while anything is ahead; but whose desk was damaged was seen as empty.
        for idle in std::mem::take(&mut self.idle) {
            self.available += 1;
            idle.alarm.call();
        }
    }

    /// Takes back everything that is ahead on the desks that `which` accepts; how much.
    pub(super) fn recall(&mut self, which: impl Fn(&Desk) -> bool) -> usize {
        let mut recalled = Vec::new();
        self.desks.iter().filter(|desk| which(desk)).for_each(|desk| desk.recall(&mut recalled));
        let count = recalled.len();
        if count > 0 {
            self.put_back(recalled);
        }
        count
    }

    /// Takes back half of what is ahead on the desk that has most, or on another one if all of that has begun; how
    /// much. The other half stays there, so that its worker has something to do as well.
    pub(super) fn share(&mut self) -> usize {
        let ahead = |desk: &&Arc<Desk>| desk.ahead.load(Ordering::Relaxed);
        let Some(longest) = self.desks.iter().max_by_key(ahead).filter(|desk| ahead(desk) > 0) else { return 0 };
        let mut recalled = Vec::new();
        longest.recall_half(&mut recalled);
        for desk in &self.desks {
            if recalled.is_empty() {
                desk.recall_half(&mut recalled);
            }
        }
        let count = recalled.len();
        if count > 0 {
            self.put_back(recalled);
        }
        count
    }

    /// What waited longest, unless it was cancelled: that is given to `passed`.
    pub(super) fn front(&mut self, passed: &mut Vec<Parcel>) -> Option<&Parcel> {
        while self.queue.front().is_some_and(|parcel| parcel.receipt.is_cancelled()) {
            passed.extend(self.queue.pop_front());
        }
        self.queue.front()
    }
}

impl Shared {
    /// Called by whoever holds the ear of a desk, before the outcome of its only parcel is published, in place of
    /// its link, which has nothing to call: the desk is listed, or its worker gets what waits. What was cancelled
    /// is given to `passed`.
    pub(in crate::process) fn settle(
        &self,
        desk: &Arc<Desk>,
        alarm: &Arc<Alarm>,
        pace: &mut Pace,
        passed: &mut Vec<Parcel>,
    ) -> TopUp {
        let mut state = relock(&self.state);
        let is_ahead = |desk: &Arc<Desk>| desk.ahead.load(Ordering::Relaxed) > 0;
        if state.queue.is_empty() && matches!(state.phase, Phase::Open) && !state.desks.iter().any(is_ahead) {
            state.idle.push(Idle { desk: Arc::clone(desk), alarm: Arc::clone(alarm) });
            pace.rest();
            return TopUp::Listed;
        }
        state.available += 1;
        self.send_more(state, desk, alarm, pace, passed, true)
    }

    /// Called by whoever holds the ear of a desk whose worker has answered, and has more to do: sends it what it
    /// may get ahead of its turn.
    pub(in crate::process) fn top_up(&self, desk: &Arc<Desk>, alarm: &Arc<Alarm>, pace: &mut Pace) {
        let mut passed = Vec::new();
        self.send_more(relock(&self.state), desk, alarm, pace, &mut passed, false);
    }

    /// `available` says that the worker has nothing to do and was made available.
    fn send_more(
        &self,
        mut state: MutexGuard<'_, State>,
        desk: &Arc<Desk>,
        alarm: &Arc<Alarm>,
        pace: &mut Pace,
        passed: &mut Vec<Parcel>,
        available: bool,
    ) -> TopUp {
        let others_ahead = |other: &Desk| other.ahead.load(Ordering::Relaxed) > 0 && !std::ptr::eq(other, &**desk);
        // No clock is read for a task that comes alone.
        let now = (!state.queue.is_empty() || state.desks.iter().any(|desk| others_ahead(desk))).then(Instant::now);
        if let Some(now) = now {
            // What is behind a task that takes long was submitted before what is in the queue.
            state.recall(|other| others_ahead(other) && other.is_stuck(now));
        }
        if available && state.front(passed).is_none() {
            state.share();
        }
        let most_ahead = now.filter(|_| !state.queue.is_empty()).map_or(1, |now| pace.take(now));
        let mut locked = desk.lock();
        let seat = &mut *locked;
        let (mut sent, mut bytes) = (Vec::new(), 0);
        let busy = seat.parcels.len();
        let most = self.setup.max_tasks_per_worker.unwrap_or(u64::MAX);
        let usable = seat.worker.as_mut().filter(|worker| worker.ran < most && seat.trouble.is_none());
        let may_rest = usable.is_some();
        if let Some(worker) = usable.filter(|_| !matches!(state.phase, Phase::Broken(_))) {
            let mut tasks = worker.ran + seat.parcels.iter().map(|parcel| parcel.tasks).sum::<u64>();
            // Other links that are available have the first ones.
            let others = state.available - usize::from(available);
            while tasks < most && (sent.is_empty() || bytes <= MOST) {
                let queued = state.queue.len();
                let Some(parcel) = state.front(passed) else { break };
                let first = busy == 0 && sent.is_empty();
                let needed = bytes + parcel.request.len() + 16;
                // Nothing waits for callbacks, which the link would call meanwhile.
                let calls_back = sent.last().or(seat.parcels.back()).is_some_and(|last| last.receipt.calls_back());
                let ahead = busy + sent.len() < most_ahead && queued > others && !calls_back;
                let fits = needed <= MOST && worker.has_room(needed);
                if !(first || ahead && fits) {
                    break;
                }
                desk.place(parcel);
                let goes = if first { parcel.receipt.claim() } else { parcel.receipt.send_ahead() };
                if !goes {
                    passed.extend(state.queue.pop_front());
                    continue;
                }
                (bytes, tasks) = (needed, tasks + parcel.tasks);
                sent.extend(state.queue.pop_front());
            }
        }
        let done = match (busy + sent.len(), &state.phase) {
            (1.., _) => TopUp::Busy,
            (0, Phase::Open) if available && may_rest && state.queue.is_empty() && passed.is_empty() => {
                state.idle.push(Idle { desk: Arc::clone(desk), alarm: Arc::clone(alarm) });
                pace.rest();
                TopUp::Listed
            }
            _ => TopUp::Nothing,
        };
        state.available -= usize::from(available && done != TopUp::Nothing);
        if busy <= 1 {
            // Whoever looks whether this worker is stuck begins anew.
            seat.looked = None;
        }
        // Under the executor's mutex, so that whoever takes back knows whom to ask.
        desk.ahead.store((busy + sent.len()).saturating_sub(1), Ordering::Relaxed);
        drop(state);
        let failed = sent.into_iter().map(|parcel| Desk::send(seat, parcel)).filter(Result::is_err).count() > 0;
        drop(locked);
        if failed {
            alarm.call();
        }
        done
    }

    /// Takes back what is ahead on a desk.
    pub(in crate::process) fn take_back(&self, desk: &Desk) {
        relock(&self.state).recall(|other| std::ptr::eq(other, desk));
    }

    /// Claims what has begun, wherever it is.
    pub(in crate::process) fn note_begun(&self) {
        relock(&self.state).desks.iter().for_each(|desk| desk.note_begun());
    }

    /// Lets `cancel` cancel what has not begun, wherever it is. No code of users may run in there.
    pub(in crate::process) fn give_up(&self, cancel: impl FnOnce()) {
        let mut state = relock(&self.state);
        state.recall(|_| true);
        cancel();
    }
}
