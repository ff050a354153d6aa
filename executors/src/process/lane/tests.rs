//! The rings, with peers that are sound and peers that are not.

use super::*;
use crate::process::fuzz::{Private, a_peer_counts};
use proptest::prelude::*;

#[test]
fn messages_come_back_in_order_around_the_end_of_the_ring() {
    let (lane, ring) = (Lane::new(), Private::of(&[0]));
    let (mut writer, mut reader, mut buffer) = (Writer::default(), Reader::default(), Vec::new());
    for round in 0..50_u8 {
        let long = vec![round; 20_000 + usize::from(round)];
        writer.put(&lane, &ring, Content::Inside(&long)).unwrap();
        writer.put(&lane, &ring, Content::Inside(&[])).unwrap();
        writer.put(&lane, &ring, Content::Elsewhere(1 << 40)).unwrap();
        assert!(!writer.is_taken(&lane));
        assert_eq!(reader.take(&lane, &ring, &mut buffer), Ok(Some(Taken::Inside)));
        assert_eq!(buffer, long);
        assert_eq!(reader.take(&lane, &ring, &mut buffer), Ok(Some(Taken::Inside)));
        assert!(buffer.is_empty());
        assert_eq!(reader.take(&lane, &ring, &mut buffer), Ok(Some(Taken::Elsewhere(1 << 40))));
        assert_eq!(reader.take(&lane, &ring, &mut buffer), Ok(None));
        assert!(!writer.is_taken(&lane), "what lies elsewhere may still be read");
        reader.finish(&lane);
        assert!(writer.is_taken(&lane));
    }
    writer.put(&lane, &ring, Content::Inside(&[1; MOST])).unwrap();
    assert_eq!(writer.put(&lane, &ring, Content::Inside(&[])), Err(Damaged), "nobody has made room");
}

#[test]
fn what_nobody_has_claimed_can_be_withdrawn_and_written_over() {
    let (lane, ring) = (Lane::new(), Private::of(&[0]));
    let (mut writer, mut reader, mut buffer) = (Writer::default(), Reader::default(), Vec::new());
    let mut take = |reader: &mut Reader| {
        reader.claim(&lane).then(|| {
            assert_eq!(reader.take(&lane, &ring, &mut buffer), Ok(Some(Taken::Inside)));
            buffer.clone()
        })
    };
    assert!(!reader.is_offered(&lane) && take(&mut reader).is_none());
    for round in 0..40_u8 {
        for number in 0..5 {
            writer.offer(&lane, &ring, Content::Inside(&[round, number].repeat(1_000))).unwrap();
        }
        assert_eq!(writer.withdraw(&lane, 3), Ok(3), "no more than was asked for");
        assert_eq!(writer.withdraw(&lane, usize::MAX), Ok(1), "the first one is not taken back");
        assert_eq!(writer.claimed(&lane), Ok(0));
        writer.offer(&lane, &ring, Content::Inside(&[round, 7])).unwrap();
        writer.offer(&lane, &ring, Content::Inside(&[round, 8])).unwrap();
        assert_eq!(take(&mut reader).unwrap(), [round, 0].repeat(1_000));
        assert_eq!(take(&mut reader).unwrap(), [round, 7]);
        assert_eq!((writer.claimed(&lane), writer.withdraw(&lane, usize::MAX)), (Ok(2), Ok(1)));
        assert!(take(&mut reader).is_none() && writer.is_taken(&lane));
        writer.answered();
        writer.answered();
    }
}

#[test]
fn counts_that_cannot_be_are_recognised() {
    let (lane, ring) = (Lane::new(), Private::of(&[0]));
    let mut writer = Writer::default();
    writer.offer(&lane, &ring, Content::Inside(&[1])).unwrap();
    for word in [word_of(1, 2), word_of(2, 0), word_of(0, 0), word_of(1, u32::MAX - 7)] {
        lane.front.0.claims.store(word, Ordering::Relaxed);
        assert_eq!(
            (writer.claimed(&lane), writer.withdraw(&lane, usize::MAX)),
            (Err(Damaged), Err(Damaged)),
            "{word:x}"
        );
    }
}

proptest! {
    /// Whatever the other side leaves in shared memory: a message that fits, or an error; no
    /// address outside the ring, no endless reading, no more memory than the ring is long.
    #[test]
    fn no_peer_leads_a_reader_astray(
        tails in prop::collection::vec(prop_oneof![any::<u64>(), 0..3 * CAPACITY], 1..20),
        words in prop::collection::vec(prop_oneof![any::<u64>(), 0..4 * CAPACITY, Just(0)], 1..40),
    ) {
        let words: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        a_peer_counts(&tails, &words);
    }

    /// And whatever count it claims to have taken: a writer writes what fits above one of them, or nothing.
    #[test]
    fn no_peer_leads_a_writer_astray(
        heads in prop::collection::vec(prop_oneof![any::<u64>(), 0..3 * CAPACITY], 1..20),
        length in 0..MOST,
    ) {
        let (lane, ring) = (Lane::new(), Private::of(&[0]));
        let (mut writer, mut claimed) = (Writer::default(), vec![0]);
        for head in heads {
            let before = writer.tail;
            lane.scribble(0, head);
            claimed.push(head);
            let most = CAPACITY - padded(length as u64) - WORD;
            if writer.put(&lane, &ring, Content::Inside(&vec![1; length])).is_ok() {
                prop_assert!(claimed.iter().any(|&head| before.wrapping_sub(head) <= most));
            } else {
                prop_assert_eq!(writer.tail, before);
            }
        }
    }
}
