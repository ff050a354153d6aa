//! CALL: calling back.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
