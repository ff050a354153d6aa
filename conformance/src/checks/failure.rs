//! Decides FAIL: delivering failures.
