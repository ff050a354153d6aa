//! Fork and join: a binary tree, numbered as a heap is.
//!
//! A join waits for nobody, because most executors have no worker to spare for waiting: whoever of two siblings ends
//! last closes their parent.

use super::plot::Plot;

/// What is at most so many nodes large is not worth a task.
const SMALL: u64 = 16;

fn children(number: u64, of: u64) -> impl Iterator<Item = u64> {
    [2 * number + 1, 2 * number + 2].into_iter().filter(move |&child| child < of)
}

fn parent(number: u64) -> Option<u64> {
    (number > 0).then(|| (number - 1) / 2)
}

/// Whether the tree below and with `number` is small: its leftmost path is short.
fn is_small(number: u64, of: u64) -> bool {
    let (mut left, mut full) = (number, 1);
    while left < of {
        left = 2 * left + 1;
        full *= 2;
    }
    full - 1 <= SMALL
}

/// Each node a task.
pub(super) struct Tree;

impl Plot for Tree {
    fn first(&self, _of: u64) -> Vec<u64> {
        vec![0]
    }

    fn next(&self, number: u64, of: u64) -> Vec<u64> {
        children(number, of).collect()
    }

    fn leads_to(&self, number: u64, _of: u64) -> Option<u64> {
        parent(number)
    }

    fn led_by(&self, number: u64, of: u64) -> u64 {
        children(number, of).count() as u64
    }
}

/// Each small tree a task.
pub(super) struct CutOff;

impl Plot for CutOff {
    fn first(&self, _of: u64) -> Vec<u64> {
        vec![0]
    }

    fn within(&self, number: u64, of: u64) -> Vec<u64> {
        let mut nodes = vec![number];
        let mut seen = 0;
        while is_small(number, of) && seen < nodes.len() {
            nodes.extend(children(nodes[seen], of));
            seen += 1;
        }
        nodes
    }

    fn next(&self, number: u64, of: u64) -> Vec<u64> {
        if is_small(number, of) { Vec::new() } else { children(number, of).collect() }
    }

    fn leads_to(&self, number: u64, _of: u64) -> Option<u64> {
        parent(number)
    }

    fn led_by(&self, number: u64, of: u64) -> u64 {
        if is_small(number, of) { 0 } else { children(number, of).count() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_trees_are_those_of_up_to_four_levels() {
        // Of 31 nodes the root has five levels, its children four.
        assert!(!is_small(0, 31) && is_small(1, 31) && is_small(2, 31) && is_small(30, 31));
        let CutOff = CutOff;
        assert_eq!(CutOff.within(0, 31), [0]);
        assert_eq!(CutOff.within(1, 31).len(), 15);
        assert_eq!(CutOff.within(1, 31)[..3], [1, 3, 4]);
    }
}
