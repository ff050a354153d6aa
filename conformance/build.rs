//! Lists the assertions of the checks, so that the self-test knows those that no executor reaches:
//! `assertions.rs` holds the file, the line, the column, the name and the text of each; `deciding.rs` the
//! file of each check and the requirement that it decides.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The methods that judge a subject; `src/trial` marks each of them with `#[track_caller]`.
const METHODS: [&str; 17] = [
    "all_resolve",
    "await_arrivals",
    "await_callback",
    "await_done",
    "await_end",
    "await_events",
    "await_note",
    "await_release",
    "await_start",
    "failure",
    "never_ran",
    "next_value",
    "returns",
    "returns_own_label",
    "stays",
    "value",
    "values",
];

/// The functions that do.
const FUNCTIONS: [&str; 13] = [
    "await_callers",
    "await_end",
    "await_note",
    "await_waiters",
    "because",
    "expect",
    "expect_calls",
    "expect_eq",
    "expect_not_early",
    "expect_sooner",
    "expect_starts",
    "settles",
    "violated",
];

fn main() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let checks = source.join("checks");
    println!("cargo::rerun-if-changed={}", checks.display());
    let mut files = Vec::new();
    collect(&checks, &mut files);
    files.sort();
    let mut list = String::from("&[\n");
    let mut deciding = String::from("&[\n");
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()));
        let name = file.strip_prefix(&source).expect("it is below the sources").display().to_string();
        for (line, column, called, code) in assertions(&text) {
            let _ = writeln!(list, "    ({name:?}, {line}, {column}, {called:?}, {code:?}),");
        }
        for id in decides(&text) {
            let _ = writeln!(deciding, "    ({name:?}, {id:?}),");
        }
    }
    for (name, mut text) in [("assertions.rs", list), ("deciding.rs", deciding)] {
        text.push(']');
        let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join(name);
        fs::write(&out, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", out.display()));
    }
}

/// The requirements that the checks of a file decide: `shut_001` decides SHUT-001.
fn decides(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("pub(crate) fn ")?.split_once('(')?;
        let (_, number) = name.rsplit_once('_')?;
        let is_number = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| name.replace('_', "-").to_uppercase())
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// The line, the column and the name of each call of an assertion, and the line itself.
fn assertions(text: &str) -> Vec<(usize, usize, &str, &str)> {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let path = |c: char| part_of_name(c) || c == ':';
    let mut found = Vec::new();
    // Where the identity is that of the caller, an assertion inside has none of its own.
    let mut passed_on = false;
    for (number, line) in text.lines().enumerate() {
        passed_on = line == "#[track_caller]" || (passed_on && line != "}");
        if passed_on {
            continue;
        }
        let code = line.split("//").next().unwrap_or_default();
        let starts =
            code.char_indices().filter(|&(start, c)| part_of_name(c) && !code[..start].ends_with(part_of_name));
        for (start, _) in starts {
            let (before, name) = (&code[..start], code[start..].split(|c| !part_of_name(c)).next().unwrap_or_default());
            let names = if before.ends_with('.') { &METHODS[..] } else { &FUNCTIONS[..] };
            let called = code[start + name.len()..].starts_with('(') && !before.ends_with("fn ");
            // A call whose answer nobody looks at judges nothing.
            if called && names.contains(&name) && !code.trim_start().starts_with("let _ =") {
                // A path begins with its first segment.
                let begins = if before.ends_with("::") { before.trim_end_matches(path) } else { before };
                found.push((number + 1, begins.chars().count() + 1, name, line.trim()));
            }
        }
    }
    found
}
