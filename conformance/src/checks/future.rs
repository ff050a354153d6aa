//! Decides FUT: the states of a future.
