//! What was observed of a policy, beside what is declared.

use super::{Policy, Seen};
use crate::trial::Stop;
use poolproof_harness::Profile;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How what was observed stands to what is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The executor does what it declares.
    Agrees,
    /// Nothing is declared; this is what it does.
    Undeclared,
    /// The experiment needs what the executor does not offer.
    Unsupported,
    /// The experiment came to no answer.
    Undecided,
    /// The executor does something else than it declares.
    Overclaims,
}

impl Standing {
    /// The word used in records and tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Undeclared => "undeclared",
            Self::Unsupported => "unsupported",
            Self::Undecided => "undecided",
            Self::Overclaims => "overclaims",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One policy of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The policy.
    pub policy: &'static str,
    /// What the profile declares; nothing where nobody has said.
    pub declared: Option<Seen>,
    /// What the experiment saw; nothing where it saw nothing.
    pub observed: Option<Seen>,
    /// How the two stand to each other.
    pub standing: Standing,
    /// Why there is no answer.
    pub message: Option<String>,
}

impl Observation {
    /// What an experiment on a subject of this profile came to.
    pub(crate) fn of(policy: &Policy, profile: &Profile, outcome: Result<Seen, Stop>) -> Self {
        let declared = (policy.declared)(profile);
        let (observed, standing, message) = match outcome {
            Ok(seen) => {
                let standing = match &declared {
                    None => Standing::Undeclared,
                    Some(declared) if (policy.agrees)(declared, &seen) => Standing::Agrees,
                    Some(_) => Standing::Overclaims,
                };
                (Some(seen), standing, None)
            }
            Err(Stop::Unsupported(message)) => (None, Standing::Unsupported, Some(message)),
            Err(Stop::Overclaims(message)) => (Some(Seen::word("not offered")), Standing::Overclaims, Some(message)),
            Err(stop) => (None, Standing::Undecided, Some(stop.verdict().1)),
        };
        Self { policy: policy.id, declared, observed, standing, message }
    }
}
