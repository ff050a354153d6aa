//! The checks, one file per area; each is named after the requirement it decides.

pub(crate) mod asynchronous;
mod busy;
pub(crate) mod callback;
pub(crate) mod cancel;
pub(crate) mod completed;
pub(crate) mod exit;
pub(crate) mod failure;
pub(crate) mod future;
pub(crate) mod map;
pub(crate) mod memory;
pub(crate) mod nesting;
pub(crate) mod process;
pub(crate) mod profile;
pub(crate) mod program;
pub(crate) mod result;
mod seen;
pub(crate) mod shutdown;
pub(crate) mod submit;
pub(crate) mod time;
pub(crate) mod wait;
pub(crate) mod workers;
