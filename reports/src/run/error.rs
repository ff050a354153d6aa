//! Why a run's directory cannot be used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A directory of a run that cannot be written or read: one sentence that names it.
#[derive(Debug)]
pub struct RunError {
    path: PathBuf,
    what: String,
}

impl RunError {
    /// An error about `path`, in words.
    pub fn new(path: &Path, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), what: what.into() }
    }

    /// An error of the operating system about `path`, with what was tried.
    #[must_use]
    pub fn io(path: &Path, tried: &str, error: &io::Error) -> Self {
        Self::new(path, format!("{tried}: {error}"))
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", crate::escape::line(&self.path.display().to_string()), self.what)
    }
}

impl std::error::Error for RunError {}
