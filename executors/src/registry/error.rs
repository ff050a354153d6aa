//! Why an address leads to no subject.

use poolproof_harness::SetupError;
use std::fmt;

/// Why an address leads to no subject. Its display is one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryError {
    /// Nothing is known by that name.
    Unknown {
        /// The address.
        address: String,
        /// Names that are spelt alike, nearest first.
        nearest: Vec<String>,
    },
    /// The address itself is malformed.
    BadAddress {
        /// The address.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The executor does not know an option, or not this value of it.
    BadOption {
        /// The address.
        address: String,
        /// The option.
        key: String,
        /// What is wrong, and what to write.
        reason: String,
    },
    /// The crate can be measured and not checked.
    BenchOnly {
        /// Its address.
        name: &'static str,
        /// What it lacks.
        lacks: &'static str,
    },
    /// The executor is known and cannot be set up here.
    Setup(SetupError),
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { address, nearest } if nearest.is_empty() => {
                write!(f, "unknown subject `{address}`: `poolproof subjects` lists those that can be asked for")
            }
            Self::Unknown { address, nearest } => {
                let names: Vec<_> = nearest.iter().map(|name| format!("`{name}`")).collect();
                write!(f, "unknown subject `{address}`: did you mean {}?", names.join(" or "))
            }
            Self::BadAddress { address, reason } => write!(f, "bad address `{address}`: {reason}"),
            Self::BadOption { address, key, reason } => {
                write!(f, "bad option `{key}` in address `{address}`: {reason}")
            }
            Self::BenchOnly { name, lacks } => {
                write!(f, "`{name}` cannot be checked, only measured (`poolproof bench {name}`): it {lacks}")
            }
            Self::Setup(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RegistryError {}

impl From<SetupError> for RegistryError {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}
