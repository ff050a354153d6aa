//! Who submits what, by number.

use std::ops::Range;

/// The plot of a shape whose tasks submit others from their workers. Tasks are numbered from 0; each number is
/// worked on exactly once, which the stage verifies.
///
/// All that is asked within a task are ranges and numbers: nothing is allocated for it.
pub(super) trait Plot: Sync {
    /// The numbers that are submitted from outside, of so many in all.
    fn first(&self, of: u64) -> Range<u64>;

    /// The numbers that the task which begins with `number` works on, level by level; it is level 0 itself, and ends
    /// with the first level that is empty.
    fn within(&self, number: u64, level: u32, of: u64) -> Range<u64> {
        let _ = of;
        if level == 0 { number..number + 1 } else { 0..0 }
    }

    /// The numbers that the worker submits when it has worked on `number`.
    fn next(&self, number: u64, of: u64) -> Range<u64> {
        let _ = (number, of);
        0..0
    }

    /// Which number is reached, or closed, when all that lead to it have ended; `None` at the end.
    fn leads_to(&self, number: u64, of: u64) -> Option<u64> {
        let _ = (number, of);
        None
    }

    /// How many numbers lead to this one.
    fn led_by(&self, number: u64, of: u64) -> u64 {
        let _ = (number, of);
        0
    }

    /// Whether a number that all have led to is then submitted; else it has been worked on, and is only closed.
    fn gathers(&self) -> bool {
        false
    }
}
