//! The `suite!` macro: one `#[test]` per requirement, for any executor.

use crate::requirement::Requirement;
use crate::runner::{Options, Reentry, Runner, run_child, take_assignment};
use poolproof_harness::record::{Record, VerdictRecord, Writer};
use poolproof_harness::{Description, Kind, Profile, Subject};
use std::path::{Path, PathBuf};

/// Checks an executor against the whole contract: expands to one `#[test]` per requirement.
///
/// Plain `cargo test`, filters, `--exact`, nextest and the run buttons of editors all work: each
/// test starts this test program again for its own check alone, so a pool that hangs, aborts or
/// leaks costs one test.
///
/// Three forms, for the three ways in:
///
/// ```
/// use poolproof_conformance::{Job, Refused, Shutdown, Spawn};
/// struct MyPool;
/// impl Spawn for MyPool {
///     fn spawn(&self, job: Job) -> Result<(), Refused> {
///         std::thread::spawn(move || job.run());
///         Ok(())
///     }
///     fn shutdown(&self, _how: Shutdown) {}
/// }
/// // a pool that can run a closure:
/// poolproof_conformance::suite!(my_pool, spawn: |_config| super::MyPool);
/// # fn main() {}
/// ```
///
/// `suite!(name, executor: |config| ...)` takes a closure that opens an
/// [`Executor`](poolproof_harness::Executor); `suite!(name, subject: expression)` any boxed
/// [`Subject`](poolproof_harness::Subject). A MUST that fails fails its test; so does one that is
/// inconclusive. What the executor does not offer passes and says so.
///
/// With `POOLPROOF_OUT=DIR` in the environment every verdict is also appended to the records of a run in
/// `DIR`, of which `poolproof report DIR` makes the page, the JUnit file and the badge.
#[macro_export]
macro_rules! suite {
    ($name:ident, spawn: $make:expr) => {
        $crate::suite!($name, executor: |config: &$crate::Config| {
            let make: fn(&$crate::Config) -> _ = $make;
            $crate::Supplied::new(make(config))
        });
    };
    ($name:ident, executor: $make:expr) => {
        $crate::suite!($name, subject: $crate::__private::native(stringify!($name), $make));
    };
    ($name:ident, subject: $subject:expr) => {
        mod $name {
            fn subject() -> Box<dyn $crate::Subject> {
                #[allow(unused_imports)]
                use super::*;
                $subject
            }
            $crate::__each_requirement!();
        }
    };
}

/// What the expansion of `suite!` calls; not for direct use.
#[doc(hidden)]
pub mod __private {
    use super::{Description, Kind, Options, Path, PathBuf, Profile, Record, Reentry, Requirement, Runner, Subject};
    use super::{VerdictRecord, Writer, run_child, take_assignment};
    use crate::telling::told;
    use poolproof_harness::visible::line;
    use poolproof_harness::{Config, Executor, NativeSubject};

    /// A subject that opens its executors with `make`.
    pub fn native<E: Executor>(name: &str, make: fn(&Config) -> E) -> Box<dyn Subject> {
        let profile = make(&Config::workers(1)).profile();
        Box::new(NativeSubject::new(name, "0.0.0", profile, move |config: &Config| Ok(make(config))))
    }

    /// Runs one test of a suite: as the parent it starts this program again for that test alone,
    /// as the child it runs the check.
    ///
    /// # Panics
    ///
    /// If a MUST fails or is inconclusive, with everything known about why.
    pub fn test(id: &str, path: &str, subject: fn() -> Box<dyn Subject>) {
        if let Some(assignment) = take_assignment() {
            run_child(&assignment, Ok(subject()));
        }
        let path = path.split_once("::").map_or(path, |(_, rest)| rest);
        let program: PathBuf = std::env::current_exe().expect("a test program can be found again");
        let arguments = ["--exact", path, "--nocapture", "--include-ignored"].map(str::to_owned).to_vec();
        let runner = Runner::reentering(Options { jobs: 1, ..Options::default() }, Reentry { program, arguments });
        let requirement = crate::find(id).expect("the macro names only requirements that exist");
        let mut records: Vec<VerdictRecord> = Vec::new();
        // The child knows the subject; here only its name is needed.
        let unknown = Description {
            address: path.rsplit_once("::").map_or(path, |(suite, _)| suite).to_owned(),
            language: "Rust".to_owned(),
            version: "0.0.0".to_owned(),
            versions: String::new(),
            profile: everything(),
            check_seconds: None,
        };
        if let Err(error) = runner.check(&unknown, &[requirement], &mut |record| records.push(record)) {
            panic!("{error}");
        }
        for mut record in records {
            record.evidence.replay = Some(format!("cargo test -- --exact {path} --nocapture"));
            if let Some(directory) = std::env::var_os("POOLPROOF_OUT").filter(|value| !value.is_empty()) {
                keep(Path::new(&directory), requirement, &record)
                    .unwrap_or_else(|error| panic!("POOLPROOF_OUT: {error}"));
            }
            report(&record);
        }
    }

    /// Appends what was found to the records in `directory`. Each line is written at once, so tests of one
    /// program and of several, side by side, share the file.
    fn keep(directory: &Path, requirement: &Requirement, record: &VerdictRecord) -> std::io::Result<()> {
        std::fs::create_dir_all(directory)
            .map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", directory.display())))?;
        let mut writer = Writer::append(&directory.join("verdicts.jsonl"))?;
        writer.write(&Record::Requirement(requirement.record()))?;
        writer.write(&Record::Verdict(record.clone()))
    }

    /// A profile that declares everything, so that the child decides what applies.
    fn everything() -> Profile {
        Profile::new(Kind::Thread, &poolproof_harness::Capability::ALL)
    }

    fn report(record: &VerdictRecord) {
        let requirement = crate::find(&record.requirement).expect("records name only requirements that exist");
        let must = requirement.level == poolproof_harness::Level::Must;
        let bad = record.verdict.is_failure()
            || matches!(
                record.verdict,
                poolproof_harness::Verdict::Overclaims | poolproof_harness::Verdict::Inconclusive
            );
        if must && bad && !record.known {
            panic!("{}  look at    {}", told(record, requirement.text), requirement.look_at);
        }
        let message = record.message.as_deref().map_or_else(String::new, |message| format!(": {}", line(message)));
        println!("{} ({}): {}\n{}{message}", requirement.id, requirement.level, requirement.text, record.verdict);
    }
}
