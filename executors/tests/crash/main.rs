//! The crash matrix of the process executor: where something goes wrong, how, and under which start
//! method. Every future resolves, the error says how the worker died, the executor goes on, and nothing is
//! left behind.
//!
//! The default run has every pair of place and way, with the start methods in turn, and every way
//! under every start method while a task runs; `POOLPROOF_CRASH_MATRIX=full` has everything. This
//! program has no harness, because `fork` and `forkserver` need a process with one thread.

mod cell;
mod task;

use cell::{All, Start, descendants, has_ended, until};
use poolproof_executors::process::{ProcessExecutor, Tasks};
use poolproof_harness::{Executor, STACKS_VARIABLE, ask_for_stacks};
use std::process::{Command, Stdio};
use task::{HOWS, Mine, PLACES, Place};

fn main() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // What reaches the waiter is looked at.
        let text = panic.payload().downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.payload().downcast_ref::<String>().map(String::as_str));
        if !text.is_some_and(|text| text.contains("on purpose")) {
            usual(panic);
        }
    }));
    Tasks::new().with::<Mine>().serve_if_worker();
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--list") {
        return println!("crash_matrix: test");
    }
    if let [doomed, start, directory] = &words[..]
        && doomed == "doomed"
    {
        return be_doomed(start.parse().expect("a start method"), directory);
    }
    let all = std::env::var("POOLPROOF_CRASH_MATRIX").is_ok_and(|which| which == "full");
    let started = std::time::Instant::now();
    let mut cells = 0;
    for (row, place) in PLACES.into_iter().enumerate() {
        for (column, how) in HOWS.into_iter().enumerate() {
            for (turn, start) in Start::ALL.into_iter().enumerate() {
                let chosen = all || place == Place::Run || (row + column) % Start::ALL.len() == turn;
                if chosen && place.can(how) {
                    cell::check(place, how, start);
                    cells += 1;
                }
            }
        }
    }
    Start::ALL.into_iter().for_each(workers_leave_their_stacks_and_do_not_outlive_their_parent);
    println!("crash matrix: {cells} cells ok in {:.1} s", started.elapsed().as_secs_f64());
}

/// Keeps one worker busy and one idle, until it is killed.
fn be_doomed(start: Start, directory: &str) {
    let executor = ProcessExecutor::builder(2).start_method(start).open().expect("an executor");
    let calm = |go: &str| Mine { go: Some(format!("{directory}/{go}")), ..Mine::calm() };
    let both = [calm("one"), calm("two")].map(|mine| executor.submit(mine).expect("accepted"));
    cell::outcome(&both[0]).expect("the first is let go");
    std::fs::write(format!("{directory}/idle"), "").expect("a file");
    cell::outcome(&both[1]).expect("never reached");
}

fn workers_leave_their_stacks_and_do_not_outlive_their_parent(start: Start) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    let mut parent = Command::new(std::env::current_exe().expect("this program"))
        .args(["doomed", &start.to_string(), &path.display().to_string()])
        .env(STACKS_VARIABLE, path)
        .stdout(Stdio::null())
        .spawn()
        .expect("this program starts");
    until("both tasks run", || ["one", "two"].iter().all(|name| path.join(format!("{name}.there")).exists()));
    std::fs::write(path.join("one"), "").expect("a file");
    until("one worker is idle", || path.join("idle").exists());
    let below = descendants(parent.id());
    let templates = usize::from(start != Start::Spawn);
    assert_eq!(below.len(), 2 + templates, "{start}: an idle worker, a busy one, and their template");
    // What an autopsy asks of workers, idle or not; a thread that gets no processor answers another time.
    let leaves_a_stack = |pid: &&u32| {
        let threads = ask_for_stacks(**pid, path);
        threads.iter().any(|thread| thread.frames.iter().any(|frame| frame.contains("worker::serve")))
    };
    until("both workers leave their stacks", || below.iter().filter(leaves_a_stack).count() == 2);
    parent.kill().expect("it is ours");
    parent.wait().expect("it is ours");
    until("all have ended", || below.iter().all(|pid| has_ended(*pid)));
}
