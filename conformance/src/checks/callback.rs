//! Decides CALL: calling back.
