//! Compares what is rendered with what was rendered when it was last looked at.

use std::path::Path;

/// Fails if `actual` is not the content of `tests/golden/NAME`. With `POOLPROOF_GOLDEN=write` in
/// the environment the file is written instead, to be looked at and committed.
pub(crate) fn check(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("POOLPROOF_GOLDEN").is_some_and(|mode| mode == "write") {
        std::fs::create_dir_all(path.parent().expect("it is in a folder")).expect("the folder can be made");
        std::fs::write(&path, actual).expect("the golden file can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected != actual {
        let line = expected.lines().zip(actual.lines()).position(|(e, a)| e != a).map_or(0, |place| place + 1);
        panic!("{name} changed at line {line}; POOLPROOF_GOLDEN=write cargo test writes it anew\n{actual}");
    }
}
