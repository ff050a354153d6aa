//! The lines of a run's files that hold certain records.

use super::{RunError, files};
use poolproof_harness::record::{Record, read_lines};
use std::fs;
use std::path::{Path, PathBuf};

/// One line of a run's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// What stands there.
    pub text: String,
}

/// The lines in `directory` whose record is `wanted`.
///
/// # Errors
///
/// If a file that is there cannot be read.
pub fn lines(directory: &Path, wanted: impl Fn(&Record) -> bool) -> Result<Vec<Line>, RunError> {
    let mut found = Vec::new();
    for name in files::LINES {
        let file = directory.join(name);
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(RunError::io(&file, "cannot be read", &error)),
        };
        for (place, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let reading = read_lines(&file, line).map_err(|error| RunError::io(&file, "cannot be read", &error))?;
            if reading.records.iter().any(&wanted) {
                let text = String::from_utf8_lossy(line).into_owned();
                found.push(Line { file: file.clone(), line: place + 1, text });
            }
        }
    }
    Ok(found)
}

/// The lines of `run.json` in `directory` that say what stands under `key`: the line of the key, and what belongs to it.
///
/// # Errors
///
/// If it cannot be read.
pub fn lines_of_invocation(directory: &Path, key: &str) -> Result<Vec<Line>, RunError> {
    let file = directory.join(files::RUN);
    let text = fs::read(&file).map_err(|error| RunError::io(&file, "cannot be read", &error))?;
    let text = String::from_utf8_lossy(&text);
    let quoted = format!("{}:", serde_json::Value::from(key));
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found: Vec<Line> = Vec::new();
    let mut begun = None;
    for (place, line) in text.lines().enumerate() {
        match begun {
            None if line.trim_start().starts_with(&quoted) => begun = Some(indent(line)),
            Some(first) if indent(line) > first => {}
            None => continue,
            Some(_) => break,
        }
        found.push(Line { file: file.clone(), line: place + 1, text: line.trim().to_owned() });
    }
    Ok(found)
}
