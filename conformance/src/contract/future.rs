//! FUT: the states of a future.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
