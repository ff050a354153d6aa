//! Hostile subjects: each costs its own verdict, in time, and nothing else.

mod deeds;
mod gallery;
mod pool;

use gallery::{CHECKED, DOWN, GALLERY, Hostile, LEFT};
use poolproof_conformance::record::VerdictRecord;
use poolproof_conformance::{
    Ledger, Limits, Options, Requirement, Runner, Subject, Verdict, find, serve_if_child, set_worker_arguments,
};
use std::collections::BTreeSet;
use std::fs;

fn resolve(address: &str) -> Result<Box<dyn Subject>, String> {
    if address == "sound" {
        return Ok(pool::subject(address, pool::Place::Nowhere, deeds::nothing));
    }
    let hostile = GALLERY.iter().find(|hostile| hostile.name == address).ok_or("there is no such subject")?;
    Ok(pool::subject(address, hostile.place, hostile.deed))
}

/// What this program is when a warden is needed.
#[test]
fn warden() {
    serve_if_child(resolve);
}

fn runner() -> Runner {
    set_worker_arguments(["--exact", "warden", "--nocapture"]);
    let limits = Limits { memory: 300 << 20, processes: 100 };
    Runner::new(Options { jobs: 1, ledger: Ledger::none(), limits, ..Options::default() })
}

fn check(runner: &Runner, address: &str, ids: &[&str]) -> Vec<VerdictRecord> {
    let description = resolve(address).expect("it exists").describe().expect("it describes itself");
    let selection: Vec<&'static Requirement> = ids.iter().map(|id| find(id).expect("it exists")).collect();
    let mut records = Vec::new();
    let done = runner.check(&description, &selection, &mut |record| records.push(record));
    done.unwrap_or_else(|error| panic!("{address}: {error}"));
    records
}

/// The processes that were started below this one and are not over.
fn family() -> Vec<String> {
    let mark = format!("POOLPROOF_FAMILY={}-", std::process::id());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("there are processes").flatten() {
        let read = |file: &str| fs::read(entry.path().join(file)).unwrap_or_default();
        if String::from_utf8_lossy(&read("environ")).split('\0').any(|fact| fact.starts_with(&mark)) {
            found.push(format!("{:?} {}", entry.file_name(), String::from_utf8_lossy(&read("comm")).trim()));
        }
    }
    found
}

/// For how long, since the machine was started, something had to wait for a processor, for memory or
/// for a disk, in milliseconds; `None` where the system does not tell.
fn starved_ms() -> Option<f64> {
    let of = |what: &str| {
        let pressure = fs::read_to_string(format!("/proc/pressure/{what}")).ok()?;
        let some = pressure.lines().find_map(|line| line.strip_prefix("some "))?;
        Some(some.rsplit_once("total=")?.1.parse::<f64>().ok()? / 1e3)
    };
    Some(of("cpu")? + of("memory")? + of("io")?)
}

/// How much longer than its deadline a check may take where nothing has to wait for the machine.
const SLACK_MS: f64 = 2000.0;

