//! Decides RES: delivering results.
