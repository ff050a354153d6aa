//! Containment of panics: what a task, a callback or a destructor panics with goes no further.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `body` and turns its panic into the text of the panic.
///
/// # Errors
///
/// The text of the panic, or a note that its payload is not text.
///
/// ```
/// use poolproof_harness::contain;
/// assert_eq!(contain(|| 7), Ok(7));
/// assert_eq!(contain(|| panic!("on purpose")), Err::<(), _>("on purpose".to_owned()));
/// ```
pub fn contain<R>(body: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(body)).map_err(text_of)
}

/// The text of a panic, whatever its payload; a payload that panics when dropped is contained.
fn text_of(payload: Box<dyn Any + Send>) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a payload that is not text".to_owned());
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // Dropping the second payload could panic again, without end; it is leaked instead.
        std::mem::forget(second);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Panics with another of itself when dropped, for ever.
    struct Hydra;
    impl Drop for Hydra {
        fn drop(&mut self) {
            std::panic::panic_any(Self);
        }
    }

    #[test]
    fn a_payload_that_panics_when_dropped_without_end_is_contained() {
        let text = contain(|| std::panic::panic_any(Hydra)).unwrap_err();
        assert_eq!(text, "a payload that is not text");
    }

    #[test]
    fn a_formatted_panic_keeps_its_text() {
        let number = 3;
        assert_eq!(contain(|| panic!("number {number}")), Err::<(), _>("number 3".to_owned()));
    }
}
