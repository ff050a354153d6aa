//! From addresses to executors: the suite's own broken ones, and everything in the registry.

use poolproof_conformance::broken;
use poolproof_executors::registry::{self, RegistryError};
use poolproof_harness::record::{SCHEMA, SubjectRecord};
use poolproof_harness::{Contender, Description, SetupError, Subject};

/// The scheme of the suite's own broken executors.
const BROKEN: &str = "broken:";

/// The subject at `address`, for checks.
///
/// # Errors
///
/// [`RegistryError`] if the address names nothing, or nothing that can be set up here.
pub fn subject(address: &str) -> Result<Box<dyn Subject>, RegistryError> {
    let Some(name) = address.strip_prefix(BROKEN) else { return registry::subject(address) };
    broken::subject(name).ok_or_else(|| {
        let common = |other: &str| name.chars().filter(|c| other.contains(*c)).count();
        let mut nearest: Vec<_> = broken::all().iter().map(|broken| broken.name).collect();
        nearest.sort_by_key(|other| std::cmp::Reverse((other.starts_with(name), common(other))));
        let nearest = nearest.into_iter().take(3).map(|other| format!("{BROKEN}{other}")).collect();
        RegistryError::Unknown { address: address.to_owned(), nearest }
    })
}

/// The same for the child of a check, which reports the reason in words.
///
/// # Errors
///
/// The reason, in one sentence.
pub fn subject_or_reason(address: &str) -> Result<Box<dyn Subject>, String> {
    subject(address).map_err(|error| error.to_string())
}

/// The contender at `address`, for the child of a sweep.
///
/// # Errors
///
/// The reason, in one sentence.
pub fn contender_or_reason(address: &str) -> Result<Box<dyn Contender>, String> {
    registry::contender(address).map_err(|error| error.to_string())
}

/// Looks an address up and asks the subject what it is. One that cannot be set up here has a record
/// too: it is shown as such, and everything else goes on.
///
/// # Errors
///
/// [`RegistryError`] if the address itself is wrong: a mistake of the user, for which nothing runs.
pub fn find(address: &str) -> Result<SubjectRecord, RegistryError> {
    let described = match subject(address) {
        Ok(subject) => subject.describe(),
        Err(RegistryError::Setup(error)) => Err(error),
        Err(error) => return Err(error),
    };
    Ok(match described {
        Ok(description) => installed(description),
        Err(error) => absent(address, &error),
    })
}

/// The record of a subject that can be tested.
fn installed(description: Description) -> SubjectRecord {
    SubjectRecord {
        schema: SCHEMA,
        subject: description.address.clone(),
        description: Some(description),
        status: "installed".to_owned(),
        message: None,
    }
}

/// The record of a subject that cannot be tested, with the reason.
#[must_use]
pub fn absent(address: &str, error: &SetupError) -> SubjectRecord {
    let status = match error {
        SetupError::NotInstalled { .. } | SetupError::LeftOut { .. } => "not installed",
        SetupError::Failed(_) => "failed",
    };
    SubjectRecord {
        schema: SCHEMA,
        subject: address.to_owned(),
        description: None,
        status: status.to_owned(),
        message: Some(error.to_string()),
    }
}
