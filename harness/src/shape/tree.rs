//! Fork and join: a binary tree, numbered as a heap is.
//!
//! A join waits for nobody, because most executors have no worker to spare for waiting: whoever of two siblings ends
//! last closes their parent.

use super::plot::Plot;
use std::ops::Range;

/// What is at most so many nodes large is not worth a task.
const SMALL: u64 = 16;

/// The nodes so many levels below `number`.
fn below(number: u64, level: u32, of: u64) -> Range<u64> {
    let first = ((number + 1) << level) - 1;
    first.min(of)..(first + (1 << level)).min(of)
}

fn children(number: u64, of: u64) -> Range<u64> {
    below(number, 1, of)
}

fn count(nodes: &Range<u64>) -> u64 {
    nodes.end - nodes.start
}

fn parent(number: u64) -> Option<u64> {
    (number > 0).then(|| (number - 1) / 2)
}

/// Whether the tree below and with `number` is small: its leftmost path is short.
fn is_small(number: u64, of: u64) -> bool {
    let mut levels = 0;
    while below(number, levels, of).start < of {
        levels += 1;
    }
    (1_u64 << levels) - 1 <= SMALL
}

/// Each node a task.
pub(super) struct Tree;

impl Plot for Tree {
    fn first(&self, of: u64) -> Range<u64> {
        0..of.min(1)
    }

    fn next(&self, number: u64, of: u64) -> Range<u64> {
        children(number, of)
    }

    fn leads_to(&self, number: u64, _of: u64) -> Option<u64> {
        parent(number)
    }

    fn led_by(&self, number: u64, of: u64) -> u64 {
        count(&children(number, of))
    }
}

/// Each small tree a task.
pub(super) struct CutOff;

impl Plot for CutOff {
    fn first(&self, of: u64) -> Range<u64> {
        0..of.min(1)
    }

    fn within(&self, number: u64, level: u32, of: u64) -> Range<u64> {
        if level == 0 || is_small(number, of) { below(number, level, of) } else { 0..0 }
    }

    fn next(&self, number: u64, of: u64) -> Range<u64> {
        if is_small(number, of) { 0..0 } else { children(number, of) }
    }

    fn leads_to(&self, number: u64, _of: u64) -> Option<u64> {
        parent(number)
    }

    fn led_by(&self, number: u64, of: u64) -> u64 {
        if is_small(number, of) { 0 } else { count(&children(number, of)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_trees_are_those_of_up_to_four_levels() {
        // Of 31 nodes the root has five levels, its children four.
        assert!(!is_small(0, 31) && is_small(1, 31) && is_small(2, 31) && is_small(30, 31));
        let within = |number, level| CutOff.within(number, level, 31);
        assert_eq!((within(0, 0), within(0, 1)), (0..1, 0..0));
        assert_eq!([0, 1, 2, 3].map(|level| within(1, level)), [1..2, 3..5, 7..11, 15..23]);
        assert!(within(1, 4).is_empty());
    }
}
