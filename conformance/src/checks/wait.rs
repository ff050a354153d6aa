//! Decides WAIT: waiting for several futures.
