//! The Python driver: its source, and how it is started.

use super::kept::kept;
use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

/// The file that is run.
const MAIN: &str = "poolproof_main.py";

/// Everything that the driver consists of: name below its directory, and text.
const SOURCE: &[(&str, &str)] = &[
    (MAIN, include_str!("../../python/poolproof_main.py")),
    ("poolproof_driver/__init__.py", include_str!("../../python/poolproof_driver/__init__.py")),
    ("poolproof_driver/autopsy.py", include_str!("../../python/poolproof_driver/autopsy.py")),
    ("poolproof_driver/calls.py", include_str!("../../python/poolproof_driver/calls.py")),
    ("poolproof_driver/exhaustion.py", include_str!("../../python/poolproof_driver/exhaustion.py")),
    ("poolproof_driver/factory.py", include_str!("../../python/poolproof_driver/factory.py")),
    ("poolproof_driver/facts.py", include_str!("../../python/poolproof_driver/facts.py")),
    ("poolproof_driver/gates.py", include_str!("../../python/poolproof_driver/gates.py")),
    ("poolproof_driver/interruption.py", include_str!("../../python/poolproof_driver/interruption.py")),
    ("poolproof_driver/link.py", include_str!("../../python/poolproof_driver/link.py")),
    ("poolproof_driver/observed.py", include_str!("../../python/poolproof_driver/observed.py")),
    ("poolproof_driver/opened.py", include_str!("../../python/poolproof_driver/opened.py")),
    ("poolproof_driver/outcome.py", include_str!("../../python/poolproof_driver/outcome.py")),
    ("poolproof_driver/probe.py", include_str!("../../python/poolproof_driver/probe.py")),
    ("poolproof_driver/profile.py", include_str!("../../python/poolproof_driver/profile.py")),
    ("poolproof_driver/rounds.py", include_str!("../../python/poolproof_driver/rounds.py")),
    ("poolproof_driver/table.py", include_str!("../../python/poolproof_driver/table.py")),
    ("poolproof_driver/values.py", include_str!("../../python/poolproof_driver/values.py")),
    ("poolproof_dask.py", include_str!("../../python/poolproof_dask.py")),
    ("poolproof_executorlib.py", include_str!("../../python/poolproof_executorlib.py")),
    ("poolproof_joblib.py", include_str!("../../python/poolproof_joblib.py")),
    ("poolproof_mpi4py.py", include_str!("../../python/poolproof_mpi4py.py")),
    ("poolproof_pebble.py", include_str!("../../python/poolproof_pebble.py")),
    ("poolproof_ray.py", include_str!("../../python/poolproof_ray.py")),
];

/// The command that runs the driver under `interpreter`; what it needs and cannot be kept is written into `directory`.
///
/// The directory of the driver goes to the front of `PYTHONPATH`, so that workers in other processes, which
/// inherit the environment, find the tasks there.
pub(super) fn command(interpreter: &Path, directory: &Path, subject: &str) -> io::Result<Command> {
    let compiled = |draft: &Path| write(draft).map(|()| compile(interpreter, draft)).ok();
    let driver = match kept("python", (SOURCE, interpreter), compiled).filter(|kept| is_whole(kept)) {
        Some(kept) => kept,
        None => {
            write(directory)?;
            directory.to_owned()
        }
    };
    let mut path = driver.clone().into_os_string();
    if let Some(users) = env::var_os("PYTHONPATH").filter(|users| !users.is_empty()) {
        path.push(":");
        path.push(users);
    }
    let mut command = Command::new(interpreter);
    if subject.starts_with("gevent.") {
        // Its pools belong to the thread of their hub. So the threads of the driver are greenlets
        // of one thread, which is how programs that use gevent are run.
        command.args(["-m", "gevent.monkey"]);
    }
    command.arg(driver.join(MAIN)).env("PYTHONPATH", path).env("PYTHONUNBUFFERED", "1");
    Ok(command)
}

/// Compiles the driver. An interpreter does so by itself, but not everywhere, and one that cannot reads the source.
fn compile(interpreter: &Path, directory: &Path) {
    let _ = Command::new(interpreter).args(["-m", "compileall", "-q"]).arg(directory).output();
}

/// Writes the driver.
fn write(directory: &Path) -> io::Result<()> {
    fs::create_dir(directory.join("poolproof_driver"))?;
    SOURCE.iter().try_for_each(|(name, text)| fs::write(directory.join(name), text))
}

/// Whether what was kept is what was written: somebody may have tidied up, or have tried something out.
fn is_whole(directory: &Path) -> bool {
    SOURCE.iter().all(|(name, text)| fs::read(directory.join(name)).is_ok_and(|kept| kept == text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_that_is_not_whole_is_not_used() {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let file = directory.path().join("poolproof_driver/link.py");
        write(directory.path()).expect("it can be written");
        assert!(is_whole(directory.path()));
        fs::write(&file, "pass").expect("it can be written");
        assert!(!is_whole(directory.path()), "it was changed");
        fs::remove_file(&file).expect("it is there");
        assert!(!is_whole(directory.path()), "it was removed");
    }
}
