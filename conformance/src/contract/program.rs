//! PROG: whole programs of calls.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
