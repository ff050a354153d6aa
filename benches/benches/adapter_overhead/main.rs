//! What the adapters cost: `submit` and `result` through each adapter against the crate used by hand.
//!
//! `cargo bench -p poolproof-benches --features all-executors --bench adapter_overhead` prints the
//! table; with `-- --markdown FILE` it also writes the document. `-- NAME...` measures some only. With `--builds DIRECTORY`
//! the launches are of the programs there; `benches/over-builds` makes them and calls this so.

mod builds;
mod by_hand;
mod crates;
mod gate;
mod measure;
mod runtimes;
mod table;
mod through;

use builds::Builds;
use poolproof_executors::process;
use poolproof_harness::Contender;
use std::fs::File;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;

/// Where the project is: cargo starts a benchmark in the directory of its package.
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What the address of a crate by hand begins with.
pub(crate) const BY_HAND: &str = "by-hand:";
/// What the address of an adapter begins with. It is as long: an address is the first that a contender allocates.
pub(crate) const ADAPTER: &str = "adapter:";

/// What follows the one or the other.
pub(crate) fn name_of(address: &str) -> &str {
    address.strip_prefix(BY_HAND).or_else(|| address.strip_prefix(ADAPTER)).unwrap_or(address)
}

fn main() {
    process::serve_if_worker();
    poolproof_benches::serve_if_contender(&contender);
    let mut names: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mut option = |name: &str, or: &str| {
        let at = names.iter().position(|argument| argument == name)?;
        names.remove(at);
        Some(if at < names.len() { names.remove(at) } else { or.to_owned() })
    };
    let document = option("--markdown", "docs/ADAPTER-OVERHEAD.md");
    let builds = option("--builds", "target/adapter-overhead").map_or_else(Builds::default, |directory| {
        let found = Builds::of(&Path::new(PROJECT).join(&directory));
        found.unwrap_or_else(|error| leave(&format!("{directory} cannot be read: {error}")))
    });
    if let Some(unknown) = names.iter().find(|name| crates::CRATES.iter().all(|(known, _, _)| known != name)) {
        let known: Vec<_> = crates::CRATES.iter().map(|(name, _, _)| *name).collect();
        leave(&format!("no crate by hand is called `{unknown}`; there are {}", known.join(", ")));
    }
    // Tried before minutes of measuring; what a former run wrote stays until there is something to replace it.
    let document = document.map(|path| {
        let path = Path::new(PROJECT).join(path);
        let open = File::options().write(true).create(true).truncate(false).open(&path);
        (open.unwrap_or_else(|error| leave(&format!("{} cannot be written: {error}", path.display()))), path)
    });
    let chosen = crates::CRATES
        .iter()
        .map(|(name, _, _)| *name)
        .filter(|name| names.is_empty() || names.iter().any(|n| n == name));
    let mut rows = Vec::new();
    for name in chosen {
        let row = measure::measure(name, &builds);
        println!("{}", table::line(&row));
        rows.push(row);
    }
    if let Some((mut file, path)) = document {
        let written = file.set_len(0).and_then(|()| file.write_all(table::document(&rows, builds.count()).as_bytes()));
        written.unwrap_or_else(|error| leave(&format!("{} cannot be written: {error}", path.display())));
    }
}

/// Ends with what is wrong.
fn leave(why: &str) -> ! {
    eprintln!("adapter_overhead: {why}");
    std::process::exit(3);
}

/// The contender at an address: an adapter, or its crate by hand.
fn contender(address: &str) -> Result<Box<dyn Contender>, String> {
    // The pool of `blocking` belongs to the process, and no executor says how many threads it has: one, as all have here.
    blocking::set_max_blocking_threads(NonZeroUsize::MIN);
    let name = name_of(address);
    let found = crates::CRATES.iter().find(|(known, _, _)| *known == name);
    let (_, by_hand, adapter) = found.ok_or_else(|| format!("no crate by hand is called `{name}`"))?;
    Ok(if address.starts_with(BY_HAND) { by_hand(address) } else { adapter(address) })
}
