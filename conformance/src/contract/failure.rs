//! FAIL: delivering failures.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
