//! The Python driver: its source, and how it is started.

use std::ffi::OsString;
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
    ("poolproof_joblib.py", include_str!("../../python/poolproof_joblib.py")),
    ("poolproof_mpi4py.py", include_str!("../../python/poolproof_mpi4py.py")),
    ("poolproof_pebble.py", include_str!("../../python/poolproof_pebble.py")),
    ("poolproof_ray.py", include_str!("../../python/poolproof_ray.py")),
];

/// Writes the driver into `directory` and returns the command that runs it under `interpreter`.
///
/// Its directory goes to the front of `PYTHONPATH`, so that workers in other processes, which
/// inherit the environment, find the tasks there.
pub(super) fn command(interpreter: &Path, directory: &Path, subject: &str) -> io::Result<Command> {
    fs::create_dir(directory.join("poolproof_driver"))?;
    for (name, text) in SOURCE {
        fs::write(directory.join(name), text)?;
    }
    let mut path = OsString::from(directory);
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
    command.arg(directory.join(MAIN)).env("PYTHONPATH", path).env("PYTHONUNBUFFERED", "1");
    Ok(command)
}
