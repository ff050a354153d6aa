//! What smoke found.

/// What one step of smoke found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The method or message that the step is about.
    pub method: &'static str,
    /// What it must do.
    pub must: &'static str,
    /// Whether it does.
    pub found: Found,
}

/// Whether a method does what it must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It does.
    Right,
    /// It does not: one sentence.
    Wrong(String),
    /// The subject does not declare it, so nobody asks for it.
    NotDeclared,
    /// A step before it left nothing to go on with.
    NotReached,
}

impl Found {
    /// The word used in tables and records.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong(_) => "wrong",
            Self::NotDeclared => "not declared",
            Self::NotReached => "not reached",
        }
    }
}
