//! Decides CANC: taking tasks back.
