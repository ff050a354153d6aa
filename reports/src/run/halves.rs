//! Reads a large file of records in two threads.

use poolproof_harness::record::{Reading, read_lines};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;

/// A file of at least this many bytes is read by two threads, each half of it.
const TWO_READERS: u64 = 4 << 20;

/// What `harness::record::read` reads, in two parts: whoever takes records one by one need not wait until hundreds of
/// thousands are moved into one place. The second part of a small file is empty.
///
/// # Errors
///
/// If the file cannot be opened or read.
pub(super) fn read_halves(path: &Path) -> io::Result<[Reading; 2]> {
    halves(path, TWO_READERS)
}

fn halves(path: &Path, two_readers: u64) -> io::Result<[Reading; 2]> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length < two_readers {
        return Ok([read_lines(path, BufReader::new(file))?, Reading::default()]);
    }
    // The second half begins with the first line that begins in it; what is written meanwhile belongs to it.
    file.seek(SeekFrom::Start(length / 2))?;
    let mut second = BufReader::new(file);
    let begin = length / 2 + second.skip_until(b'\n')? as u64;
    let first = || -> io::Result<_> { Ok(BufReader::new(File::open(path)?.take(begin))) };
    let (first_half, second_half) = thread::scope(|scope| {
        let second = scope.spawn(|| read_lines(path, second));
        let first = first().and_then(|first| read_lines(path, first));
        (first, second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let (first_half, mut second_half) = (first_half?, second_half?);
    if !second_half.damage.is_empty() {
        // Lines are counted only where one must be named.
        let lines = first()?.split(b'\n').count();
        second_half.damage.iter_mut().for_each(|damage| damage.line += lines);
    }
    Ok([first_half, second_half])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const CELL: &str = r#"{"kind":"cell","schema":1,"subject":"thread","sweep":"workers","workload":"empty","axes":{"workers":2},"metric":"throughput","unit":"tasks/s","better":"higher","value":1,"low":1,"high":2,"confidence":0.95,"launches":1,"samples":3}"#;

    #[test]
    fn halves_are_the_whole_wherever_the_middle_is() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("some.jsonl");
        for length in 0..400 {
            let text = format!("{}\n\n{CELL}\n{{\n{CELL}\n", "x".repeat(length));
            fs::write(&path, text).expect("it can be written");
            let [first, second] = halves(&path, 0).expect("it can be read");
            let lines: Vec<usize> = first.damage.iter().chain(&second.damage).map(|damage| damage.line).collect();
            assert_eq!(first.records.len() + second.records.len(), 2, "{length}");
            assert_eq!(lines, if length > 0 { vec![1, 4] } else { vec![4] }, "{length}");
        }
    }
}
