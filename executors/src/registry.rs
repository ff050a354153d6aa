//! Finds subjects and contenders by their address.
