//! Who submits what, by number.

/// The plot of a shape whose tasks submit others from their workers. Tasks are numbered from 0; each number is
/// worked on exactly once, which the stage verifies.
pub(super) trait Plot: Sync {
    /// The numbers that are submitted from outside, of so many in all.
    fn first(&self, of: u64) -> Vec<u64>;

    /// The numbers that the task which begins with `number` works on, itself first.
    fn within(&self, number: u64, of: u64) -> Vec<u64> {
        let _ = of;
        vec![number]
    }

    /// The numbers that the worker submits when it has worked on `number`.
    fn next(&self, number: u64, of: u64) -> Vec<u64>;

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
