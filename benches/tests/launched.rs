//! Contenders in processes of their own: what they answer, how they die, that they are verified.

use poolproof_benches::engine::{launch, serve_if_contender};
use poolproof_benches::{Sweep, SweepOptions, compare, run_sweep};
use poolproof_harness::record::Record;
use poolproof_harness::{
    Config, Contender, Dispatch, Job, NativeContender, OpenError, Refused, Round, RoundError, RoundSpec, SetupError,
    Shutdown, Spawn, Supplied, Task, Work, Workload, calibrate_spin, set_worker_arguments,
};
use std::sync::atomic::{AtomicU64, Ordering};

/// The way back in: this program, started again as a contender.
#[test]
fn reentry() {
    serve_if_contender(&resolve);
}

fn reenter() {
    set_worker_arguments(["--exact", "reentry", "--nocapture"]);
}

/// Runs every job in the submitter, after computing for a while; drops every so manieth.
#[derive(Debug, Default)]
struct Inline {
    overhead_micros: u64,
    drops_every: Option<u64>,
    jobs: AtomicU64,
}

impl Spawn for Inline {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let number = self.jobs.fetch_add(1, Ordering::Relaxed) + 1;
        if self.drops_every.is_some_and(|every| number.is_multiple_of(every)) {
            return Ok(());
        }
        // Computed, not timed: a busy machine stretches it as much as the task.
        let turns = (self.overhead_micros as f64 * calibrate_spin()) as u64;
        let overhead = Work { number: 0, workload: Workload::Cpu(self.overhead_micros), turns, port: 0 };
        overhead.run().expect("computing does not fail");
        job.run();
        Ok(())
    }

    fn shutdown(&self, _how: Shutdown) {}
}

#[allow(clippy::zombie_processes, reason = "the helper ends with the contender, and nobody is left to wait")]
fn resolve(address: &str) -> Result<Box<dyn Contender>, String> {
    let pool = |make: fn() -> Inline| -> Box<dyn Contender> {
        Box::new(NativeContender::new(address, move |_: &Config| Ok::<_, OpenError>(Supplied::new(make()))))
    };
    match address {
        "serial" | "inline" => Ok(pool(Inline::default)),
        "burdened" => Ok(pool(|| Inline { overhead_micros: 2_000, ..Inline::default() })),
        "forgetful" => Ok(pool(|| Inline { drops_every: Some(2), ..Inline::default() })),
        "mortal" => Ok(Box::new(Mortal { rounds: 0 })),
        "who" => Ok(Box::new(Who(|| std::process::id().to_string()))),
        "parent" => Ok(Box::new(Who(|| {
            let helper = std::process::Command::new("sleep").arg("1000").spawn().expect("there is such a program");
            format!("{} {}", std::process::id(), helper.id())
        }))),
        "hermit" => Ok(Box::new(Who(|| {
            // Hangs up without ending: closes every descriptor but the standard ones.
            // SAFETY: nothing of this process uses these descriptors from here on.
            #[allow(unsafe_code)]
            unsafe {
                libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0);
            }
            loop {
                std::thread::park();
            }
        }))),
        "calibrated" => Ok(Box::new(Who(|| calibrate_spin().to_string()))),
        _ => Err(format!("unknown executor `{address}`")),
    }
}

/// Complains and aborts in its third round.
struct Mortal {
    rounds: u32,
}

impl Contender for Mortal {
    fn address(&self) -> &str {
        "mortal"
    }
    fn open(&mut self, _: usize) -> Result<(), SetupError> {
        Ok(())
    }
    fn round(&mut self, spec: &RoundSpec) -> Result<Round, RoundError> {
        self.rounds += 1;
        if self.rounds == 3 {
            eprintln!("out of luck");
            std::process::abort();
        }
        Ok(Round { elapsed_ns: 1_000 * spec.tasks, trips_ns: Vec::new(), stamps: Vec::new() })
    }
    fn close(&mut self) {}
}

/// Panics when it is opened with two workers; else says something about its process.
struct Who(fn() -> String);

impl Contender for Who {
    fn address(&self) -> &str {
        "who"
    }
    fn open(&mut self, workers: usize) -> Result<(), SetupError> {
        assert!(workers != 2, "two is too many");
        Ok(())
    }
    fn round(&mut self, _: &RoundSpec) -> Result<Round, RoundError> {
        Err(RoundError::Wrong((self.0)()))
    }
    fn close(&mut self) {}
}

const SPEC: RoundSpec = RoundSpec { workload: Workload::Empty, tasks: 8, dispatch: Dispatch::Submit, port: 0 };

