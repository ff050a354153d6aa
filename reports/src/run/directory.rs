//! Where runs are kept.

use super::RunError;
use std::fs;
use std::path::{Path, PathBuf};

/// The directory of all runs, below the current one.
const HOME: &str = "target/poolproof";

/// The directory of a run that started at `started_unix`, which does not exist yet.
#[must_use]
pub fn default_directory(started_unix: u64) -> PathBuf {
    let stamp = utc_stamp(started_unix);
    let name = stamp.replace([':', '-'], "").replace(' ', "-");
    let base = Path::new(HOME).join(&name);
    let others = (2..).map(|number| Path::new(HOME).join(format!("{name}-{number}")));
    std::iter::once(base).chain(others).find(|path| !path.exists()).expect("there is always a next number")
}

/// The last run that was written to the default place.
#[must_use]
pub fn latest() -> PathBuf {
    Path::new(HOME).join("latest")
}

/// Makes the directory and, if it lies in the default place, points `latest` at it.
pub(super) fn make(path: &Path) -> Result<(), RunError> {
    if path.exists() && !path.is_dir() {
        return Err(RunError::new(path, "is not a directory; name another one with --out"));
    }
    fs::create_dir_all(path).map_err(|error| RunError::io(path, "cannot be made", &error))?;
    if path.parent() == Some(Path::new(HOME)) {
        point_latest_at(path);
    }
    Ok(())
}

/// The link is a convenience: a file system without links costs nothing but the link.
fn point_latest_at(path: &Path) {
    let Some(name) = path.file_name() else { return };
    let draft = Path::new(HOME).join(format!(".latest-{}", std::process::id()));
    let _ = fs::remove_file(&draft);
    if std::os::unix::fs::symlink(name, &draft).is_ok() && fs::rename(&draft, latest()).is_err() {
        let _ = fs::remove_file(&draft);
    }
}

/// `2026-11-05 14:02:11`, in UTC.
///
/// ```
/// assert_eq!(poolproof_reports::run::utc_stamp(951_782_400), "2000-02-29 00:00:00");
/// ```
#[must_use]
pub fn utc_stamp(unix: u64) -> String {
    let (days, seconds) = (unix / 86_400, unix % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// The date of a day since 1970. Years begin in March here, so that the leap day comes last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_around_leap_days_and_centuries() {
        assert_eq!(utc_stamp(0), "1970-01-01 00:00:00");
        assert_eq!(utc_stamp(1_709_251_199), "2024-02-29 23:59:59");
        assert_eq!(utc_stamp(1_709_251_200), "2024-03-01 00:00:00");
        assert_eq!(utc_stamp(4_107_542_400), "2100-03-01 00:00:00");
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("taken");
        fs::write(&file, "x").expect("a file");
        let error = make(&file).expect_err("a file is not a directory").to_string();
        assert!(error.contains("taken") && error.contains("--out"), "{error}");
    }
}
