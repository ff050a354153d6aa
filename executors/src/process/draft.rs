//! A draft: a message while it is written.
//!
//! It begins in memory of this process's own. A reply that outgrows the ring goes on in the annex of its direction,
//! if nothing is there then that has not been read: so a long result is written where it will be read, and not
//! copied there. What is written last stays outside the annex until there is enough of it, because values are often
//! written byte by byte. A request cannot be written there: while it is serialised it is not known which worker
//! will get it, and the same bytes go to another one if that dies. Its memory is kept for the next long one
//! (`spares`).

use super::lane::MOST;
use super::memory::Window;
use super::spares::Spares;
use std::fmt;

/// The room of a new draft: the usual request fits, and so does the allocator's class of the quickest pieces.
const USUAL: usize = 112;

/// Where a message goes on that becomes long.
#[derive(Clone, Copy)]
pub(super) enum Room<'a> {
    /// In whatever memory there is.
    Anywhere,
    /// In a kept buffer.
    Spare(&'a Spares),
    /// In this annex, which is as long as a message may be, if it is free then. That is asked for long messages alone:
    /// the answer lies in the cache of who reads them.
    Annex(&'a Window, &'a dyn Fn() -> bool),
}

impl fmt::Debug for Room<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anywhere => "Anywhere",
            Self::Spare(_) => "Spare",
            Self::Annex(..) => "Annex",
        })
    }
}

/// A message while it is written.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    room: Room<'a>,
    /// So many bytes are in the annex, and so many were there at most.
    outside: usize,
    most_outside: usize,
    /// What follows them.
    inside: Vec<u8>,
}

/// A message that is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// Here it is.
    Inside(Vec<u8>),
    /// It lies in the annex, and is so long. The buffer was needed for it, and is empty.
    Outside(usize, Vec<u8>),
}

