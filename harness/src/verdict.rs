//! What a check concludes.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How binding a requirement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// A conforming executor has to.
    Must,
    /// Users expect it; reported, without effect on the exit code.
    Should,
    /// An allowed variation; observed only.
    May,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        })
    }
}

/// The conclusion of one check on one subject, from best to worst.
///
/// The order is the dominance used when runs are merged: the worst verdict seen wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The executor keeps the promise.
    Conforms,
    /// The promise is kept, by the harness and not by the executor.
    Supplied,
    /// The executor does not offer what the promise is about, and says so.
    Unsupported,
    /// The executor declares a capability that it does not have.
    Overclaims,
    /// The machine, not the executor, decided the outcome; nothing can be said.
    Inconclusive,
    /// The promise is kept, and something is left behind.
    Leaks,
    /// Something that must happen did not happen.
    Hangs,
    /// The process that hosts the executor died.
    Crashes,
    /// The promise is broken.
    Violates,
}

impl Verdict {
    /// Every verdict, from best to worst.
    pub const ALL: [Self; 9] = [
        Self::Conforms,
        Self::Supplied,
        Self::Unsupported,
        Self::Overclaims,
        Self::Inconclusive,
        Self::Leaks,
        Self::Hangs,
        Self::Crashes,
        Self::Violates,
    ];

    /// The word used in records and tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Supplied => "supplied",
            Self::Unsupported => "unsupported",
            Self::Overclaims => "overclaims",
            Self::Inconclusive => "inconclusive",
            Self::Leaks => "leaks",
            Self::Hangs => "hangs",
            Self::Crashes => "crashes",
            Self::Violates => "violates",
        }
    }

    /// Whether a MUST with this verdict makes the subject fail.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Violates | Self::Crashes | Self::Hangs | Self::Leaks)
    }

    /// The verdict of two runs of the same check.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        self.max(other)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
