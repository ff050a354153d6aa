//! Many lead to one: a tree of groups that is climbed from its leaves.

use super::plot::Plot;

/// How many lead to one.
const GROUP: u64 = 8;

fn children(number: u64, of: u64) -> std::ops::Range<u64> {
    let first = (GROUP * number + 1).min(of);
    first..(first + GROUP).min(of)
}

pub(super) struct FanIn;

impl Plot for FanIn {
    fn first(&self, of: u64) -> Vec<u64> {
        (0..of).filter(|&number| children(number, of).is_empty()).collect()
    }

    fn next(&self, _number: u64, _of: u64) -> Vec<u64> {
        Vec::new()
    }

    fn leads_to(&self, number: u64, _of: u64) -> Option<u64> {
        (number > 0).then(|| (number - 1) / GROUP)
    }

    fn led_by(&self, number: u64, of: u64) -> u64 {
        children(number, of).count() as u64
    }

    fn gathers(&self) -> bool {
        true
    }
}
