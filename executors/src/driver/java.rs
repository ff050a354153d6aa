//! The Java driver: its source, and how it is started.

use super::kept::kept;
use poolproof_harness::{SetupError, hand_down, handed_down};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// The driver, whole: Java runs a program of one file from its source.
const SOURCE: &str = include_str!("../../java/PoolproofDriver.java");

/// Its main class.
const MAIN: &str = "PoolproofDriver";

/// The oldest Java whose standard library has what the driver needs.
const OLDEST: u32 = 17;

/// A Java that can run the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Java {
    /// The program to run.
    path: PathBuf,
    /// Its version: `17.0.15`.
    pub(super) version: String,
}

/// The Java of `JAVA_HOME`, or the one that `java` starts.
///
/// # Errors
///
/// [`SetupError::NotInstalled`] if there is none, [`SetupError::Failed`] if it is too old.
pub(super) fn java() -> Result<Java, SetupError> {
    const KNOWN: &str = "java";
    if let Some((version, path)) = handed_down(KNOWN).as_deref().and_then(|fact| fact.split_once('\n')) {
        return Ok(Java { path: PathBuf::from(path), version: version.to_owned() });
    }
    let home = env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    let path = home.filter(|java| java.exists()).unwrap_or_else(|| PathBuf::from("java"));
    let answer = Command::new(&path).arg("--version").output().map_err(|_| SetupError::NotInstalled {
        what: "a Java development kit".into(),
        install: "apt install default-jdk-headless, or set JAVA_HOME".into(),
    })?;
    // `openjdk 17.0.15 2025-04-15`
    let said = String::from_utf8_lossy(&answer.stdout);
    let version = said.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let feature = version.split('.').next().and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
    if feature < OLDEST {
        let path = path.display();
        let found = if version.is_empty() { "older".to_owned() } else { version };
        return Err(SetupError::failed(format!("the Java `{path}` is {found}; the driver needs {OLDEST} or later")));
    }
    if let Some(path) = path.to_str() {
        hand_down(KNOWN, &format!("{version}\n{path}"));
    }
    Ok(Java { path, version })
}

impl Java {
    /// The command that runs the driver; what it needs and cannot be kept is written into `directory`.
    pub(super) fn command(&self, directory: &Path) -> io::Result<Command> {
        let mut command = Command::new(&self.path);
        let mut class_path = env::var_os("CLASSPATH").unwrap_or_else(|| OsString::from("."));
        if let Some(classes) = self.classes() {
            let users = std::mem::replace(&mut class_path, classes.into_os_string());
            class_path.push(":");
            class_path.push(users);
            command.arg("-cp").arg(class_path).arg(MAIN);
        } else {
            let file = directory.join(MAIN).with_extension("java");
            fs::write(&file, SOURCE)?;
            command.arg("-cp").arg(class_path).arg(file);
        }
        Ok(command)
    }

    /// Where the compiled driver is kept. Java compiles a source file each time it runs it, which
    /// takes longer than most checks; this is done once. `None` if it cannot be: then the source is run.
    fn classes(&self) -> Option<PathBuf> {
        kept("java", (SOURCE, &self.version), |draft| {
            let file = draft.join(MAIN).with_extension("java");
            fs::write(&file, SOURCE).ok()?;
            let compiler = self.path.with_file_name("javac");
            let compiled = Command::new(compiler).arg("-nowarn").arg("-d").arg(draft).arg(&file).output().ok()?;
            compiled.status.success().then_some(())
        })
    }
}
