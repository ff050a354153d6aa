//! Decides COMP: yielding futures as they complete.
