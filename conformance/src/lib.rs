//! The executor contract: numbered requirements, the checks that decide them for any executor, the
//! runner that survives every subject, and the broken executors that prove the checks.
//!
//! To check a pool of your own, see [`suite!`].

pub mod broken;
mod checks;
mod contract;
mod each;
mod ledger;
mod observe;
mod requirement;
mod runner;
mod self_test;
mod suite;
mod telling;
mod trial;

pub use contract::{CpythonTest, Untestable, cpython_tests, find, nearest, requirements, untestable};
pub use ledger::{Day, Entry, Ledger, LedgerError, Often, Rate};
pub use observe::{Observation, Policy, Seen, Standing, find_policy, policies};
pub use poolproof_harness::*;
pub use requirement::{Area, Check, Requirement};
pub use runner::{Limits, Options, Runner, serve_if_child};
pub use self_test::{
    Mutant, MutantsResult, Mutation, SelfTestResult, SoakResult, Soaked, full_self_test, kill_matrix_markdown, mutants,
    mutants_markdown, self_test, self_tested, soak, soakable,
};
pub use telling::{Part, tell, told};
pub use trial::{
    Aside, CheckResult, CompletedUnderTest, ExecutorUnderTest, FutureUnderTest, MapUnderTest, Parked, ProbeBuilder,
    Stop, Trial, expect, expect_eq, violated,
};

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use runner::fuzz;
#[doc(hidden)]
pub use suite::__private;
