//! Reads records; damaged lines are named, intact ones are used.

use super::{Record, SCHEMA};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// One line that is not a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.reason)
    }
}

impl std::error::Error for Damage {}

/// What a file of records held.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The intact records, in order.
    pub records: Vec<Record>,
    /// The damaged lines, in order.
    pub damage: Vec<Damage>,
}

/// The longest line that can be a record: no more than that is held in memory at once.
const LONGEST_LINE: u64 = 16 << 20;

/// Reads the file at `path`.
///
/// # Errors
///
/// If the file cannot be opened or read; damaged lines are not errors but [`Damage`].
pub fn read(path: &Path) -> io::Result<Reading> {
    read_lines(path, BufReader::new(File::open(path)?))
}

/// Reads records from any source of lines; `name` is the file named in [`Damage`].
///
/// # Errors
///
/// If the source cannot be read.
pub fn read_lines(name: &Path, mut source: impl BufRead) -> io::Result<Reading> {
    let mut reading = Reading::default();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        if (&mut source).take(LONGEST_LINE).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        if bytes.len() as u64 == LONGEST_LINE && bytes.last() != Some(&b'\n') {
            source.skip_until(b'\n')?;
            let reason = format!("a line of more than {LONGEST_LINE} bytes is no record");
            reading.damage.push(Damage { file: name.to_owned(), line, reason });
            continue;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        match parse(&bytes) {
            Ok(record) => reading.records.push(record),
            Err(reason) => reading.damage.push(Damage { file: name.to_owned(), line, reason }),
        }
    }
    Ok(reading)
}

/// What says how the rest of a line is read.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(default)]
    schema: Option<Value>,
}

/// Reads a line twice, first for its kind: a tagged enumeration would keep everything else in memory until
/// it has seen the tag, which takes several times as long.
fn parse(bytes: &[u8]) -> Result<Record, String> {
    let head: Head<'_> = serde_json::from_slice(bytes).map_err(|error| format!("not a JSON object: {error}"))?;
    if let Some(schema) = head.schema
        && schema.as_u64() != Some(u64::from(SCHEMA))
    {
        return Err(format!("schema {schema} is unknown to this version, which reads schema {SCHEMA}"));
    }
    let record = match head.kind.as_deref() {
        Some("verdict") => serde_json::from_slice(bytes).map(Record::Verdict),
        Some("cell") => serde_json::from_slice(bytes).map(Record::Cell),
        _ => serde_json::from_slice(bytes),
    };
    record.map_err(|error| format!("not a record: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading_of(text: &[u8]) -> Reading {
        read_lines(Path::new("some.jsonl"), text).expect("memory can be read")
    }

    const CELL: &str = r#"{"kind":"cell","schema":1,"subject":"thread","sweep":"workers","workload":"empty","axes":{"workers":2},"metric":"throughput","unit":"tasks/s","better":"higher","value":1,"low":1,"high":2,"confidence":0.95,"launches":1,"samples":3,"later":true}"#;

    #[test]
    fn unknown_keys_are_ignored_and_damage_is_named() {
        let text = format!("{CELL}\n\n{{\"kind\":\"cell\"}}\n{CELL}\n\u{fffd}{{");
        let reading = reading_of(text.as_bytes());
        assert_eq!(reading.records.len(), 2);
        assert_eq!(reading.damage.len(), 2);
        assert!(reading.damage[0].to_string().starts_with("some.jsonl:3: not a record: missing field"));
        assert_eq!(reading.damage[1].line, 5);
    }

    #[test]
    fn bytes_that_are_not_text_are_damage() {
        let reading = reading_of(b"\xff\xfe\n");
        assert_eq!(reading.damage.len(), 1);
    }

    #[test]
    fn a_line_without_end_is_damage_and_what_follows_is_read() {
        let endless = vec![b'x'; usize::try_from(LONGEST_LINE).expect("it fits") + 5];
        let reading = reading_of(&[&endless, &b"\n"[..], CELL.as_bytes()].concat());
        assert_eq!((reading.records.len(), reading.damage.len()), (1, 1));
        assert!(reading.damage[0].reason.contains("more than"), "{:?}", reading.damage[0]);
    }

    #[test]
    fn an_unknown_schema_is_refused() {
        let reading = reading_of(CELL.replace("\"schema\":1", "\"schema\":2").as_bytes());
        assert!(reading.damage[0].reason.contains("schema 2 is unknown"), "{:?}", reading.damage);
    }
}