#[test]
fn rounds_run_elsewhere() {
    reenter();
    let mut contender = launch("inline").expect("it starts");
    contender.open(1).expect("it opens");
    let round = contender.round(&RoundSpec { dispatch: Dispatch::OneByOne, ..SPEC }).expect("it is right");
    assert_eq!(round.trips_ns.len(), 8);
    assert!(round.elapsed_ns >= round.trips_ns.iter().sum());
    contender.close();
    assert_eq!(contender.round(&SPEC), Err(RoundError::Died("no executor is open".into())));
}

#[test]
fn an_unknown_address_says_so() {
    reenter();
    let Err(error) = launch("inlien") else { panic!("there is no such executor") };
    assert_eq!(error.to_string(), "unknown executor `inlien`");
}

#[test]
fn a_death_is_reported_with_its_last_words() {
    reenter();
    let mut contender = launch("mortal").expect("it starts");
    contender.open(1).expect("it opens");
    assert!(contender.round(&SPEC).is_ok() && contender.round(&SPEC).is_ok());
    let error = contender.round(&SPEC).expect_err("it is dead").to_string();
    assert!(error.contains("signal: 6") && error.ends_with("out of luck"), "{error}");
}

#[test]
fn a_process_that_hangs_up_is_killed() {
    reenter();
    let mut contender = launch("hermit").expect("it starts");
    contender.open(1).expect("it opens");
    let error = contender.round(&SPEC).expect_err("it hung up").to_string();
    assert!(error.ends_with("its process hung up and had to be killed"), "{error}");
}

#[test]
fn a_panic_costs_an_answer_and_not_the_process() {
    reenter();
    let mut contender = launch("who").expect("it starts");
    let error = contender.open(2).expect_err("it panics").to_string();
    assert_eq!(error, "it panicked: two is too many");
    contender.open(1).expect("it is still there");
    assert!(matches!(contender.round(&SPEC), Err(RoundError::Wrong(_))));
}

#[test]
fn every_launch_computes_the_same_number_of_turns() {
    reenter();
    let mut contender = launch("calibrated").expect("it starts");
    contender.open(1).expect("it opens");
    assert_eq!(contender.round(&SPEC), Err(RoundError::Wrong(calibrate_spin().to_string())));
}

#[test]
fn a_contender_and_what_it_started_do_not_outlive_the_thread_that_started_it() {
    reenter();
    let abandoned = std::thread::spawn(|| {
        let mut contender = launch("parent").expect("it starts");
        contender.open(1).expect("it opens");
        let Err(RoundError::Wrong(pids)) = contender.round(&SPEC) else { panic!("it says who it is") };
        std::mem::forget(contender);
        pids
    });
    let pids = abandoned.join().expect("no panic");
    for pid in pids.split(' ') {
        let pid = pid.parse::<libc::pid_t>().expect("a process has a number");
        // SAFETY: the calls take numbers and one valid entry; the child is not waited for elsewhere.
        #[allow(unsafe_code)]
        let gone = unsafe {
            let fd = libc::c_int::try_from(libc::syscall(libc::SYS_pidfd_open, pid, 0)).expect("it is small");
            // Of one that is not our child nothing is left to be seen.
            fd < 0 || {
                let mut watch = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
                let gone = libc::poll(&raw mut watch, 1, 60_000);
                libc::close(fd);
                libc::waitpid(pid, std::ptr::null_mut(), libc::WNOHANG);
                gone == 1
            }
        };
        assert!(gone, "process {pid} outlived the thread that started it");
    }
}

fn quick() -> SweepOptions {
    SweepOptions { workers: vec![1], launches: 2, ..SweepOptions::quick() }
}

#[test]
fn a_round_with_wrong_results_has_no_figure() {
    reenter();
    let subjects = ["inline".to_owned(), "forgetful".to_owned()];
    let mut cells = Vec::new();
    let holes = run_sweep(Sweep::Workers, &subjects, &quick(), &mut |record| match record {
        Record::Cell(cell) => cells.push(cell),
        other => panic!("a sweep makes cells, not {other:?}"),
    });
    let holes = holes.expect("one is measured");
    assert!(cells.iter().all(|cell| cell.subject == "inline") && !cells.is_empty(), "{cells:?}");
    let [hole] = holes.records() else { panic!("one hole: {holes:?}") };
    assert!(hole.reason.starts_with("the round's results are wrong: task "), "{hole:?}");
}

#[test]
fn a_large_injected_overhead_is_seen() {
    reenter();
    // Tasks of 0.1 ms, and 2 ms more on one side: 21 times as long, and at least 3 times whatever
    // else the machine does.
    let options = SweepOptions { launches: 3, ..quick() };
    let comparison = compare("burdened", "inline", Workload::Cpu(100), &options, &mut |_| {}).expect("both run");
    assert!(comparison.ratio > 3.0, "{comparison:?}");
}
