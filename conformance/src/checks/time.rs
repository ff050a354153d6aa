//! Decides TIME: time limits.
