//! What drivers are made of and what was compiled of it, kept from one run to the next.
//!
//! A check starts a driver of its own, and to write and to compile it takes longer than many a check. It is kept
//! where users keep what can be made again, under a name that holds a digest of all that it depends on: versions of
//! this program that differ keep different ones, and nobody changes what somebody else may be running.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The directory that `make` fills, filled once for each `key`; `None` if nothing can be kept here.
pub(super) fn kept(language: &str, key: impl Hash, make: impl FnOnce(&Path) -> Option<()>) -> Option<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|cache| cache.is_absolute());
    let cache = cache.or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cache")))?;
    kept_in(&cache.join("poolproof"), language, key, make)
}

fn kept_in(cache: &Path, language: &str, key: impl Hash, make: impl FnOnce(&Path) -> Option<()>) -> Option<PathBuf> {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let place = cache.join(format!("{language}-{:016x}", hasher.finish()));
    if place.is_dir() {
        return Some(place);
    }
    fs::create_dir_all(cache).ok()?;
    let draft = tempfile::Builder::new().prefix(&format!("{language}-")).tempdir_in(cache).ok()?;
    make(draft.path())?;
    // Whole or not at all. Somebody else may have been faster; either is complete.
    (fs::rename(draft.path(), &place).is_ok() || place.is_dir()).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(text: &str) -> impl FnOnce(&Path) -> Option<()> {
        move |directory| fs::write(directory.join("file"), text).ok()
    }

    #[test]
    fn what_is_kept_is_made_once_for_each_key() {
        let cache = tempfile::tempdir().expect("a directory can be made");
        let cache = cache.path().join("not/there/yet");
        let read = |place: &Option<PathBuf>| fs::read_to_string(place.as_ref().expect("it is kept").join("file"));
        let first = kept_in(&cache, "python", "one", write("first"));
        assert_eq!(read(&first).expect("it is there"), "first");
        let again = kept_in(&cache, "python", "one", |_| unreachable!("it is there already"));
        assert_eq!(again, first);
        let other = kept_in(&cache, "python", "two", write("other"));
        assert_eq!(read(&other).expect("it is there"), "other");
        assert_ne!(other, first);
    }

    #[test]
    fn what_cannot_be_made_whole_is_not_kept() {
        let cache = tempfile::tempdir().expect("a directory can be made");
        let half = |directory: &Path| fs::write(directory.join("file"), "half").map(|()| None).ok().flatten();
        assert_eq!(kept_in(cache.path(), "python", "key", half), None);
        assert_eq!(fs::read_dir(cache.path()).expect("it is there").count(), 0, "a draft is left");
        // The place of a cache may be no directory at all.
        let file = cache.path().join("file");
        fs::write(&file, "").expect("it can be written");
        assert_eq!(kept_in(&file, "python", "key", write("first")), None);
    }

    #[test]
    fn who_is_slower_takes_what_the_faster_one_made() {
        let cache = tempfile::tempdir().expect("a directory can be made");
        let slow = kept_in(cache.path(), "python", "key", |draft| {
            let fast = kept_in(cache.path(), "python", "key", write("fast"));
            assert!(fast.is_some_and(|fast| fast != draft));
            write("slow")(draft)
        });
        let text = fs::read_to_string(slow.expect("it is kept").join("file"));
        assert_eq!(text.expect("it is there"), "fast");
        assert_eq!(fs::read_dir(cache.path()).expect("it is there").count(), 1, "the draft of the slower one is left");
    }
}
