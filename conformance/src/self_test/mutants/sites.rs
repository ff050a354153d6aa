//! The assertions of the checks, as they stand in the sources.

use crate::trial::Site;

/// File below `src`, line, column, name and text of each; see `build.rs`.
const LIST: &[(&str, u32, u32, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/assertions.rs"));

/// One assertion.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) site: Site,
    name: &'static str,
    pub(crate) code: &'static str,
}

impl Written {
    /// Whether it can only fail: it stands where everything that is right has gone another way.
    pub(super) fn only_fails(&self) -> bool {
        ["violated", "because"].contains(&self.name)
    }
}

/// Every assertion, in the order of the sources.
pub(crate) fn sites() -> impl Iterator<Item = Written> {
    LIST.iter().map(|&(file, line, column, name, code)| {
        let site = Site { file: file.to_owned(), line, column };
        Written { site, name, code }
    })
}
