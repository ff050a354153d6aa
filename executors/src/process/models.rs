//! Models of the rings and bells: loom runs each in every order that the memory model allows, up to
//! the given number of preemptions.
//!
//! `RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 cargo test -p poolproof-executors --no-default-features \
//! --release --lib process::models`
//!
//! Two processes are two threads here: what matters is the memory that they share. Each model names the changes
//! that make it fail; every one was tried, alone. A lost ring shows as a deadlock, and bytes that both sides touch
//! at once as a race.

use super::bell::Bell;
use super::lane::{Bytes, CAPACITY, Content, Lane, Reader, Taken, Writer};
use super::sync::{AtomicBool, Ordering};
use loom::cell::UnsafeCell;
use loom::thread;
use std::sync::Arc;

/// The bytes of a ring, word by word, so that loom sees who touches which one.
struct Words(Vec<UnsafeCell<[u8; 8]>>);

impl Words {
    fn new() -> Self {
        Self((0..CAPACITY / 8).map(|_| UnsafeCell::new([0; 8])).collect())
    }

    fn word(&self, at: u64) -> &UnsafeCell<[u8; 8]> {
        &self.0[(at % CAPACITY / 8) as usize]
    }
}

// SAFETY: that no two threads touch a cell at once is what loom checks.
#[allow(unsafe_code)]
unsafe impl Sync for Words {}

impl Bytes for Words {
    fn write(&self, at: u64, content: &[u8]) {
        for (at, part) in (at..).step_by(8).zip(content.chunks(8)) {
            // SAFETY: loom checks that nobody else is here.
            #[allow(unsafe_code)]
            self.word(at).with_mut(|word| unsafe { (&mut *word)[..part.len()].copy_from_slice(part) });
        }
    }

    fn read(&self, at: u64, content: &mut [u8]) {
        for (at, part) in (at..).step_by(8).zip(content.chunks_mut(8)) {
            // SAFETY: loom checks that nobody writes here.
            #[allow(unsafe_code)]
            self.word(at).with(|word| unsafe { part.copy_from_slice(&(&*word)[..part.len()]) });
        }
    }
}

struct Shared {
    requests: Lane,
    replies: Lane,
    request_bytes: Words,
    reply_bytes: Words,
    dead: AtomicBool,
}

impl Shared {
    fn new() -> Arc<Self> {
        let (requests, replies) = (Lane::new(), Lane::new());
        Arc::new(Self {
            requests,
            replies,
            request_bytes: Words::new(),
            reply_bytes: Words::new(),
            dead: AtomicBool::new(false),
        })
    }
}

fn receive(lane: &Lane, bytes: &Words, reader: &mut Reader) -> Vec<u8> {
    lane.bell().wait(|| Some(None), || reader.is_ready(lane).then_some(())).expect("it rings for something");
    let mut content = Vec::new();
    assert_eq!(reader.take(lane, bytes, &mut content), Ok(Some(Taken::Inside)));
    content
}

/// *A request comes while the worker falls asleep, and the reply while the executor does.* Several in a
/// row, around the end of the ring. Fails if `ring_late` or `wait` has no fence, if `ring_late` asks nobody to wake, if
/// `wait` does not look again after it has written that it sleeps, or if `write` stores the count before the bytes
/// or with `Relaxed`.
#[test]
fn requests_and_replies_wake_who_waits_for_them() {
    loom::model(|| {
        let shared = Shared::new();
        let there = Arc::clone(&shared);
        let worker = thread::spawn(move || {
            let (mut reader, mut writer) = (Reader::default(), Writer::default());
            for _ in 0..2 {
                let content = receive(&there.requests, &there.request_bytes, &mut reader);
                writer.put(&there.replies, &there.reply_bytes, Content::Inside(&content)).unwrap();
            }
        });
        let (mut writer, mut reader) = (Writer::default(), Reader::default());
        for number in 1..=2 {
            writer.put(&shared.requests, &shared.request_bytes, Content::Inside(&[number; 16])).unwrap();
            assert_eq!(receive(&shared.replies, &shared.reply_bytes, &mut reader), [number; 16]);
        }
        worker.join().unwrap();
    });
}

/// *The writer is ahead of the reader, and waits for room by looking.* Bytes are reused only after they
/// were taken. Fails if `take` moves the head before it has copied, or either head is `Relaxed`.
#[test]
fn bytes_are_not_reused_while_they_are_read() {
    loom::model(|| {
        let shared = Shared::new();
        let there = Arc::clone(&shared);
        let writing = thread::spawn(move || {
            let mut writer = Writer::default();
            for number in 1..=3 {
                while writer.put(&there.requests, &there.request_bytes, Content::Inside(&[number; 8])).is_err() {
                    thread::yield_now();
                }
            }
        });
        let mut reader = Reader::default();
        for number in 1..=3 {
            assert_eq!(receive(&shared.requests, &shared.request_bytes, &mut reader), [number; 8]);
        }
        writing.join().unwrap();
    });
}

