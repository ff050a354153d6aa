//! The rows.

use crate::arms::{Arm, all, inline, own, plain, threadpool};
use crate::floor;
use crate::machine::{Hogs, Partner, pin, ping_pong, processor_time};
use crate::paired::{Paired, line, median, quantile};
use crate::wide;
use std::time::{Duration, Instant};

type Row = fn(usize);

/// Every row by its name.
pub(crate) const ROWS: &[(&str, Row)] = &[
    ("submit", submit),
    ("trip", trip),
    ("idle", idle),
    ("loaded", loaded),
    ("submitters", wide::submitters),
    ("fork", wide::fork),
    ("map", wide::map),
    ("sleeps", wide::sleeps),
    ("notes", wide::notes),
    ("memory", wide::memory),
    ("futex", wide::futex),
];

const CORES: &[usize] = &[0, 1];

/// The floor of a round trip between threads that sleep at once.
const PARKING: &str = "parking ping-pong";

fn peers(name: &str) -> bool {
    !name.starts_with("thread ")
        && name != "thread"
        && !name.starts_with("thread-")
        && !name.starts_with("plain")
        && !name.starts_with("inline")
        && !name.ends_with("alone")
        && !name.ends_with("ping-pong")
        && !name.ends_with("again")
}

fn traits(name: &str) -> bool {
    peers(name) && !name.ends_with("by hand")
}

/// Ours against the best peer, behind the traits and by hand.
fn against_peers(what: &str, paired: &Paired, bar: f64) {
    for (own, among) in [("thread", traits as fn(&str) -> bool), ("thread by hand", peers)] {
        let best = paired.best(among);
        line(&format!("{what}, {own}"), paired.name(best), paired.ratio(paired.arm(own), best), bar);
    }
}

fn names(arms: &[Arm]) -> Vec<String> {
    arms.iter().map(|arm| arm.name.clone()).collect()
}

fn submit(rounds: usize) {
    const TASKS: u64 = 100_000;
    for workers in [1, 2, 4] {
        let mut arms = all(workers);
        arms.extend([inline(), plain(workers)]);
        if workers == 4 {
            let mut one = own(1);
            one.name = "thread with 1 worker by hand".into();
            arms.push(one);
        }
        let mut names = names(&arms);
        names.push("hand-over alone".into());
        let paired = Paired::run(names, rounds, |arm| {
            let took = arms.get(arm).map_or_else(|| floor::hand_over(TASKS), |arm| (arm.flood)(TASKS));
            took as f64 / TASKS as f64
        });
        paired.show(&format!("{workers} workers, ns per task"), 1.0);
        let what = format!("100,000 empty tasks, {workers} workers");
        against_peers(&what, &paired, 0.70);
        line(&what, "inline", paired.ratio(paired.arm("thread by hand"), paired.arm("inline by hand")), 2.5);
        let floor = paired.arm("hand-over alone");
        line(&what, "hand-over alone", paired.ratio(paired.arm("thread by hand"), floor), f64::INFINITY);
        if workers == 4 {
            let one = paired.arm("thread with 1 worker by hand");
            line(&what, "1 worker", paired.ratio(paired.arm("thread by hand"), one), 1.1);
        }
    }
}

/// The pools as `cores` says for them, and then the submitter on its own.
fn placed(workers: usize, pools: &[usize], submitter: &[usize]) -> Vec<Arm> {
    pin(pools);
    let mut arms = all(workers);
    arms.push(plain(workers));
    for arm in &arms {
        // Workers that start with their first tasks inherit the cores too.
        (arm.flood)(1_000);
    }
    pin(submitter);
    arms
}

fn trip(rounds: usize) {
    const TRIPS: u64 = 1_000;
    let cases: [(&str, usize, &[usize], &[usize]); 5] = [
        ("free", 1, CORES, CORES),
        ("free", 2, CORES, CORES),
        ("free", 4, CORES, CORES),
        ("one core", 1, &[0], &[0]),
        ("split", 1, &[1], &[0]),
    ];
    for (placement, workers, pools, submitter) in cases {
        let arms = placed(workers, pools, submitter);
        let mut names = names(&arms);
        names.push("futex ping-pong".into());
        let floor: Option<(&str, fn())> = match placement {
            "split" => Some(("spinning ping-pong", std::hint::spin_loop)),
            "one core" => Some(("yielding ping-pong", std::thread::yield_now)),
            "free" if workers == 1 => Some(("yielding ping-pong", std::thread::yield_now)),
            _ => None,
        };
        names.extend(floor.map(|(name, _)| name.to_owned()));
        let mut tails = vec![Vec::new(); names.len()];
        let paired = Paired::run(names, rounds, |arm| {
            let partner = pools.to_vec();
            let trips = match arms.get(arm) {
                Some(arm) => (arm.trips)(TRIPS),
                None if arm == arms.len() => ping_pong(TRIPS as usize, move || pin(&partner)),
                None => floor::ping_pong(TRIPS as usize, floor.expect("it has a name").1, move || pin(&partner)),
            };
            tails[arm].push(quantile(&trips, 0.99));
            quantile(&trips, 0.5)
        });
        pin(CORES);
        paired.show(&format!("{placement}, {workers} workers, p50 in us"), 1e3);
        let what = format!("round trip p50, {placement}, {workers} workers");
        match placement {
            "free" => {
                against_peers(&what, &paired, 0.60);
                if let Some(floor) = paired.find("yielding ping-pong") {
                    let ratio = paired.ratio(paired.arm("thread by hand"), floor);
                    line(&what, "yielding ping-pong", ratio, f64::INFINITY);
                }
            }
            "one core" => {
                line(
                    &what,
                    "futex ping-pong",
                    paired.ratio(paired.arm("thread by hand"), paired.arm("futex ping-pong")),
                    0.65,
                );
                let floor = paired.ratio(paired.arm("thread by hand"), paired.arm("yielding ping-pong"));
                line(&what, "yielding ping-pong", floor, f64::INFINITY);
            }
            _ => {
                line(&what, "rayon", paired.ratio(paired.arm("thread"), paired.arm("rayon")), 0.17);
                line(
                    &what,
                    "rayon by hand",
                    paired.ratio(paired.arm("thread by hand"), paired.arm("rayon spawn by hand")),
                    0.17,
                );
                let floor = paired.arm("spinning ping-pong");
                line(&what, "spinning ping-pong", paired.ratio(paired.arm("thread by hand"), floor), f64::INFINITY);
            }
        }
        let best = paired.best(traits);
        let tails: Vec<f64> = tails[paired.arm("thread")].iter().zip(&tails[best]).map(|(a, b)| a / b).collect();
        line(&format!("round trip p99, {placement}, {workers} workers"), paired.name(best), median(tails), 1.0);
    }
}

