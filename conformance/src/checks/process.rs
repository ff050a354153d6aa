//! Decides PROC: worker processes.
