//! Frames: how messages are told apart on the byte stream between an executor and its worker.
//!
//! A frame is its length, eight bytes little-endian, and that many bytes. Neither side believes a
//! length: above [`MAX_FRAME`] it is an error, and below it memory grows with the bytes that have
//! really arrived, so that a damaged length costs an error and not the machine's memory.

use std::io::{self, Read, Write};

/// The longest frame; a longer task or result is refused where it is made.
pub(super) const MAX_FRAME: usize = 1 << 32;

/// The bytes of a frame's length.
pub(super) const LENGTH: usize = 8;

/// Memory that is set aside for a frame before its first byte arrived.
const FIRST_STEP: u64 = 64 * 1024;

/// A frame under construction: room for its length, then its content.
pub(super) fn start() -> Vec<u8> {
    vec![0; LENGTH]
}

/// Fills in the length and writes the frame.
pub(super) fn write(stream: &mut impl Write, frame: &mut [u8]) -> io::Result<()> {
    let length = (frame.len() - LENGTH) as u64;
    frame[..LENGTH].copy_from_slice(&length.to_le_bytes());
    stream.write_all(frame)
}

/// Reads the content of the next frame; `None` when the stream ends before it begins.
pub(super) fn read(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; LENGTH];
    let mut filled = 0;
    while filled < LENGTH {
        match stream.read(&mut length[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(cut_off()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u64::from_le_bytes(length);
    if length > MAX_FRAME as u64 {
        let what = format!("a frame of {length} bytes was announced, and {MAX_FRAME} are allowed");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let mut content = Vec::with_capacity(usize::try_from(length.min(FIRST_STEP)).unwrap_or(0));
    stream.take(length).read_to_end(&mut content)?;
    if (content.len() as u64) < length { Err(cut_off()) } else { Ok(Some(content)) }
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the stream ended in the middle of a frame")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_one_by_one() {
        let mut stream = Vec::new();
        for content in [&b""[..], b"one", &[7; 300_000]] {
            let mut frame = start();
            frame.extend_from_slice(content);
            write(&mut stream, &mut frame).expect("a vector takes everything");
        }
        let mut stream = stream.as_slice();
        assert_eq!(read(&mut stream).unwrap(), Some(Vec::new()));
        assert_eq!(read(&mut stream).unwrap().as_deref(), Some(&b"one"[..]));
        assert_eq!(read(&mut stream).unwrap(), Some(vec![7; 300_000]));
        assert_eq!(read(&mut stream).unwrap(), None);
    }

    #[test]
    fn an_impossible_length_is_an_error() {
        let stream = u64::MAX.to_le_bytes();
        assert_eq!(read(&mut &stream[..]).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_long_length_without_bytes_takes_no_memory() {
        // Were the length believed, this would ask for 4 GiB before it noticed the end.
        let mut stream = (MAX_FRAME as u64).to_le_bytes().to_vec();
        stream.extend_from_slice(b"short");
        assert_eq!(read(&mut stream.as_slice()).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_stream_that_ends_inside_a_length_is_cut_off() {
        assert_eq!(read(&mut &[1_u8, 0, 0][..]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
