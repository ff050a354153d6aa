//! Decides MEM: releasing what tasks carried.
