//! Tells the adapters which versions of the third-party crates they are built with: for each
//! dependency of this package in the lock file, `POOLPROOF_VERSION_<NAME>` is its version.

use std::fs;

fn main() {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    println!("cargo::rerun-if-changed={lock}");
    let text = fs::read_to_string(lock).unwrap_or_else(|error| panic!("cannot read {lock}: {error}"));
    let packages: Vec<&str> = text.split("[[package]]").collect();
    let own = packages.iter().find(|package| field(package, "name") == Some(env!("CARGO_PKG_NAME")));
    let own = own.expect("the lock file names this package");
    let dependencies = own.split_once("dependencies = [").map_or("", |(_, list)| list);
    for dependency in dependencies.lines().filter_map(|line| line.trim().strip_prefix('"')) {
        // `name`, or `name version` where several versions are locked.
        let mut words = dependency.trim_end_matches(['"', ',']).split(' ');
        let name = words.next().unwrap_or_default();
        let version = words.next().or_else(|| {
            let package = packages.iter().find(|package| field(package, "name") == Some(name));
            package.and_then(|package| field(package, "version"))
        });
        if let Some(version) = version {
            let name = name.to_uppercase().replace('-', "_");
            println!("cargo::rustc-env=POOLPROOF_VERSION_{name}={version}");
        }
    }
}

/// The value of `key = "value"` in one entry of the lock file.
fn field<'a>(package: &'a str, key: &str) -> Option<&'a str> {
    package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
}
