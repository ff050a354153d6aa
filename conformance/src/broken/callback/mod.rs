//! Defects in calling back.

mod calling;
mod meanwhile;
mod panics;

use super::Broken;

pub(super) fn broken() -> Vec<Broken> {
    [calling::broken(), panics::broken(), meanwhile::broken()].into_iter().flatten().collect()
}
