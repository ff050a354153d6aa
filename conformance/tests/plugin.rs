//! The twelve-line way in: a pool that can run a closure and declares nothing, checked against the
//! whole contract. That it has no queue at all is found out by experiment.

use poolproof_conformance::record::{Record, read};
use poolproof_conformance::{InFlight, Job, Refused, Shutdown, Spawn, requirements, suite};

/// A thread for each task; shutdown waits for them all.
#[derive(Default)]
struct ThreadPerTask(InFlight);

impl Spawn for ThreadPerTask {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let ticket = self.0.admit()?;
        std::thread::spawn(move || ticket.run(job));
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) {
        self.0.shutdown(how);
    }
}

suite!(thread_per_task, spawn: |_config| super::ThreadPerTask::default());

/// With `POOLPROOF_OUT` each test leaves its verdict and its requirement where `poolproof report` reads them.
#[test]
fn verdicts_are_kept_where_they_are_asked_for() {
    let home = tempfile::tempdir().expect("a directory");
    let directory = home.path().join("below/run");
    for test in ["thread_per_task::res_001", "thread_per_task::map_001"] {
        let output = std::process::Command::new(std::env::current_exe().expect("this program can be found again"))
            .args(["--exact", test])
            .env("POOLPROOF_OUT", &directory)
            .output()
            .expect("it can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let reading = read(&directory.join("verdicts.jsonl")).expect("records were written");
    let found: Vec<String> = reading
        .records
        .iter()
        .map(|record| match record {
            Record::Requirement(requirement) => requirement.id.clone(),
            Record::Verdict(verdict) => format!("{} {}", verdict.subject, verdict.verdict),
            other => panic!("{other:?} was not asked for"),
        })
        .collect();
    assert!(reading.damage.is_empty());
    assert_eq!(found, ["RES-001", "thread_per_task conforms", "MAP-001", "thread_per_task supplied"]);
}

/// `suite!` cannot read the contract while it expands, so the list of its tests is a generated file.
/// `POOLPROOF_BLESS=1 cargo test -p poolproof-conformance --test plugin` writes it anew.
#[test]
fn the_macro_lists_every_requirement() {
    let ids: Vec<_> = requirements().iter().map(|requirement| requirement.id).collect();
    if std::env::var_os("POOLPROOF_BLESS").is_some() {
        bless(&ids);
    } else {
        assert_eq!(thread_per_task::IDS, ids, "run this test with POOLPROOF_BLESS=1 to write src/each.rs anew");
    }
}

fn bless(ids: &[&str]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/each.rs");
    let text = std::fs::read_to_string(path).expect("the file is part of the crate");
    let (head, rest) = text.split_once("$crate::__tests! {\n").expect("the file has the list's head");
    let (_, tail) = rest.split_once("        }\n").expect("the file has the list's tail");
    let line = |id: &&str| format!("            {} \"{id}\",\n", id.to_lowercase().replace('-', "_"));
    let list: String = ids.iter().map(line).collect();
    std::fs::write(path, format!("{head}$crate::__tests! {{\n{list}        }}\n{tail}"))
        .expect("the file can be written");
}