impl<'a> Draft<'a> {
    /// Nothing yet; it begins in `buffer`, whose content is dropped.
    pub(super) fn new(room: Room<'a>, mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        if buffer.capacity() < USUAL {
            buffer.reserve_exact(USUAL);
        }
        Self { room, outside: 0, most_outside: 0, inside: buffer }
    }

    /// How long it is.
    pub(super) fn length(&self) -> usize {
        self.outside + self.inside.len()
    }

    /// Writes `data` to its end.
    #[inline]
    pub(super) fn extend(&mut self, data: &[u8]) {
        if data.len() > self.inside.capacity() - self.inside.len() {
            self.make_room(data.len());
            if let Room::Annex(annex, _) = self.room
                && data.len() > self.inside.capacity() - self.inside.len()
            {
                // Everything before it is there already.
                annex.write(self.outside, data);
                self.outside += data.len();
                return;
            }
        }
        self.inside.extend_from_slice(data);
    }

    /// Writes one byte to its end: most values are written in such small pieces.
    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        if self.inside.len() == self.inside.capacity() {
            self.make_room(1);
        }
        self.inside.push(byte);
    }

    /// Makes room for so many bytes more; in an annex only if they are few.
    #[cold]
    fn make_room(&mut self, more: usize) {
        let length = self.inside.len() + more;
        match self.room {
            Room::Annex(annex, is_free) if length > MOST && (self.outside > 0 || is_free()) => {
                annex.write(self.outside, &self.inside);
                self.outside += self.inside.len();
                self.inside.clear();
            }
            Room::Spare(spares) if length > MOST && self.inside.capacity() <= MOST => {
                let mut longer = spares.take();
                longer.reserve(length);
                longer.extend_from_slice(&self.inside);
                self.inside = longer;
            }
            _ => self.inside.reserve(more),
        }
    }

    /// Forgets all but the first `length` bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.inside.truncate(length.saturating_sub(self.outside));
        self.most_outside = self.most_outside.max(self.outside);
        self.outside = self.outside.min(length);
    }

    /// Writes `data` over the bytes from `at` on, which exist.
    #[inline]
    pub(super) fn overwrite<const N: usize>(&mut self, at: usize, data: &[u8; N]) {
        if self.outside == 0 {
            self.inside[at..at + N].copy_from_slice(data);
        } else {
            self.overwrite_outside(at, data);
        }
    }

    #[cold]
    fn overwrite_outside(&mut self, at: usize, data: &[u8]) {
        let (there, here) = data.split_at(self.outside.saturating_sub(at).min(data.len()));
        if let Room::Annex(annex, _) = self.room {
            annex.write(at, there);
        }
        let at = (at + there.len()).saturating_sub(self.outside);
        self.inside[at..at + here.len()].copy_from_slice(here);
    }

    /// The message.
    pub(super) fn finish(mut self) -> Written {
        match self.room {
            Room::Annex(annex, _) if self.outside > 0 => {
                annex.write(self.outside, &self.inside);
                self.outside += self.inside.len();
                self.inside.clear();
                annex.forget_between(self.outside, self.most_outside);
                Written::Outside(self.outside, self.inside)
            }
            Room::Annex(annex, _) => {
                annex.forget_between(0, self.most_outside);
                Written::Inside(self.inside)
            }
            Room::Anywhere | Room::Spare(_) => Written::Inside(self.inside),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::process::annex::SIZE;
    use crate::process::memory::{KEPT, create};
    use crate::process::message::MAX_MESSAGE;
    use proptest::prelude::*;
    use std::fs::File;
    use std::os::unix::fs::MetadataExt;

    #[derive(Clone, Debug)]
    enum Step {
        Push,
        Extend(usize),
        Truncate(prop::sample::Index),
        Overwrite(prop::sample::Index),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            Just(Step::Push),
            (0..3000_usize).prop_map(Step::Extend),
            (0..3 * MOST).prop_map(Step::Extend),
            any::<prop::sample::Index>().prop_map(Step::Truncate),
            any::<prop::sample::Index>().prop_map(Step::Overwrite),
        ]
    }

    /// What is written in that room, step by step.
    fn written(room: Room<'_>, steps: &[Step]) -> Written {
        let mut draft = Draft::new(room, b"old".to_vec());
        for (number, step) in (1_u8..).zip(steps) {
            match step {
                Step::Push => draft.push(number),
                Step::Extend(length) => draft.extend(&vec![number; *length]),
                Step::Truncate(place) => draft.truncate(place.index(draft.length() + 1)),
                Step::Overwrite(place) if draft.length() >= 8 => {
                    draft.overwrite(place.index(draft.length() - 7), &[number; 8]);
                }
                Step::Overwrite(_) => {}
            }
        }
        draft.finish()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Wherever a message is written, it is the same.
        #[test]
        fn a_message_is_the_same_in_every_room(steps in prop::collection::vec(any_step(), 0..30)) {
            let Written::Inside(here) = written(Room::Anywhere, &steps) else { panic!("there is no annex") };
            let spares = Spares::default();
            spares.give(Vec::with_capacity(5 * MOST));
            prop_assert!(written(Room::Spare(&spares), &steps) == Written::Inside(here.clone()));
            let annex = Window::open(&create(SIZE).unwrap(), 0, MAX_MESSAGE).unwrap();
            // What lies there was not read yet.
            prop_assert!(written(Room::Annex(&annex, &|| false), &steps) == Written::Inside(here.clone()));
            match written(Room::Annex(&annex, &|| true), &steps) {
                Written::Inside(content) => prop_assert!(content == here),
                Written::Outside(length, rest) => {
                    prop_assert!(rest.is_empty() && annex.trusted(length) == here);
                }
            }
        }
    }

    #[test]
    fn a_long_message_that_was_given_up_leaves_no_memory_behind() {
        let file = create(SIZE).unwrap();
        let annex = Window::open(&file, 0, MAX_MESSAGE).unwrap();
        let mut draft = Draft::new(Room::Annex(&annex, &|| true), Vec::new());
        draft.extend(&vec![7; 3 * KEPT as usize]);
        draft.truncate(10);
        assert_eq!(draft.finish(), Written::Outside(10, Vec::new()));
        assert_eq!(annex.trusted(10), [7; 10]);
        assert!(File::from(file).metadata().unwrap().blocks() * 512 < KEPT);
    }
}
