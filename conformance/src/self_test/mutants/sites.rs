//! The assertions of the checks, as they stand in the sources.

use crate::trial::Site;

/// File below `src`, line, column, name and text of each; see `build.rs`.
const LIST: &[(&str, u32, u32, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/assertions.rs"));

/// The file of each check, and the requirement that it decides; see `build.rs`.
const DECIDING: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/deciding.rs"));

/// The assertions that were chosen: all, or those whose file and line contain one of several texts
/// with commas between them.
pub(super) fn chosen(only: Option<&str>) -> Vec<Written> {
    let is_chosen = |site: &Site| {
        let place = format!("{}:{}:", site.file, site.line);
        only.is_none_or(|only| only.split(',').any(|text| place.contains(text.trim())))
    };
    sites().filter(|written| is_chosen(&written.site)).collect()
}

/// Whether the check of this requirement can reach one of the assertions: it stands in the same file
/// as one, or one stands in a file that checks share.
pub(super) fn may_reach(id: &str, chosen: &[Written]) -> bool {
    chosen.iter().any(|written| {
        let mut of_file = DECIDING.iter().filter(|(file, _)| *file == written.site.file).peekable();
        of_file.peek().is_none() || of_file.any(|(_, decided)| *decided == id)
    })
}

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
