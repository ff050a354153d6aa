//! Is the adapter or driver itself right?
//!
//! A check asks whether an executor keeps its promises, and blames the executor. What stands between
//! the two, the adapter to a crate or the driver of another language, must be right first: `smoke`
//! makes each call once, in the plainest situation there is, and names the method or message that
//! answers wrongly, or not at all. It judges no promise: an executor that conforms to nothing may
//! have a perfect driver.

mod conversation;
mod finding;
mod opening;
mod rounds;
mod script;
mod several;
mod single;
mod stage;
mod tasks;

pub use finding::{Finding, Found};
pub use script::{Smoke, of, smoke};
