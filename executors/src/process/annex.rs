//! The annexes: shared memory for messages that fit no ring, one for each direction of a channel.

use super::memory::{KEPT, Window, is_written, release, reserve};
use super::message::MAX_MESSAGE;
use std::io;
use std::os::fd::OwnedFd;

const ANNEX: u64 = MAX_MESSAGE as u64;
/// The size of the file that holds them, and the rings.
pub(super) const SIZE: u64 = 3 * ANNEX;
/// The least part of an annex that is mapped.
const STEP: usize = 256 * 1024;

/// A direction of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the executor to the worker.
    Request,
    /// From the worker to the executor.
    Reply,
}

/// How the annexes are reached.
#[derive(Debug)]
pub(super) enum Annexes {
    /// In the executor: through the file, in windows that grow with the messages.
    File(OwnedFd),
    /// In the worker: they were mapped at once, and there is no file that a task could close, or
    /// whose number it could take for one of its own.
    Mapped([Window; 2]),
}

impl Annexes {
    /// Those of a worker.
    pub(super) fn map(file: &OwnedFd) -> io::Result<Self> {
        let annex = |direction| {
            Window::open(file, offset(direction), MAX_MESSAGE)
                .map_err(|error| io::Error::other(format!("{MAX_MESSAGE} bytes of address space are needed: {error}")))
        };
        Ok(Self::Mapped([annex(Direction::Request)?, annex(Direction::Reply)?]))
    }
}

/// Where the annex of a direction begins.
fn offset(direction: Direction) -> u64 {
    ANNEX * (direction as u64 + 1)
}

/// The annex of one direction, as one end of it sees it.
#[derive(Debug)]
pub(super) struct Annex {
    direction: Direction,
    window: Option<Window>,
    /// So many bytes were found to be written, and were not given back by this end since.
    written: u64,
}

impl Annex {
    /// The annex of that direction.
    pub(super) fn of(direction: Direction) -> Self {
        Self { direction, window: None, written: 0 }
    }

    /// Its memory, of which at least `length` bytes can be reached.
    pub(super) fn reach<'a>(&'a mut self, annexes: &'a Annexes, length: usize) -> io::Result<&'a Window> {
        let file = match annexes {
            Annexes::Mapped(windows) => return Ok(&windows[self.direction as usize]),
            Annexes::File(file) => file,
        };
        let window = match self.window.take() {
            Some(window) if window.length() >= length => window,
            smaller => {
                drop(smaller);
                let mapped = length.next_power_of_two().clamp(STEP, MAX_MESSAGE);
                Window::open(file, offset(self.direction), mapped)?
            }
        };
        Ok(self.window.insert(window))
    }

    /// Whether somebody has written `length` bytes here; in a worker, which trusts its executor, always. What was
    /// found once is not asked for again: a worker that gives memory back behind our back makes us take as much as it
    /// had, and no more.
    pub(super) fn is_written(&mut self, annexes: &Annexes, length: u64) -> bool {
        let Annexes::File(file) = annexes else { return true };
        if length > self.written && is_written(file, offset(self.direction), length) {
            self.written = length;
        }
        length <= self.written
    }

    /// Sees to it that there is memory for `length` bytes. A worker for which there is none dies
    /// when it writes to it, as anybody does.
    pub(super) fn reserve(&mut self, annexes: &Annexes, length: u64) -> io::Result<()> {
        match annexes {
            Annexes::File(file) if !self.is_written(annexes, length) => {
                reserve(file, offset(self.direction), length)?;
                self.written = length;
                Ok(())
            }
            Annexes::Mapped(_) | Annexes::File(_) => Ok(()),
        }
    }

    /// Gives memory back after a message of `length` bytes, if that was much.
    pub(super) fn forget(&mut self, annexes: &Annexes, length: u64) {
        if length > KEPT
            && let Annexes::File(file) = annexes
        {
            self.window = None;
            self.written = 0;
            release(file, offset(self.direction), length);
        }
    }
}
