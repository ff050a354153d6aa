//! What this program found out once and hands down to the programs it starts.
//!
//! The child of a check would otherwise look up again what its parent knows already: which
//! interpreter a name stands for, say. Whoever starts this program again puts [`handover`] into the
//! environment of the child; whoever wants to know something asks [`handed_down`] first.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// The environment variable in which facts are handed down.
const VARIABLE: &str = "POOLPROOF_HANDOVER";

type Facts = BTreeMap<String, String>;

/// What was inherited, and what was added here. Damaged inheritance is no inheritance: everything
/// in it can be found out again.
static FACTS: LazyLock<Mutex<Facts>> = LazyLock::new(|| {
    let inherited = std::env::var(VARIABLE).ok();
    Mutex::new(inherited.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
});

fn facts() -> MutexGuard<'static, Facts> {
    FACTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers a fact for the programs that this one starts.
///
/// ```
/// poolproof_harness::hand_down("answer", "42");
/// assert_eq!(poolproof_harness::handed_down("answer").as_deref(), Some("42"));
/// ```
pub fn hand_down(key: &str, value: &str) {
    facts().insert(key.to_owned(), value.to_owned());
}

/// The fact that was remembered here, or handed down by the program that started this one.
#[must_use]
pub fn handed_down(key: &str) -> Option<String> {
    facts().get(key).cloned()
}

/// The name and the value of the environment variable that hands every fact down.
#[must_use]
pub fn handover() -> (&'static str, String) {
    (VARIABLE, serde_json::to_string(&*facts()).unwrap_or_default())
}
