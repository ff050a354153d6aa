//! RES: delivering results.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