/// *The worker dies while its link falls asleep, with a reply or without.* Fails if `ring_anyway` has no
/// fence or asks nobody to wake, or if the death is noted after the ring.
#[test]
fn a_death_is_heard_while_the_link_falls_asleep() {
    loom::model(|| {
        let shared = Shared::new();
        let there = Arc::clone(&shared);
        let supervisor = thread::spawn(move || {
            there.dead.store(true, Ordering::Release);
            there.replies.bell().ring_anyway();
        });
        let lane = &shared.replies;
        let look = || shared.dead.load(Ordering::Acquire).then_some(());
        assert_eq!(lane.bell().wait(|| Some(None), look), Ok(()));
        supervisor.join().unwrap();
    });
}

/// *A reply and a death at the same time.* The reply was published before the death, so who hears of the death
/// finds it. Fails if the link believes the death without a look for a reply after it.
#[test]
fn a_reply_is_found_before_the_death_that_followed_it() {
    loom::model(|| {
        let shared = Shared::new();
        let there = Arc::clone(&shared);
        let dying = thread::spawn(move || {
            Writer::default().put(&there.replies, &there.reply_bytes, Content::Inside(&[7; 8])).unwrap();
            // The kernel orders what a process wrote before its end, and the descriptor that tells of it.
            there.dead.store(true, Ordering::Release);
            there.replies.bell().ring_anyway();
        });
        let (lane, mut reader) = (&shared.replies, Reader::default());
        let look = || {
            let dead = || shared.dead.load(Ordering::Acquire).then_some(false);
            if reader.is_ready(lane) { Some(true) } else { dead() }
        };
        let replied = lane.bell().wait(|| Some(None), look).expect("it rings for something");
        // The link looks once more before it believes that there is none.
        assert!(replied || reader.is_ready(lane));
        let mut content = Vec::new();
        assert_eq!(reader.take(lane, &shared.reply_bytes, &mut content), Ok(Some(Taken::Inside)));
        dying.join().unwrap();
    });
}

/// *A request that can be withdrawn is offered while the worker falls asleep.* Fails if `ring` has no fence or asks
/// nobody to wake, or if `offer` rings before it grants.
#[test]
fn an_offer_is_heard_while_the_worker_falls_asleep() {
    loom::model(|| {
        let shared = Shared::new();
        let there = Arc::clone(&shared);
        let worker = thread::spawn(move || {
            let (lane, mut reader, mut content) = (&there.requests, Reader::default(), Vec::new());
            let offered = || reader.is_offered(lane).then_some(());
            lane.bell().wait(|| Some(None), offered).expect("it rings for something");
            assert!(reader.claim(lane));
            assert_eq!(reader.take(lane, &there.request_bytes, &mut content), Ok(Some(Taken::Inside)));
            content
        });
        Writer::default().offer(&shared.requests, &shared.request_bytes, Content::Inside(&[7; 8])).unwrap();
        assert_eq!(worker.join().unwrap(), [7; 8]);
    });
}

/// *A close comes while the worker falls asleep.* Fails as the model of a death does.
#[test]
fn a_close_is_heard_while_the_worker_falls_asleep() {
    loom::model(|| {
        let shared = Shared::new();
        let there = Arc::clone(&shared);
        let worker = thread::spawn(move || {
            let bell: &Bell = there.requests.bell();
            bell.wait(|| Some(None), || there.requests.is_closed().then_some(()))
        });
        shared.requests.close();
        assert_eq!(worker.join().unwrap(), Ok(()));
    });
}

/// *The executor takes a request back while the worker claims one, and writes another one over it.* Each is claimed
/// or taken back, and nobody reads bytes that are written. Fails if `take` comes before `claim`, if the two counts
/// are words of their own, or if either side changes them with less than a comparison.
#[test]
fn a_request_is_claimed_or_taken_back() {
    loom::model(|| {
        let shared = Shared::new();
        let there = Arc::clone(&shared);
        let claim = |shared: &Shared, reader: &mut Reader, seen: &mut Vec<u8>| {
            let mut content = Vec::new();
            if reader.claim(&shared.requests) {
                assert_eq!(reader.take(&shared.requests, &shared.request_bytes, &mut content), Ok(Some(Taken::Inside)));
                seen.push(content[0]);
            }
        };
        let worker = thread::spawn(move || {
            let (mut reader, mut seen) = (Reader::default(), Vec::new());
            claim(&there, &mut reader, &mut seen);
            claim(&there, &mut reader, &mut seen);
            (reader, seen)
        });
        let mut writer = Writer::default();
        let offer = |number: u8, writer: &mut Writer| {
            writer.offer(&shared.requests, &shared.request_bytes, Content::Inside(&[number; 8])).unwrap();
        };
        offer(1, &mut writer);
        offer(2, &mut writer);
        let back = writer.withdraw(&shared.requests, usize::MAX).unwrap();
        if back > 0 {
            offer(3, &mut writer);
        }
        let (mut reader, mut seen) = worker.join().unwrap();
        for _ in 0..2 {
            claim(&shared, &mut reader, &mut seen);
        }
        assert_eq!(seen, if back > 0 { [1, 3] } else { [1, 2] });
    });
}

