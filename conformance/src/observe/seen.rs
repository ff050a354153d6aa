//! What an experiment saw.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One answer of a policy: a word, and a number where the word needs one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The word.
    pub word: String,
    /// How many, where the word alone does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
}

impl Seen {
    /// A word that says everything.
    pub fn word(word: &str) -> Self {
        Self { word: word.to_owned(), number: None }
    }

    /// A word with a number.
    pub fn number(word: &str, number: usize) -> Self {
        Self { word: word.to_owned(), number: Some(number) }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => f.pad(&format!("{} {number}", self.word)),
            None => f.pad(&self.word),
        }
    }
}
