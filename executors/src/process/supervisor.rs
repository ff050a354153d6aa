//! The supervisor: one thread of an executor that waits for the deaths of its workers.
//!
//! A link sleeps at the bell of its worker's replies, where no descriptor can wake it. The supervisor
//! sleeps on the descriptors of all the processes together, and when one ends it raises that worker's
//! alarm: it notes the death where only the executor can write, and then rings. It believes nothing of what the
//! dead worker has left in the shared memory ([`Bell::ring_anyway`](super::bell::Bell::ring_anyway)),
//! and the dead can change nothing there any more; so the link learns of the death at once, whatever the
//! worker was doing, and also while it is idle.

use super::channel::{Channel, Direction};
use super::sync::{AtomicBool, Ordering};
use super::system::{count_up, counter, next_readable, watch, watch_list};
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// News for the link of one worker that do not come from the worker itself.
#[derive(Debug)]
pub(super) struct Alarm {
    channel: Arc<Channel>,
    dead: AtomicBool,
    called: AtomicBool,
    /// How many bytes of replies were taken: kept here for a link that looks while somebody else receives. Released by
    /// who has taken them and acquired by the link, which so finds the ring as he has left it.
    taken: AtomicU64,
}

/// What a link wakes up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// There is a reply that nobody has taken.
    Reply,
    /// The process has ended.
    Death,
    /// The link is wanted.
    Call,
    /// The bell rings again and again, for nothing.
    Garbage,
}

impl Alarm {
    /// For whoever waits for replies from this channel.
    pub(super) fn new(channel: &Arc<Channel>) -> Self {
        let (dead, called) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { channel: Arc::clone(channel), dead, called, taken: AtomicU64::new(0) }
    }

    /// Waits for news, without taking a reply.
    pub(super) fn listen(&self) -> Heard {
        let lane = self.channel.lane(Direction::Reply);
        let taken = || self.taken.load(std::sync::atomic::Ordering::Acquire);
        let before = taken();
        // A reply that somebody else has taken is none to wait for, and proves that the worker is sound: who is
        // woken for such replies again and again is not woken for nothing.
        let ready = || (taken() != before || lane.is_beyond(before)).then_some(Heard::Reply);
        // While somebody stands in, replies are his; what he leaves he calls for, when he has let go.
        let left = || if lane.bell().is_held() { None } else { ready() };
        let other = || {
            if self.is_dead() {
                // A reply may have come between the two looks; a worker that replies and dies has replied.
                return Some(ready().unwrap_or(Heard::Death));
            }
            self.was_called().then_some(Heard::Call)
        };
        lane.bell().wait(|| Some(None), || left().or_else(other)).unwrap_or(Heard::Garbage)
    }

    /// Says how many bytes of replies were taken.
    pub(super) fn took(&self, taken: u64) {
        self.taken.store(taken, std::sync::atomic::Ordering::Release);
    }

    /// Takes over from the link, which sleeps or is about to: the worker need not wake it.
    pub(super) fn stand_in(&self) {
        self.channel.lane(Direction::Reply).bell().hold();
    }

    /// Leaves it to the link again. The caller looks once more after that.
    pub(super) fn stand_down(&self) {
        self.channel.lane(Direction::Reply).bell().let_go();
    }

    /// Wakes who stands in, if it sleeps, for news that were made visible before.
    pub(super) fn interrupt(&self) {
        self.channel.lane(Direction::Reply).bell().interrupt();
    }

    /// Sleeps once for who stands in, unless `look` finds something.
    pub(super) fn sleep<R>(&self, look: impl FnOnce() -> Option<R>) -> Option<R> {
        self.channel.lane(Direction::Reply).bell().sleep_held(look)
    }

    fn raise(&self, news: &AtomicBool) {
        // Whoever sees it reads nothing that was written before; what it means is found out anew.
        news.store(true, Ordering::Release);
        self.channel.lane(Direction::Reply).bell().ring_anyway();
    }

    /// Says that the link is wanted.
    pub(super) fn call(&self) {
        self.raise(&self.called);
    }

    /// Whether the link was called since it last asked.
    pub(super) fn was_called(&self) -> bool {
        // The first look spares the exchange; the fence of the bell makes it see a call that rang before.
        self.called.load(Ordering::Relaxed) && self.called.swap(false, Ordering::Acquire)
    }

    /// Whether the process has ended.
    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Acquire)
    }
}

/// Waits for the deaths of workers.
#[derive(Debug)]
pub(super) struct Supervisor {
    list: OwnedFd,
    stop: OwnedFd,
    watched: Mutex<HashMap<u64, Arc<Alarm>>>,
    keys: AtomicU64,
}

/// The key of the counter that ends the supervisor.
const STOP: u64 = 0;

impl Supervisor {
    /// Starts the thread.
    pub(super) fn start() -> io::Result<(Arc<Self>, JoinHandle<()>)> {
        let (list, stop) = (watch_list()?, counter()?);
        watch(list.as_fd(), stop.as_fd(), STOP)?;
        let own = Arc::new(Self { list, stop, watched: Mutex::default(), keys: AtomicU64::new(STOP + 1) });
        let supervisor = Arc::clone(&own);
        let thread = thread::Builder::new().name("process-watch".into()).spawn(move || supervisor.run())?;
        Ok((own, thread))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Alarm>>> {
        // Nothing panics under this mutex.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        // An error of the list would be one of this program; it is not waited for in a circle.
        while let Ok(key) = next_readable(self.list.as_fd()) {
            if key == STOP {
                return;
            }
            let alarm = self.lock().remove(&key);
            if let Some(alarm) = alarm {
                alarm.raise(&alarm.dead);
                // The link does that, too; but only the dead keep their hands off the bell.
                alarm.interrupt();
            }
        }
    }

    /// Raises `alarm` as soon as `process` has ended, until the watch is dropped.
    pub(super) fn watch(self: &Arc<Self>, process: BorrowedFd<'_>, alarm: &Arc<Alarm>) -> io::Result<Watch> {
        // Relaxed: it only has to be another number than all before.
        let key = self.keys.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.lock().insert(key, Arc::clone(alarm));
        let watched = Watch { supervisor: Arc::clone(self), key };
        watch(self.list.as_fd(), process, key)?;
        Ok(watched)
    }

    /// Ends the thread.
    pub(super) fn stop(&self) {
        count_up(self.stop.as_fd());
    }
}

/// Keeps a process watched. The descriptor leaves the list when it is closed.
#[derive(Debug)]
pub(super) struct Watch {
    supervisor: Arc<Supervisor>,
    key: u64,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.supervisor.lock().remove(&self.key);
    }
}
