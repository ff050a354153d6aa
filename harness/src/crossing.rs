//! Values that do something when they cross the border of a process.

use crate::{Actor, GateId, HouseAddress, Moment, Witness};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value that notes `guest released` for its task when a process that it was sent to releases it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Guest {
    house: HouseAddress,
    label: u32,
    /// Whether this one was sent. The original, and copies within a process, say nothing.
    #[serde(skip, default = "Guest::arrived")]
    sent: bool,
}

/// What a released guest notes.
pub const GUEST_RELEASED: &str = "guest released";

impl Guest {
    /// A guest that the task `label` takes along.
    #[must_use]
    pub fn new(house: HouseAddress, label: u32) -> Self {
        Self { house, label, sent: false }
    }

    fn arrived() -> bool {
        true
    }
}

impl Clone for Guest {
    fn clone(&self) -> Self {
        Self::new(self.house.clone(), self.label)
    }
}

impl PartialEq for Guest {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label
    }
}

impl Eq for Guest {}

impl Drop for Guest {
    fn drop(&mut self) {
        if self.sent {
            Witness::connect(&self.house, Actor::Task(self.label)).note(Moment::Noted(GUEST_RELEASED.into()));
        }
    }
}

/// A result that stops at a gate while the process that submitted its task rebuilds it.
///
/// A human-readable format only describes one that was rebuilt already: it says nothing of the gate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The house, the task and the gate.
    at: Option<(HouseAddress, u32, GateId)>,
}

impl Held {
    /// The result of the task `label`, held at `gate`.
    #[must_use]
    pub fn new(house: HouseAddress, label: u32, gate: GateId) -> Self {
        Self { at: Some((house, label, gate)) }
    }
}

impl Serialize for Held {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.serialize_unit() } else { self.at.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return <()>::deserialize(deserializer).map(|()| Self::default());
        }
        let at: Option<(HouseAddress, u32, GateId)> = Deserialize::deserialize(deserializer)?;
        if let Some((house, label, gate)) = &at {
            Witness::connect(house, Actor::Task(*label)).pass(*gate);
        }
        Ok(Self { at })
    }
}
