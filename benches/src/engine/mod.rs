//! The measuring engine.
//!
//! A [`Plan`] lists arms: one subject at one number of workers with one kind of round. For each
//! launch the engine starts every subject once, and for each number of workers it runs the arms
//! round by round, each once a round, in an order that is drawn from the seed and mirrored in the
//! next round, so that a machine that slowly changes its speed treats all alike. The first round
//! is a warm-up and is discarded. A round that the machine disturbed, by rules that see no figure, is
//! run again, and counted. A subject that fails is out for the rest of the plan; its hole
//! is recorded and what it had given is kept.
//!
//! Subjects run in child processes: this same program, started again, see
//! [`serve_if_contender`] and [`launch`]. Any other function that makes contenders does as well.

mod calibration;
mod echo;
mod launched;
mod look;
mod meeting;
mod order;
mod outing;
mod plan;
mod race;
mod races;
mod serve;
mod sizing;
mod taint;
mod usage;
mod wire;

pub(crate) use calibration::calibration_address;
pub use echo::EchoServer;
pub use launched::{Launched, launch, launch_program};
pub(crate) use outing::counts;
pub use outing::{Measured, Outing};
pub use plan::{Arm, Plan, Procedure};
pub use race::Start;
pub use races::race;
pub(crate) use races::races;
pub use serve::{Resolve, serve_if_contender};
