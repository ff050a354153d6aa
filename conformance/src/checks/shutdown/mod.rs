//! Decides SHUT: stopping.

mod cancelling;
mod crossing;
mod inside;
mod waiting;

pub(crate) use cancelling::{shut_006, shut_007, shut_008, shut_013};
pub(crate) use crossing::{shut_012, shut_014, shut_033};
pub(crate) use inside::{shut_009, shut_010, shut_011, shut_032};
pub(crate) use waiting::{shut_001, shut_002, shut_003, shut_004, shut_015, shut_016};

use crate::trial::{CheckResult, ExecutorUnderTest, Trial, violated};
use poolproof_harness::Fault;

/// Checks that a task submitted now is refused.
fn expect_closed(trial: &mut Trial<'_>, executor: &ExecutorUnderTest) -> CheckResult {
    match executor.try_submit(trial.probe()) {
        Err(Fault::Refused(_)) => Ok(()),
        Err(fault) => violated(format!("submit after shutdown must be refused as such, but: {fault}")),
        Ok(future) => violated(format!("submit after shutdown must be refused, but task {} was not", future.label())),
    }
}
