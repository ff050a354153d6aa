//! PROC: worker processes.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
