//! The experiments, by what they are about.

pub(super) mod behind;
pub(super) mod calls;
pub(super) mod dropping;
pub(super) mod ending;
pub(super) mod failing;
pub(super) mod line;
pub(super) mod several;
mod stage;
pub(super) mod starting;
