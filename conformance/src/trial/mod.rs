//! A trial: one check on one subject, with everything the check may use.
//!
//! Checks are written against this module alone. They stop tasks at gates, never sleep, and call
//! the subject directly: a call that never returns is found by the runner, which waits for signs
//! of life from outside and names the call.

mod aside;
mod assertion;
mod census;
mod executor;
mod future;
mod limit;
mod noted;
mod occurred;
mod parked;
mod probe;
mod results;
mod stop;
#[allow(clippy::module_inception, reason = "the trial is the concept of both")]
mod trial;
mod vigil;

pub use aside::Aside;
pub(crate) use aside::is_own;
pub(crate) use assertion::{Assertions, Judged, Site, remark, switch as switch_assertions, verdict as verdict_of};
pub(crate) use census::Census;
pub use executor::ExecutorUnderTest;
pub use future::FutureUnderTest;
pub(crate) use limit::{LIMIT, SHORT, expect_not_early, expect_sooner, timed};
pub use parked::Parked;
pub use probe::ProbeBuilder;
pub use results::{CompletedUnderTest, MapUnderTest};
pub use stop::{CheckResult, Stop, expect, expect_eq, violated};
pub use trial::Trial;
pub(crate) use trial::{OPENED, OPENING};
pub(crate) use vigil::Vigil;
