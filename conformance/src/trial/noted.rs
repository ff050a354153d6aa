//! Notes each call of a check, and what it returned, in the history.

use poolproof_harness::{Actor, Event, Fault, History, Moment};

pub(super) fn noted<R>(
    history: &History,
    call: &str,
    body: impl FnOnce() -> Result<R, Fault>,
    show: impl FnOnce(&R) -> String,
) -> Result<R, Fault> {
    history.record(Event::here(Actor::Check, Moment::Called(call.to_owned())));
    let result = body();
    let text = match &result {
        Ok(value) => show(value),
        Err(fault) => fault.to_string(),
    };
    history.record(Event::here(Actor::Check, Moment::Returned(text)));
    result
}
