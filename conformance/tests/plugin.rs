//! The twelve-line way in: a pool that can run a closure and declares nothing, checked against the
//! whole contract. That it has no queue at all is found out by experiment.

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
