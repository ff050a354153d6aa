//! Defects in worker processes.

mod border;
mod death;
mod place;

use super::Broken;

pub(super) fn broken() -> Vec<Broken> {
    [border::broken(), death::broken(), place::broken()].into_iter().flatten().collect()
}
