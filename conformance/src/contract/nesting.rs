//! NEST: tasks that use their own executor.

use crate::requirement::Requirement;

pub(super) const REQUIREMENTS: &[Requirement] = &[];
