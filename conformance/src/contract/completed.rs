//! COMP: yielding futures as they complete.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
