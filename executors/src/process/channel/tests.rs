//! Both ends of a channel.

use super::*;
use crate::process::draft::{Draft, Room, Written};

/// Both ends of the channel, in this one process.
struct Both {
    executor: (Sender, Receiver),
    worker: (Receiver, Sender),
    file: OwnedFd,
}

fn both() -> Both {
    let own = Arc::new(Channel::create().unwrap());
    let file = own.file().unwrap().try_clone_to_owned().unwrap();
    let other = Arc::new(Channel::adopt(file.try_clone().unwrap()).unwrap());
    Both {
        executor: (Sender::new(&own, Direction::Request), Receiver::new(&own, Direction::Reply)),
        worker: (Receiver::new(&other, Direction::Request), Sender::new(&other, Direction::Reply)),
        file,
    }
}

/// The memory that the file takes.
fn kept(file: &OwnedFd) -> u64 {
    use std::os::unix::fs::MetadataExt;
    std::fs::File::from(file.try_clone().unwrap()).metadata().unwrap().blocks() * 512
}

#[test]
fn messages_of_every_length_cross_both_ways() {
    let mut both = both();
    for length in [0, 1, 8, 1000, MOST - 1, MOST, MOST + 1, 70_000, 300_000, 4 << 20, 3] {
        let request: Vec<u8> = (0..length).map(|at| (at * 7 + length) as u8).collect();
        both.executor.0.send(&request).unwrap();
        assert!(both.worker.0.is_ready() && !both.executor.1.is_ready() && both.executor.0.begun() == Ok(0));
        let seen = both.worker.0.borrow().unwrap().unwrap();
        assert!(seen == request, "a request of {length} bytes");
        let reply: Vec<u8> = seen.iter().rev().copied().collect();
        both.worker.1.send(&reply).unwrap();
        assert_eq!(both.executor.0.begun(), Ok(1));
        assert!(both.executor.1.copy() == Ok(&reply), "a reply of {length} bytes");
        both.executor.0.answered();
    }
}

#[test]
fn a_reply_that_was_written_in_the_annex_is_read_like_any_other() {
    let mut both = both();
    for length in [MOST + 1, 300_000, 4 << 20] {
        assert!(both.worker.1.is_read());
        let annex = Arc::clone(&both.worker.1.channel);
        let mut draft = Draft::new(Room::Annex(annex.annex(Direction::Reply).unwrap(), &|| true), Vec::new());
        let reply: Vec<u8> = (0..length).map(|at| (at * 7 + length) as u8).collect();
        draft.extend(&reply);
        let Written::Outside(written, _) = draft.finish() else { panic!("it fits no ring") };
        both.worker.1.send_outside(written).unwrap();
        assert!(!both.worker.1.is_read(), "the annex is free only when it was copied");
        assert!(both.executor.1.copy() == Ok(&reply), "a reply of {length} bytes");
    }
}

#[test]
fn a_long_message_leaves_no_memory_behind() {
    let mut both = both();
    let long = vec![7; 3 * KEPT as usize];
    both.executor.0.send(&long).unwrap();
    both.worker.0.borrow().unwrap().unwrap();
    both.worker.1.send(&long).unwrap();
    assert!(kept(&both.file) >= 6 * KEPT);
    assert!(both.executor.1.copy() == Ok(&long));
    both.executor.0.answered();
    assert!(kept(&both.file) < KEPT, "{} bytes are kept", kept(&both.file));
    // And the same memory serves again.
    both.executor.0.send(&long).unwrap();
    assert!(both.worker.0.borrow().unwrap().unwrap() == long);
}

#[test]
fn a_length_that_is_only_claimed_costs_an_error_and_no_memory() {
    let mut both = both();
    for length in [MAX_MESSAGE as u64, u64::MAX >> 1, MAX_MESSAGE as u64 + 1, 1 << 30] {
        let (lane, ring) = (both.worker.1.channel.lane(Direction::Reply), both.worker.1.channel.ring(Direction::Reply));
        both.worker.1.writer.put(lane, &ring, Content::Elsewhere(length)).unwrap();
        assert_eq!(both.executor.1.copy(), Err(Damaged));
        assert!(both.executor.1.buffer.capacity() < 1 << 20 && kept(&both.file) < 1 << 20);
    }
}

#[test]
fn other_files_are_no_channels() {
    let file = std::fs::File::open("/proc/self/exe").unwrap();
    assert!(Channel::adopt(file.into()).is_err());
    let short = create(SIZE / 2).unwrap();
    assert!(Channel::adopt(short).is_err());
}
