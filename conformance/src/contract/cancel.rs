//! CANC: taking tasks back.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
