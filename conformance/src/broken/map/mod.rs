//! Defects in maps.

mod chunks;
mod ending;
mod order;

use super::Broken;

pub(super) fn broken() -> Vec<Broken> {
    [order::broken(), ending::broken(), chunks::broken()].into_iter().flatten().collect()
}
