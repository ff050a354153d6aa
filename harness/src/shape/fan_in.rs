//! Many lead to one: a tree of groups that is climbed from its leaves.

use super::plot::Plot;
use std::ops::Range;

/// How many lead to one.
const GROUP: u64 = 8;

fn children(number: u64, of: u64) -> Range<u64> {
    let first = (GROUP * number + 1).min(of);
    first..(first + GROUP).min(of)
}

pub(super) struct FanIn;

impl Plot for FanIn {
    fn first(&self, of: u64) -> Range<u64> {
        // Those without children: the first child of the one before them is the last number at most.
        of.saturating_sub(1).div_ceil(GROUP)..of
    }

    fn leads_to(&self, number: u64, _of: u64) -> Option<u64> {
        (number > 0).then(|| (number - 1) / GROUP)
    }

    fn led_by(&self, number: u64, of: u64) -> u64 {
        let children = children(number, of);
        children.end - children.start
    }

    fn gathers(&self) -> bool {
        true
    }
}
