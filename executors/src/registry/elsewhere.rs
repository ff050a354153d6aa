//! Executors that live in other processes: the process executor and the drivers.
//!
//! These are the places where `process` and `driver` hook in. Until a module is there, its
//! addresses answer that it is not part of this build.

use super::{Entry, RegistryError};
use crate::address::Address;
use poolproof_harness::{Contender, SetupError, Subject};

/// Whether `address` is reached through a driver.
pub(super) fn is_driven(address: &Address) -> bool {
    ["python:", "python@", "java:", "driver:"].iter().any(|scheme| address.body().starts_with(scheme))
}

/// The subject behind a driver.
pub(super) fn driven_subject(address: &Address) -> Result<Box<dyn Subject>, RegistryError> {
    Err(missing(address))
}

/// The contender behind a driver.
pub(super) fn driven_contender(address: &Address) -> Result<Box<dyn Contender>, RegistryError> {
    Err(missing(address))
}

/// What drivers can reach here.
pub(super) fn driven_catalogue() -> Vec<Entry> {
    Vec::new()
}

fn missing(address: &Address) -> RegistryError {
    SetupError::failed(format!("the subject `{address}` is not part of this build of Poolproof")).into()
}
