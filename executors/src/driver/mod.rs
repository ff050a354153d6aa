//! Executors of other languages, reached through a driver: a program that holds the executor and
//! does with it what it is asked over a socket. `executors/PROTOCOL.md` is the whole protocol.

mod answers;
mod child;
mod command;
mod contender;
mod conversation;
mod executor;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod interpreter;
mod java;
mod kept;
mod lane;
mod launch;
mod lines;
mod link;
mod python;
mod subject;
mod subjects;
mod wire;

pub(crate) use command::converse;
pub use command::{contender, is_driven, subject};
pub use contender::DriverContender;
pub(crate) use conversation::Conversation;
pub use interpreter::{Interpreter, interpreter};
pub use subject::DriverSubject;
pub(crate) use subjects::catalogue;
pub use wire::{LONGEST_LINE, PROTOCOL};
