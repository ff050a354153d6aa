//! WAIT: waiting for several futures.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
