//! The crash matrix of the process executor: where something goes wrong, how, and under which start
//! method. Every future resolves, the error says how the worker died, the executor goes on, and nothing is
//! left behind.
//!
//! The default run has every pair of place and way, with the start methods in turn, and every way
//! under every start method while a task runs, waiting with and without a limit in turn; `POOLPROOF_CRASH_MATRIX=full` has everything. This
//! program has no harness, because `fork` and `forkserver` need a process with one thread.

mod cell;
mod parent;
mod task;

use cell::{All, Limit, Start};
use poolproof_executors::process::Tasks;
use task::{HOWS, How, Mine, PLACES, Place, Prepare};

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
    Tasks::new().with::<Mine>().with::<Prepare>().serve_if_worker();
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--list") {
        return println!("crash_matrix: test");
    }
    if parent::is_one(&words) {
        return;
    }
    let all = std::env::var("POOLPROOF_CRASH_MATRIX").is_ok_and(|which| which == "full");
    let started = std::time::Instant::now();
    let mut cells = 0;
    for (row, place) in PLACES.into_iter().enumerate() {
        for (column, how) in HOWS.into_iter().enumerate() {
            for (turn, start) in Start::ALL.into_iter().enumerate() {
                let chosen = all || place == Place::Run || (row + column) % Start::ALL.len() == turn;
                if !chosen || !place.can(how) {
                    continue;
                }
                if place.is_here() && how != How::Panic {
                    parent::check(place, how, start);
                    cells += 1;
                    continue;
                }
                for (way, limit) in Limit::ALL.into_iter().enumerate() {
                    if all || (row + column + turn) % Limit::ALL.len() == way {
                        cell::check(place, how, start, limit);
                        cells += 1;
                    }
                }
            }
        }
    }
    Start::ALL.into_iter().for_each(parent::workers_leave_their_stacks_and_do_not_outlive_their_parent);
    println!("crash matrix: {cells} cells ok in {:.1} s", started.elapsed().as_secs_f64());
}
