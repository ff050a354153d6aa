//! TIME: time limits.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