/// *The worker dies while threads stand in for its link, one after the other, and the link falls asleep.* The link
/// hears of it. Fails if the link sleeps on `HELD` itself, if a holder leaves `ASLEEP` instead of `LEFT`, or if the
/// link does not look again after it has written `HELD_ASLEEP`.
#[test]
fn a_death_is_heard_while_others_stand_in_for_the_link() {
    loom::model(|| {
        let shared = Shared::new();
        let (asleep, there) = (Arc::clone(&shared), Arc::clone(&shared));
        let link = thread::spawn(move || {
            let look = || asleep.dead.load(Ordering::Acquire).then_some(());
            assert_eq!(asleep.replies.bell().wait(|| Some(None), look), Ok(()));
        });
        let supervisor = thread::spawn(move || {
            there.dead.store(true, Ordering::Release);
            there.replies.bell().ring_anyway();
        });
        for _ in 0..2 {
            shared.replies.bell().hold();
            shared.replies.bell().let_go();
        }
        supervisor.join().unwrap();
        link.join().unwrap();
    });
}

/// *A thread stands in for a link that is falling asleep, and leaves while the reply comes.* Somebody hears it. Fails
/// if `let_go` has no fence or does not say that somebody sleeps, or if the thread does not look again after it.
#[test]
fn a_reply_is_heard_when_somebody_stands_in_for_the_link() {
    loom::model(|| {
        let shared = Shared::new();
        let (asleep, working) = (Arc::clone(&shared), Arc::clone(&shared));
        let link = thread::spawn(move || {
            let stopped = || asleep.dead.load(Ordering::Acquire);
            let look = || (asleep.replies.is_beyond(0) || stopped()).then_some(());
            asleep.replies.bell().wait(|| Some(None), look).expect("it rings for something");
        });
        let worker = thread::spawn(move || {
            Writer::default().put(&working.replies, &working.reply_bytes, Content::Inside(&[7; 8])).unwrap();
        });
        let (lane, reader) = (&shared.replies, Reader::default());
        lane.bell().hold();
        if reader.is_ready(lane) {
            shared.dead.store(true, Ordering::Release);
            lane.bell().ring_anyway();
        } else {
            lane.bell().let_go();
            if reader.is_ready(lane) {
                lane.bell().ring_anyway();
            }
        }
        link.join().unwrap();
        worker.join().unwrap();
    });
}

/// *A thread that stands in for a link falls asleep while the reply comes, and the link as well.* It hears the reply, and
/// the link is left alone. Fails if `sleep_held` has no fence or does not look again after it has written that it
/// sleeps, or if `ring_late` does not ask whether it does.
#[test]
fn a_reply_is_heard_by_who_sleeps_in_the_place_of_the_link() {
    loom::model(|| {
        let shared = Shared::new();
        let (asleep, working) = (Arc::clone(&shared), Arc::clone(&shared));
        let link = thread::spawn(move || {
            let look = || asleep.dead.load(Ordering::Acquire).then_some(());
            assert_eq!(asleep.replies.bell().wait(|| Some(None), look), Ok(()));
        });
        let worker = thread::spawn(move || {
            Writer::default().put(&working.replies, &working.reply_bytes, Content::Inside(&[7; 8])).unwrap();
        });
        let (lane, reader) = (&shared.replies, Reader::default());
        lane.bell().hold();
        while lane.bell().sleep_held(|| reader.is_ready(lane).then_some(())).is_none() {}
        lane.bell().let_go();
        shared.dead.store(true, Ordering::Release);
        lane.bell().ring_anyway();
        link.join().unwrap();
        worker.join().unwrap();
    });
}

/// *The link wants the ear, or the worker dies, while a thread that stands in falls asleep.* It makes way. Fails if
/// `interrupt` has no fence or asks nobody to wake, or if what it is about is noted after it.
#[test]
fn who_sleeps_in_the_place_of_the_link_makes_way() {
    loom::model(|| {
        let shared = Shared::new();
        let there = Arc::clone(&shared);
        let link = thread::spawn(move || {
            there.dead.store(true, Ordering::Relaxed);
            there.replies.bell().interrupt();
        });
        let bell = shared.replies.bell();
        bell.hold();
        while bell.sleep_held(|| shared.dead.load(Ordering::Relaxed).then_some(())).is_none() {}
        bell.let_go();
        link.join().unwrap();
    });
}
