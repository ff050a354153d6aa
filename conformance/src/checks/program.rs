//! Decides PROG: whole programs of calls.
