//! Lines of bounded length from a stream.

use super::link::quote;
use super::wire::LONGEST_LINE;
use std::io::{self, Read};

/// Splits what a driver sends into lines.
pub(super) struct Lines<R> {
    stream: R,
    pending: Vec<u8>,
    /// How much of `pending` is known to hold no line end.
    searched: usize,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream, pending: Vec::new(), searched: 0 }
    }

    /// The next line without its end; `None` when the driver closed the connection. The error says
    /// what is wrong with the line.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        loop {
            let unsearched = &self.pending[self.searched..];
            if let Some(end) = unsearched.iter().position(|&byte| byte == b'\n') {
                let rest = self.pending.split_off(self.searched + end + 1);
                let mut line = std::mem::replace(&mut self.pending, rest);
                self.searched = 0;
                line.pop();
                return Ok(Some(line));
            }
            self.searched = self.pending.len();
            if self.searched >= LONGEST_LINE {
                return Err(format!("sent a line of more than {LONGEST_LINE} bytes: `{}`", quote(&self.pending)));
            }
            let mut chunk = [0; 1 << 14];
            match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // An end in the middle of a line is an end: how the driver ended says more.
                Ok(0) | Err(_) => return Ok(None),
                Ok(read) => self.pending.extend_from_slice(&chunk[..read]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn lines_are_found_however_they_arrive() {
        let sent = b"one\n\ntwo\nrest";
        let mut at_once = Lines::new(&sent[..]);
        let mut in_bytes = Lines::new(Trickle(sent));
        for expected in [Some(b"one".to_vec()), Some(Vec::new()), Some(b"two".to_vec()), None] {
            assert_eq!(at_once.next(), Ok(expected.clone()));
            assert_eq!(in_bytes.next(), Ok(expected));
        }
    }
}
