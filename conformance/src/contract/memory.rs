//! MEM: releasing what tasks carried.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
