//! Finds the benchmarks below a directory, and those that were left over.

use super::{Entry, layout};
use crate::run::RunError;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Criterion's directories that hold no state of a benchmark.
const OTHERS: [&str; 2] = ["change", "report"];
/// Between two benchmarks of one `cargo bench` less time passes than this.
const PAUSE: Duration = Duration::from_secs(600);
/// Deeper than this criterion does not nest; links might.
const DEPTH: usize = 6;

/// Everything that could be read, and what could not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    /// The benchmarks, in the order of their ids.
    pub entries: Vec<Entry>,
    /// The files that could not be read, one sentence each.
    pub damage: Vec<String>,
}

/// Reads the benchmarks below `directory`, which is `target/criterion` of a project or a copy of it.
///
/// # Errors
///
/// If the directory cannot be read, or holds no benchmark.
pub fn read(directory: &Path) -> Result<Collection, RunError> {
    let mut found = Collection::default();
    walk(directory, "", 0, &mut found).map_err(|error| RunError::io(directory, "cannot be read", &error))?;
    if found.entries.is_empty() && found.damage.is_empty() {
        return Err(RunError::new(
            directory,
            "holds no benchmark of criterion: no `new/estimates.json` below it; name a project's `target/criterion`",
        ));
    }
    found.entries.sort_by(|a, b| (&a.id, &a.state).cmp(&(&b.id, &b.state)));
    mark_stale(&mut found.entries);
    Ok(found)
}

fn walk(directory: &Path, id: &str, depth: usize, found: &mut Collection) -> std::io::Result<()> {
    let mut names: Vec<_> = fs::read_dir(directory)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    names.sort();
    for path in names.into_iter().filter(|path| path.is_dir() && !path.is_symlink()) {
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
        if OTHERS.contains(&name.as_str()) {
            continue;
        }
        if path.join("estimates.json").exists() {
            match layout::entry(&path, &name, id) {
                Ok(entry) => found.entries.push(entry),
                Err(reason) => found.damage.push(format!("{}: {reason}", path.join("estimates.json").display())),
            }
        } else if depth < DEPTH {
            let below = if id.is_empty() { name } else { format!("{id}/{name}") };
            // A directory that cannot be read hides its own benchmarks, not the others.
            if let Err(error) = walk(&path, &below, depth + 1, found) {
                found.damage.push(format!("{}: cannot be read: {error}", path.display()));
            }
        }
    }
    Ok(())
}

/// The last run ends, looking back from its newest file, where nothing was written for long. What is
/// older was not measured again: its figures are those of another day, or of code that is gone.
fn mark_stale(entries: &mut [Entry]) {
    let mut times: Vec<_> =
        entries.iter().filter(|entry| entry.state == "new").filter_map(|entry| entry.written).collect();
    times.sort();
    let Some(mut begin) = times.pop() else { return };
    while let Some(earlier) = times.pop() {
        if begin.duration_since(earlier).unwrap_or_default() > PAUSE {
            break;
        }
        begin = earlier;
    }
    for entry in entries.iter_mut().filter(|entry| entry.state == "new") {
        entry.stale = entry.written.is_some_and(|written| written < begin);
    }
}
