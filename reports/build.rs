//! Notes the commit that is built, so that every run can name it.

use std::path::{Path, PathBuf};
use std::process::Command;

const PARTS: [&str; 5] = ["harness", "executors", "conformance", "benches", "reports"];

fn main() {
    let crate_root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let Some(top) = crate_root.parent() else { return };
    // What the program is made of: a change of it makes the commit another one, or none.
    for part in PARTS {
        println!("cargo:rerun-if-changed={}", top.join(part).join("src").display());
    }
    println!("cargo:rerun-if-changed={}", top.join("Cargo.lock").display());
    println!("cargo:rerun-if-changed={}", crate_root.join("build.rs").display());
    if let Some(commit) = commit(top) {
        println!("cargo:rustc-env=POOLPROOF_COMMIT={commit}");
    }
}

/// The commit of the checkout at `top`, and whether the sources differ from it; `None` if this is no checkout, or
/// the sources lie in somebody else's.
fn commit(top: &Path) -> Option<String> {
    let git = |arguments: &[&str]| -> Option<String> {
        let answer = Command::new("git").arg("-C").arg(top).args(arguments).output().ok()?;
        answer.status.success().then(|| String::from_utf8_lossy(&answer.stdout).trim().to_owned())
    };
    let is_ours =
        Path::new(&git(&["rev-parse", "--show-toplevel"])?).canonicalize().ok()? == top.canonicalize().ok()?;
    if !is_ours {
        return None;
    }
    // Moves with every commit, also where `.git` is a file.
    for moving in ["HEAD", "logs/HEAD"] {
        let path = top.join(git(&["rev-parse", "--git-path", moving])?);
        if path.exists() {
            println!("cargo:rerun-if-changed={}", path.display());
        }
    }
    let head = git(&["rev-parse", "HEAD"])?;
    let status = ["status", "--porcelain", "--untracked-files=no", "--", "Cargo.toml", "Cargo.lock"];
    let changed = git(&[&status[..], &PARTS].concat())?;
    Some(if changed.is_empty() { head } else { format!("{head} with changes") })
}
