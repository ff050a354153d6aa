//! The statistics of the sweeps.
//!
//! A launch of the contender's process is the independent unit; the rounds within it share its
//! memory layout, its scheduler luck and its heat. What is estimated is the geometric mean, over
//! launches, of the median over a launch's rounds:
//!
//! | question | procedure |
//! | --- | --- |
//! | a metric, a ratio of two metrics | [`estimate`], [`ratio`]: hierarchical bootstrap |
//! | two subjects measured side by side | [`paired_ratio`]: signed ranks of launches' median log-ratios |
//! | what one costs more than another | [`paired_difference`]: signed ranks of launches' median differences |
//! | a percentile | [`percentile`]: order statistics |
//! | a share of repetitions | [`share`]: Clopper and Pearson |
//! | what more workers would bring | [`scalability()`]: least squares, AICc |
//! | the cost of a task, by who bears it | [`split()`]: least squares |
//! | which is faster | [`judge`]: four conclusions, never two |
//! | many such claims at once | [`holm()`]: step-down correction |
//!
//! No number that is not finite enters or leaves: the answer is a [`StatsError`] instead.

mod bootstrap;
mod holm;
mod interval;
mod order;
mod paired;
mod scalability;
mod signed_rank;
mod split;
mod summary;

pub use bootstrap::{Bootstrap, Series, distribution, estimate, ratio, spread};
pub use holm::holm;
pub use interval::{Interval, StatsError};
pub(crate) use order::samples_for;
pub use order::{percentile, share};
pub use paired::{Conclusion, MARGIN, PairedRatio, judge, noise_floor, paired_difference, paired_ratio};
pub use scalability::{LEAST_POINTS, Law, Scalability, scalability};
pub use split::{Costs, Point, split};
pub use summary::{geometric_mean, mean, median, nearest_rank};
