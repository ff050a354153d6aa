//! The drivers, for real: every message under every Python found here, and drivers that misbehave.

mod combine;
mod end;
mod exchange;
mod failing;
mod inside;
mod java;
mod misbehave;
mod modules;
mod protocol;
mod rounds;
mod scene;
mod smoke;
mod versions;