fn idle(rounds: usize) {
    for pause in [1, 10] {
        let mut arms = all(2);
        arms.extend([plain(2), parking()]);
        let trips = 200 / pause;
        let mut used = vec![Vec::new(); arms.len()];
        let paired = Paired::run(names(&arms), rounds, |arm| {
            let before = processor_time();
            let trips: Vec<u64> = (0..trips)
                .map(|_| {
                    std::thread::sleep(Duration::from_millis(pause));
                    (arms[arm].trips)(1)[0]
                })
                .collect();
            used[arm].push((processor_time() - before) as f64 / trips.len() as f64);
            quantile(&trips, 0.5)
        });
        paired.show(&format!("after {pause} ms, p50 in us"), 1e3);
        let (own, plain) = (paired.arm("thread by hand"), paired.arm("plain mutex+condvar by hand"));
        line(
            &format!("round trip p50 after {pause} ms idle, 2 workers"),
            paired.name(plain),
            paired.ratio(own, plain),
            1.0,
        );
        let floor = paired.arm(PARKING);
        let what = format!("round trip p50 after {pause} ms idle, 2 workers");
        line(&what, PARKING, paired.ratio(own, floor), f64::INFINITY);
        for (other, bar) in [(plain, 1.15), (floor, f64::INFINITY)] {
            let used = used[own].iter().zip(&used[other]).map(|(a, b)| a / b).collect();
            line(&format!("processor time for it after {pause} ms idle"), paired.name(other), median(used), bar);
        }
    }
    let arms: Vec<Arm> = all(2).into_iter().take(1).collect();
    (arms[0].flood)(1_000);
    let before = processor_time();
    std::thread::sleep(Duration::from_secs(2));
    let share = (processor_time() - before) as f64 / 2e9;
    println!(
        "| idle pool, share of a core | none | {:.5} | 0.001 | {} |",
        share,
        if share < 0.001 { "yes" } else { "no" }
    );
}

/// Two threads that take turns, and sleep in between, as an arm.
fn parking() -> Arm {
    let partner = Partner::start(|| ());
    Arm {
        name: PARKING.into(),
        flood: Box::new(|_| 0),
        trips: Box::new(move |count| (0..count).map(|_| partner.trip()).collect()),
    }
}

/// A trip that took longer has lost a time slice to another process.
const SLICE: u64 = 500_000;

fn loaded(rounds: usize) {
    /// Long enough for several slices: within the first one there is none to lose.
    const SPAN: Duration = Duration::from_millis(60);
    let mut arms = all(2);
    for again in [own(2), threadpool(2)] {
        arms.push(Arm { name: format!("{} again", again.name), ..again });
    }
    arms.push(parking());
    let _hogs = Hogs::start(2);
    let (mut medians, mut lost) = (vec![Vec::new(); arms.len()], vec![Vec::new(); arms.len()]);
    let paired = Paired::run(names(&arms), rounds, |arm| {
        let (start, mut trips) = (Instant::now(), Vec::new());
        while start.elapsed() < SPAN {
            trips.extend((arms[arm].trips)(50));
        }
        let whole = trips.iter().sum::<u64>() as f64;
        lost[arm].push(trips.iter().filter(|&&trip| trip > SLICE).sum::<u64>() as f64 / whole);
        medians[arm].push(quantile(&trips, 0.5));
        whole / trips.len() as f64
    });
    paired.show("loaded, mean in us", 1e3);
    for arm in 0..arms.len() {
        let of = |figures: &[f64], unit: f64| median(figures.iter().map(|figure| figure / unit).collect());
        let (lost, trip) = (of(&lost[arm], 1.0), of(&medians[arm], 1e3));
        eprintln!("    {:32} p50 {trip} us, in lost slices {lost} of the time", arms[arm].name);
    }
    let what = "mean round trip beside 2 busy processes, 2 workers";
    against_peers(what, &paired, 1.0);
    let own = paired.arm("thread by hand");
    let line_to = |what: &str, above: usize, below: &str| {
        line(what, below, paired.ratio(above, paired.arm(below)), f64::INFINITY);
    };
    line_to(what, own, PARKING);
    line_to(&format!("{what}, thread by hand again"), paired.arm("thread by hand again"), "thread by hand");
    line_to(&format!("{what}, threadpool by hand again"), paired.arm("threadpool by hand again"), "threadpool by hand");
    let (own, floor) = (&medians[own], &medians[paired.arm(PARKING)]);
    let ratios = own.iter().zip(floor).map(|(own, floor)| own / floor).collect();
    line("round trip p50 beside 2 busy processes, 2 workers", PARKING, median(ratios), f64::INFINITY);
}
