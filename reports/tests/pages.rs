//! Pages that are measured, and so not written anew for each change: they have every executor that there is
//! an adapter for, in the version that is built here.

use poolproof_conformance::policies;
use poolproof_executors::registry::catalogue;
use std::fs;
use std::path::Path;

/// Addresses whose package has another name.
const PACKAGES: [(&str, &str); 4] = [
    ("futures", "futures-executor"),
    ("rayon-par-iter", "rayon"),
    ("tokio-blocking", "tokio"),
    ("executors?pool=stealing", "executors"),
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // What Markdown would take for markup is escaped.
    text.replace('\\', "")
}

/// The addresses of a family; what this build leaves out is in it, too.
fn of_family(family: &str) -> Vec<String> {
    let mut addresses: Vec<_> =
        catalogue().into_iter().filter(|entry| entry.family == family).map(|entry| entry.address).collect();
    // It is fork and join: there is no task to observe.
    addresses.retain(|address| address != "chili");
    if family == "crate" {
        addresses.push("executors?pool=stealing".to_owned());
    }
    addresses
}

/// Fails if the page lacks a row for a crate, or has one for another version of it.
fn has_each_crate(page: &str, rows: impl Fn(&str) -> usize) {
    let (text, lock) = (read(page), read("Cargo.lock"));
    for address in of_family("crate") {
        let package =
            PACKAGES.iter().find(|(name, _)| *name == address).map_or(address.as_str(), |(_, package)| package);
        let of_address: Vec<_> = text.lines().filter(|line| line.starts_with(&format!("| `{address}` | "))).collect();
        assert_eq!(of_address.len(), rows(&address), "{page} has so many rows of `{address}`");
        for row in of_address {
            let version = row.split(" | ").nth(1).unwrap_or_default();
            let locked = format!("name = \"{package}\"\nversion = \"{version}\"\n");
            assert!(lock.contains(&locked), "{page} has `{address}` in version {version}, which is not the locked one");
        }
    }
}

#[test]
fn the_profiles_have_every_executor_and_every_policy() {
    has_each_crate("docs/PROFILES.md", |_| 1);
    let text = read("docs/PROFILES.md");
    for address in of_family("reference") {
        assert!(text.contains(&format!("\n| `{address}` | ")), "`{address}` has no row");
    }
    let titles: Vec<_> = policies().iter().map(|policy| policy.title).collect();
    assert!(text.contains(&format!("| subject | version | {} |", titles.join(" | "))), "the columns are the policies");
}

#[test]
fn the_cost_of_every_adapter_is_known() {
    // A worker in another process cannot stand at the gate of those that are measured apart.
    has_each_crate("docs/ADAPTER-OVERHEAD.md", |address| if address == "procspawn" { 2 } else { 3 });
}
