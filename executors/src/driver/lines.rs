//! Lines of bounded length from a stream.

use super::answers::quote;
use std::io::{self, Read};

/// Splits what a driver sends into lines of at most `longest` bytes, their ends included.
pub(super) struct Lines<R> {
    stream: R,
    longest: usize,
    pending: Vec<u8>,
    /// How much of `pending` is known to hold no line end.
    searched: usize,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(stream: R, longest: usize) -> Self {
        Self { stream, longest, pending: Vec::new(), searched: 0 }
    }

    /// The next line without its end; `None` when the driver closed the connection. The error says
    /// what is wrong with the line.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        loop {
            let end = self.pending[self.searched..].iter().position(|&byte| byte == b'\n');
            let length = end.map_or(self.pending.len(), |end| self.searched + end + 1);
            if length > self.longest {
                return Err(format!("sent a line of more than {} bytes: `{}`", self.longest, quote(&self.pending)));
            }
            if end.is_some() {
                let rest = self.pending.split_off(length);
                let mut line = std::mem::replace(&mut self.pending, rest);
                self.searched = 0;
                line.pop();
                return Ok(Some(line));
            }
            self.searched = length;
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
        let mut at_once = Lines::new(&sent[..], 5);
        let mut in_bytes = Lines::new(Trickle(sent), 5);
        for expected in [Some(b"one".to_vec()), Some(Vec::new()), Some(b"two".to_vec()), None] {
            assert_eq!(at_once.next(), Ok(expected.clone()));
            assert_eq!(in_bytes.next(), Ok(expected));
        }
    }
    #[test]
    fn a_line_that_is_too_long_is_refused_with_or_without_its_end() {
        for sent in [&b"four\nfive!\n"[..], &b"four\nfive!!"[..]] {
            let mut lines = Lines::new(sent, 5);
            assert_eq!(lines.next(), Ok(Some(b"four".to_vec())));
            assert!(lines.next().unwrap_err().starts_with("sent a line of more than 5 bytes: `five!"));
        }
    }
}