fn survives(hostile: &Hostile) {
    let runner = runner();
    let here = std::env::current_dir().expect("there is a directory");
    let before = starved_ms();
    let records = check(&runner, hostile.name, &[CHECKED]);
    // Where the system does not tell, nothing is said of the time.
    let starved = before.zip(starved_ms()).map_or(f64::INFINITY, |(before, after)| after - before);
    let told = format!("{records:#?}");
    let blamed = records.iter().find(|record| record.requirement == hostile.blamed);
    let blamed = blamed.unwrap_or_else(|| panic!("{} is not mentioned: {told}", hostile.blamed));
    let expected = if hostile.verdict == Verdict::Conforms { Verdict::Supplied } else { hostile.verdict };
    let fits = blamed.verdict == expected || blamed.verdict == hostile.verdict;
    assert!(fits, "{} must be {expected}: {told}", hostile.blamed);
    let message = blamed.message.as_deref().unwrap_or_default();
    for word in hostile.words {
        assert!(message.contains(word), "`{word}` is missing in: {message}\n{told}");
    }
    if hostile.blamed != CHECKED {
        let kept = records.iter().any(|record| record.requirement == CHECKED && !record.verdict.is_failure());
        assert!(kept, "{CHECKED} is kept whatever happens afterwards: {told}");
    }
    for record in &records {
        let printed = record.evidence.output.as_ref().map_or(0, String::len);
        assert!(printed < 64 << 10, "{printed} bytes of output are kept");
        let deadline = record.evidence.deadline.as_ref();
        // On a machine that became too slow the check was repeated: there is no one deadline.
        if deadline.is_none_or(|deadline| !deadline.because.contains("measured again")) {
            // What is left behind is waited for by the child, and then by its warden.
            let in_time = deadline.map_or(0.0, |deadline| deadline.waited_ms.max(2.0 * deadline.limit_ms));
            let took = record.elapsed_ms;
            let (id, limit) = (&record.requirement, in_time + SLACK_MS);
            println!("{} {id}: {took:.0} ms of {limit:.0}, {starved:.0} of them starved", hostile.name);
            assert!(took - starved <= limit, "{id} took {took} ms instead of {limit}, starved {starved}: {told}");
        }
    }
    if hostile.verdict == Verdict::Hangs && hostile.blamed == CHECKED && message.contains("no sign of life") {
        let stacks = blamed.evidence.stacks.as_deref().unwrap_or_default();
        assert!(stacks.contains("thread"), "the autopsy is missing: {told}");
        // A debugger is asked about others only: the child of a check speaks for itself.
        let is_head = |line: &&str| line.starts_with("process ");
        let mut child = stacks.lines().skip_while(|line| !is_head(line)).skip(1).take_while(|line| !is_head(line));
        assert!(!child.any(|line| line.contains("leaves no stacks")), "the child was asked in vain: {told}");
    }

    // What comes after it is as if it had never been there.
    let after = check(&runner, "sound", &[CHECKED, DOWN, LEFT]);
    assert_eq!(after.len(), 3);
    assert!(after.iter().all(|record| !record.verdict.is_failure()), "{}: {after:#?}", hostile.name);
    assert_eq!(std::env::current_dir().expect("there is a directory"), here);
}

macro_rules! each {
    ($($test:ident $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                survives(GALLERY.iter().find(|hostile| hostile.name == $name).expect("it is in the gallery"));
            }
        )*
        const TESTED: &[&str] = &[$($name),*];
    };
}

each! {
    deadlock "deadlock",
    deadlock_in_a_worker "deadlock-in-a-worker",
    livelock "livelock",
    abort "abort",
    segfault "segfault",
    stack_overflow "stack-overflow",
    exit "exit",
    becomes_another_program "becomes-another-program",
    double_fork "double-fork",
    double_fork_and_hang "double-fork-and-hang",
    stops_itself "stops-itself",
    flood "flood",
    flood_for_ever "flood-for-ever",
    closes_all_descriptors "closes-all-descriptors",
    prints_a_verdict "prints-a-verdict",
    forges_a_report "forges-a-report",
    returns_twice "returns-twice",
    changes_directory "changes-directory",
    ignores_signals "ignores-signals",
    blocks_signals "blocks-signals",
    eats_memory "eats-memory",
    fork_burst "fork-burst",
    leaks_a_thread "leaks-a-thread",
    leaks_a_process "leaks-a-process",
    leaks_a_zombie "leaks-a-zombie",
    leaks_a_descriptor "leaks-a-descriptor",
    leaks_a_socket "leaks-a-socket",
    leaks_a_temporary_file "leaks-a-temporary-file",
    leaks_shared_memory "leaks-shared-memory",
    poisons_a_lock "poisons-a-lock",
    panics_in_submit "panics-in-submit",
    panics_in_drop "panics-in-drop",
    panics_in_a_payload "panics-in-a-payload",
    never_reads_its_pipe "never-reads-its-pipe",
    clock_jump "clock-jump",
    kills_its_parent "kills-its-parent",
    kills_its_group "kills-its-group",
    hangs_in_shutdown "hangs-in-shutdown",
}

#[test]
fn every_piece_of_the_gallery_is_tested() {
    assert_eq!(TESTED, GALLERY.iter().map(|hostile| hostile.name).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_when_the_runner_is_dropped() {
    let running = runner();
    check(&running, "double-fork-and-hang", &[CHECKED]);
    check(&running, "leaks-a-process", &[CHECKED]);
    assert_eq!(family().iter().filter(|process| process.contains("sleep")).count(), 0, "{:?}", family());
    drop(running);
}

#[test]
fn what_a_check_leaves_in_the_temporary_directory_vanishes_with_it() {
    let left = || {
        let entries = fs::read_dir(std::env::temp_dir()).expect("there is one").flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with("leaked-")).collect::<BTreeSet<_>>()
    };
    let before = left();
    check(&runner(), "leaks-a-temporary-file", &[CHECKED]);
    let now = left();
    assert!(now.is_subset(&before), "{now:?}");
}
