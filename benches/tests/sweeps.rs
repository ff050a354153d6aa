//! Sweeps and comparisons over contenders whose times are known, because they are made up: a
//! model gives each round's time, a seeded generator its noise, and no clock is read.

use poolproof_benches::engine::{Arm, Plan, Procedure, race};
use poolproof_benches::{BenchError, Holes, Sweep, SweepOptions, compare_with, run_sweep_with};
use poolproof_harness::record::{CellRecord, ComparisonRecord, Record};
use poolproof_harness::{Contender, Dispatch, Round, RoundError, RoundSpec, SetupError, Shape, Stamps, Workload};
use std::time::Duration;

/// Nanoseconds per task, from what the round runs and the number of workers.
type Model = fn(&RoundSpec, f64) -> f64;

struct Modelled {
    address: String,
    model: Model,
    noise: f64,
    rng: fastrand::Rng,
    workers: f64,
    /// Dies in this round.
    dies_at: Option<u32>,
    rounds: u32,
}

impl Contender for Modelled {
    fn address(&self) -> &str {
        &self.address
    }

    fn open(&mut self, workers: usize) -> Result<(), SetupError> {
        self.workers = workers as f64;
        Ok(())
    }

    fn round(&mut self, spec: &RoundSpec) -> Result<Round, RoundError> {
        self.rounds += 1;
        if self.address == "locked" && matches!(spec.dispatch, Dispatch::Stamped(1..)) {
            return Err(RoundError::Unsupported("it keeps no schedule".into()));
        }
        if self.address == "locked" && matches!(spec.dispatch, Dispatch::Shaped(Shape::Tree | Shape::Chain)) {
            return Err(RoundError::Unsupported("its workers cannot submit".into()));
        }
        if self.dies_at == Some(self.rounds) {
            return Err(RoundError::Died("killed on purpose".into()));
        }
        let mut time = |tasks: f64| {
            let noise = 1.0 + self.noise * (self.rng.f64() - 0.5);
            ((self.model)(spec, self.workers) * tasks * noise) as u64
        };
        let trips_ns: Vec<u64> = match spec.dispatch {
            Dispatch::OneByOne => (0..spec.tasks).map(|_| time(1.0)).collect(),
            Dispatch::Shaped(Shape::Tick) => (0..spec.tasks / 4).map(|_| time(4.0)).collect(),
            _ => vec![],
        };
        // On their way to the worker for 1 us, back for 2, of which 0.5 until the future is done; under a
        // schedule each waits for 3 us before that.
        let stamp = |number: u64| {
            let Dispatch::Stamped(period) = spec.dispatch else { return Stamps::default() };
            let intended = number * period.max(1_000_000);
            let entered = intended + if period == 0 { 0 } else { 3_000 };
            let (started, ended) = (entered + 1_000, entered + 11_000);
            let (returned, marked, held) = (entered + 200, ended + 500, ended + 2_000);
            Stamps { intended, entered, returned, started, ended, marked, held }
        };
        let stamps =
            if matches!(spec.dispatch, Dispatch::Stamped(_)) { (0..spec.tasks).map(stamp).collect() } else { vec![] };
        Ok(Round { elapsed_ns: time(spec.tasks as f64), trips_ns, stamps })
    }

    fn close(&mut self) {}
}

/// The nominal time of a task.
fn nominal(spec: &RoundSpec) -> f64 {
    spec.workload.nominal_micros(Duration::from_millis(1)).map_or(100.0, |micros| micros as f64 * 1e3)
}

/// Two cores, and 10 us of overhead that each task costs its worker.
fn pool(spec: &RoundSpec, workers: f64) -> f64 {
    let lanes = if matches!(spec.workload, Workload::Cpu(_)) { workers.min(2.0) } else { workers };
    (nominal(spec) + 10_000.0) / lanes
}

/// One task at a time, however many workers, unless it blocks.
fn locked(spec: &RoundSpec, workers: f64) -> f64 {
    if matches!(spec.workload, Workload::Cpu(_)) { nominal(spec) } else { nominal(spec) / workers }
}

/// 200 us for each message, which a chunk shares.
fn messages(spec: &RoundSpec, workers: f64) -> f64 {
    let chunk = if let Dispatch::Map(Some(chunksize)) = spec.dispatch { chunksize as f64 } else { 1.0 };
    nominal(spec) / workers + 200_000.0 / chunk
}

fn model(address: &str) -> Option<Model> {
    Some(match address {
        "serial" => |spec, _| nominal(spec),
        "pool" | "dying" | "noisy" => pool,
        "locked" => locked,
        "messages" => messages,
        "slower" => |spec, workers| 1.2 * pool(spec, workers),
        "ideal" => |spec, workers| nominal(spec) / workers,
        "heavy" => |spec, workers| (nominal(spec) + 10e6) / workers,
        "glacial" => |spec, _| nominal(spec) + 2e9,
        "infinite" => |_, _| f64::INFINITY,
        _ => return None,
    })
}

/// Starts modelled contenders; each launch has a seed of its own.
fn starter() -> impl FnMut(&str) -> Result<Box<dyn Contender>, SetupError> {
    let mut launches = 0;
    move |address| {
        launches += 1;
        let model = model(address).ok_or_else(|| SetupError::failed(format!("there is no `{address}`")))?;
        let noise = if address == "noisy" { 1.2 } else { 0.02 };
        // The fourth start of four subjects is the second launch of the first, and so on.
        let dies_at = (address == "dying" && launches > 4).then_some(9);
        let rng = fastrand::Rng::with_seed(launches);
        Ok(Box::new(Modelled { address: address.into(), model, noise, rng, workers: 1.0, dies_at, rounds: 0 }))
    }
}

fn options() -> SweepOptions {
    SweepOptions::quick()
}

fn swept(sweep: Sweep, subjects: &[&str]) -> Result<(Vec<CellRecord>, Holes), BenchError> {
    let subjects: Vec<String> = subjects.iter().map(|&subject| subject.to_owned()).collect();
    let mut cells = Vec::new();
    let holes = run_sweep_with(&mut starter(), sweep, &subjects, &options(), &mut |record| match record {
        Record::Cell(cell) => cells.push(cell),
        other => panic!("a sweep makes cells, not {other:?}"),
    })?;
    Ok((cells, holes))
}

fn cell<'a>(
    cells: &'a [CellRecord],
    subject: &str,
    workload: &str,
    metric: &str,
    axes: &[(&str, f64)],
) -> &'a CellRecord {
    cells
        .iter()
        .find(|cell| {
            (cell.subject.as_str(), cell.workload.as_str(), cell.metric.as_str()) == (subject, workload, metric)
                && axes.iter().all(|(axis, at)| cell.axes.get(*axis) == Some(at))
        })
        .unwrap_or_else(|| panic!("no cell {subject} {workload} {metric} {axes:?} in {cells:#?}"))
}

fn assert_holds(cell: &CellRecord, truth: f64) {
    assert!(cell.low <= truth && truth <= cell.high, "{truth} is not in {cell:?}");
    assert!((cell.value / truth - 1.0).abs() < 0.02, "{truth} is not near {cell:?}");
    assert!(cell.launches == 4 && cell.samples == 16, "{cell:?}");
}

#[test]
fn workers_recovers_throughput_and_both_speed_ups() {
    let (cells, holes) = swept(Sweep::Workers, &["serial", "pool", "locked"]).expect("all are measured");
    assert!(holes.is_empty(), "{holes:?}");
    let at = |subject, metric, workers| cell(&cells, subject, "cpu-100us", metric, &[("workers", workers)]);
    assert_holds(at("pool", "throughput", 1.0), 1e9 / 110_000.0);
    assert_holds(at("pool", "speed-up", 2.0), 2.0);
    assert_holds(at("pool", "speed-up", 4.0), 2.0);
    assert_holds(at("pool", "speed-up-over-serial", 2.0), 2.0 / 1.1);
    assert_holds(at("locked", "speed-up", 4.0), 1.0);
    assert_holds(at("pool", "work-inflation", 1.0), 1.1);
    assert!(cells.iter().all(|cell| cell.subject != "serial" || cell.axes["workers"] == 1.0));
}

#[test]
fn two_numbers_of_workers_have_no_law_of_scalability() {
    let options = SweepOptions { workers: vec![1, 2], launches: 2, ..SweepOptions::default() };
    let mut laws = 0;
    let mut count = |record| laws += u32::from(matches!(record, Record::Cell(cell) if cell.metric == "contention"));
    let holes = run_sweep_with(&mut starter(), Sweep::Workers, &["pool".to_owned()], &options, &mut count);
    let holes = holes.expect("it is measured");
    assert_eq!((laws, holes.records().len()), (0, 1), "{holes:?}");
    assert!(holes.records()[0].reason.starts_with("not identifiable: "), "{holes:?}");
}

#[test]
fn io_cpu_tells_blocking_from_computing() {
    let (cells, _) = swept(Sweep::IoCpu, &["locked"]).expect("it is measured");
    let at = |workload| cell(&cells, "locked", workload, "speed-up", &[("workers", 4.0)]);
    assert_holds(at("cpu-1000us"), 1.0);
    for blocking in ["sleep-1000us", "socket-1", "file-256KiB"] {
        assert_holds(at(blocking), 4.0);
    }
}

#[test]
fn chunksize_finds_the_best_and_its_plateau() {
    let (cells, _) = swept(Sweep::Chunksize, &["messages", "locked"]).expect("both are measured");
    let at = |metric| cell(&cells, "messages", "cpu-10us", metric, &[]);
    // The fewer messages the better: an equal share for each worker, N / W.
    let workers = at("best-chunksize").axes["workers"];
    let whole = 512.0 / workers;
    assert_eq!(at("best-chunksize").value, whole);
    assert_eq!((at("plateau-from").value, at("plateau-to").value), (whole, whole));
    let gain = cell(&cells, "messages", "cpu-10us", "speed-up", &[("chunksize", 64.0)]);
    assert!(gain.value > 5.0 && gain.low > 1.0, "{gain:?}");
    // What each default costs, by the model.
    let time = |chunk: f64| 10_000.0 / workers + 200_000.0 / chunk;
    let defaults = [("regret-of-one", 1.0), ("regret-of-quarter", whole / 4.0), ("regret-of-whole", whole)];
    for (metric, chunk) in defaults.into_iter().filter(|_| workers > 1.0) {
        assert_holds(at(metric), time(chunk) / time(whole));
    }
    // Where messages cost nothing every chunksize is on the plateau.
    let (from, to) = (cell(&cells, "locked", "cpu-10us", "plateau-from", &[]), "plateau-to");
    assert_eq!((from.value, cell(&cells, "locked", "cpu-10us", to, &[]).value), (1.0, whole));
}

#[test]
fn the_way_of_a_task_is_split_and_its_response_counts_from_when_it_was_due() {
    let options = SweepOptions { workers: vec![1], launches: 2, ..SweepOptions::default() };
    let subjects = ["pool".to_owned(), "locked".to_owned()];
    let mut cells = Vec::new();
    let mut keep = |record| match record {
        Record::Cell(cell) => cells.push(cell),
        other => panic!("a sweep makes cells, not {other:?}"),
    };
    let holes = run_sweep_with(&mut starter(), Sweep::Latency, &subjects, &options, &mut keep).expect("it is measured");
    let at = |metric| cell(&cells, "pool", "empty", metric, &[]).value;
    let parts = ["submit-p50", "spawn-to-start-p50", "delivery-p50", "marked-p50"].map(at);
    assert_eq!(parts, [0.2, 1.0, 2.0, 0.5]);
    for load in [0.5, 0.7, 0.9] {
        let response = cell(&cells, "pool", "cpu-100us", "response-p50", &[("load", load)]);
        assert!((response.value - 16.0).abs() < 1e-9, "3 us late, 1 us there, 10 us of work, 2 us back: {response:?}");
    }
    // What one kind of round is not offered for is one hole, and all the rest is measured.
    assert_eq!(holes.records().len(), 1, "{holes:?}");
    assert_eq!(holes.records()[0].reason, "it keeps no schedule");
    assert!(cells.iter().any(|cell| cell.subject == "locked" && cell.metric == "delivery-p50"));
    assert!(cells.iter().any(|cell| cell.subject == "locked" && cell.metric == "round-trip-p99.9"));
}

#[test]
fn latency_gives_percentiles_of_round_trips() {
    let (cells, _) = swept(Sweep::Latency, &["pool"]).expect("it is measured");
    let at = |metric| cell(&cells, "pool", "empty", metric, &[("workers", 1.0)]);
    for (metric, truth) in [("round-trip-p50", 10.1), ("round-trip-p90", 10.18), ("round-trip-p99", 10.2)] {
        let found = at(metric);
        assert!((found.value - truth).abs() < 0.02 && found.low <= found.value, "{found:?}");
        assert_eq!(found.unit, "us");
    }
}

#[test]
fn who_takes_milliseconds_for_a_task_gets_the_time_for_its_percentiles_and_everybody_a_median() {
    let (cells, holes) = swept(Sweep::Latency, &["heavy", "glacial"]).expect("both are measured");
    let found = |subject: &str| -> Vec<&str> {
        cells.iter().filter(|cell| cell.subject == subject).map(|cell| cell.metric.as_str()).collect()
    };
    // 10 ms each, of which a round of 20 ms would have two; 2 s each.
    assert_eq!(found("heavy"), ["round-trip-p50", "round-trip-p90", "round-trip-p99"]);
    assert_eq!(found("glacial"), ["round-trip-p50"]);
    assert!(holes.records().iter().all(|hole| hole.subject == "glacial"), "{holes:?}");
}

#[test]
fn granularity_interpolates_or_says_that_it_is_off_the_scale() {
    let (cells, _) = swept(Sweep::Granularity, &["serial", "pool", "ideal", "heavy"]).expect("all run");
    // 10 us of overhead: half the time of a task of 10 us.
    let metg = cell(&cells, "pool", "cpu-1us", "metg-50", &[]);
    assert!((8.0..14.0).contains(&metg.value), "{metg:?}");
    // Two workers break even at an efficiency of one half; nine tenths need nine times the overhead.
    let break_even = cell(&cells, "pool", "cpu-1us", "break-even", &[]);
    assert!((break_even.value - metg.value).abs() < 1e-9, "{break_even:?}");
    let metg_90 = cell(&cells, "pool", "cpu-1us", "metg-90", &[]);
    assert!((80.0..160.0).contains(&metg_90.value), "{metg_90:?}");
    assert_eq!(cell(&cells, "ideal", "cpu-1us", "metg-50-at-most", &[]).value, 1.0);
    assert_eq!(cell(&cells, "heavy", "cpu-1us", "metg-50-at-least", &[]).value, 512.0);
    let efficiency = cell(&cells, "pool", "cpu-64us", "efficiency", &[]);
    assert_holds(efficiency, 64.0 / 74.0);
}

#[test]
fn the_cost_of_a_task_is_split_into_what_workers_share_and_what_they_cannot() {
    let options = SweepOptions { workers: vec![1, 2], launches: 2, ..SweepOptions::default() };
    let subjects = ["serial", "pool", "locked"].map(str::to_owned);
    let mut cells = Vec::new();
    let mut keep = |record| {
        if let Record::Cell(cell) = record {
            cells.push(cell);
        }
    };
    run_sweep_with(&mut starter(), Sweep::Granularity, &subjects, &options, &mut keep).expect("all are measured");
    let near = |cell: &CellRecord, truth: f64| assert!((cell.value / truth - 1.0).abs() < 0.03, "{truth}: {cell:?}");
    // Each worker bears 10 us; with two of them an empty task of 0.1 us hides at most half of both.
    near(cell(&cells, "pool", "cpu-1us", "worker-cost", &[("workers", 2.0)]), 10.0);
    near(cell(&cells, "pool", "cpu-1us", "serial-cost-at-most", &[("workers", 2.0)]), 5.05);
    // The curve is still that of one worker per core.
    assert!(cells.iter().any(|cell| cell.subject == "pool" && cell.metric == "metg-50"));
    assert!(!cells.iter().any(|cell| cell.metric == "efficiency" && cell.axes.get("workers") == Some(&1.0)));
}

#[test]
fn each_shape_has_its_figure_and_a_control_loop_the_time_of_a_turn() {
    let (cells, holes) = swept(Sweep::Shapes, &["pool", "locked"]).expect("both are measured");
    for metric in ["bag", "map", "ping-pong"].into_iter().chain(Shape::ALL.iter().map(|shape| shape.name())) {
        let found = cell(&cells, "pool", "cpu-10us", metric, &[("workers", 2.0)]);
        // 10 us of computing and 10 of overhead for each task, on two workers.
        let truth = if metric == "tick" { 40_000.0 } else { 10_000.0 };
        assert!((found.value / truth - 1.0).abs() < 0.02 && found.unit == "ns", "{found:?}");
    }
    // What is not offered is one hole, and the other shapes have their figures.
    assert_eq!(holes.records().len(), 1, "{holes:?}");
    assert!(cells.iter().any(|cell| cell.subject == "locked" && cell.metric == "fan-in"));
    assert!(!cells.iter().any(|cell| cell.subject == "locked" && cell.metric == "tree"));
}

#[test]
fn the_seed_reproduces_every_record() {
    let once = swept(Sweep::Workers, &["serial", "pool"]).expect("both are measured");
    assert_eq!(once, swept(Sweep::Workers, &["serial", "pool"]).expect("both are measured"));
}

#[test]
fn a_subject_that_dies_leaves_a_hole_and_keeps_what_it_gave() {
    let (cells, holes) = swept(Sweep::Workers, &["serial", "dying", "pool", "locked"]).expect("others are measured");
    let dying: Vec<_> = cells.iter().filter(|cell| cell.subject == "dying").collect();
    assert!(!dying.is_empty() && dying.iter().all(|cell| cell.launches < 4), "{dying:?}");
    let [hole] = holes.records() else { panic!("one hole: {holes:?}") };
    assert_eq!(hole.subject, "dying");
    assert!(hole.point.starts_with("cpu-100us, "), "{hole:?}");
    assert_eq!(hole.reason, "the subject died during the round: killed on purpose");
    assert_holds(cell(&cells, "pool", "cpu-100us", "speed-up", &[("workers", 2.0)]), 2.0);
}

#[test]
fn a_subject_that_is_absent_is_a_hole_and_alone_an_error() {
    let (_, holes) = swept(Sweep::Latency, &["pool", "absent"]).expect("one is measured");
    assert_eq!(holes.records()[0].reason, "there is no `absent`");
    let error = swept(Sweep::Latency, &["absent"]).expect_err("nothing is measured");
    assert_eq!(error.to_string(), "sweep `latency` measured nothing: absent: there is no `absent`");
}

#[test]
fn times_beyond_number_never_become_cells() {
    let (cells, _) = swept(Sweep::Workers, &["infinite", "pool"]).expect("one is measured");
    assert!(cells.iter().all(|cell| [cell.value, cell.low, cell.high].iter().all(|number| number.is_finite())));
}

#[test]
fn bad_input_is_one_clear_sentence() {
    let run = |sweep, subjects: &[&str], options: &SweepOptions| {
        let subjects: Vec<String> = subjects.iter().map(|&subject| subject.to_owned()).collect();
        let error = run_sweep_with(&mut starter(), sweep, &subjects, options, &mut |_| {}).expect_err("bad input");
        error.to_string()
    };
    let with = |workers: &[usize], launches| SweepOptions { workers: workers.to_vec(), launches, ..options() };
    assert!(run(Sweep::Workers, &["pool"], &with(&[2, 0], 1)).contains("0 workers"));
    assert!(run(Sweep::Workers, &["pool"], &with(&[], 1)).contains("no number of workers"));
    assert!(run(Sweep::Workers, &["pool"], &with(&[usize::MAX], 1)).contains("more than"));
    assert!(run(Sweep::Workers, &["pool"], &with(&[1], 0)).contains("0 launches"));
    assert!(run(Sweep::Workers, &[], &options()).contains("no subject"));
    assert!(run(Sweep::Memory, &["pool"], &options()).contains("says nothing about one subject"));
    let unknown = "wokers".parse::<Sweep>().expect_err("no such sweep").to_string();
    assert!(unknown.starts_with("unknown sweep `wokers`: use one of workers, chunksize, io-cpu"), "{unknown}");
}

fn compared(a: &str, b: &str) -> ComparisonRecord {
    let options = SweepOptions { launches: 6, ..options() };
    compare_with(&mut starter(), a, b, Workload::Cpu(100), &options, &mut |_| {}).expect("both are measured")
}

#[test]
fn an_injected_overhead_is_recovered_and_judged() {
    let slower = compared("slower", "pool");
    assert!((slower.ratio - 1.2).abs() < 0.01 && slower.low <= 1.2 && 1.2 <= slower.high, "{slower:?}");
    assert_eq!(slower.verdict, "slower");
    assert_eq!(compared("pool", "slower").verdict, "faster");
    let same = compared("pool", "pool");
    assert_eq!(same.verdict, "equivalent");
    assert!(same.noise_floor < 0.02, "{same:?}");
    assert_eq!(compared("noisy", "noisy").verdict, "unclear");
}

#[test]
fn a_comparison_without_one_side_is_an_error() {
    let error = compare_with(&mut starter(), "pool", "absent", Workload::Empty, &options(), &mut |_| {});
    let error = error.expect_err("one side is missing").to_string();
    assert_eq!(error, "comparing `pool` with `absent` measured nothing: absent: there is no `absent`");
}

/// A contender that takes its time to open.
struct Slow(Box<dyn Contender>);

impl Contender for Slow {
    fn address(&self) -> &str {
        self.0.address()
    }
    fn open(&mut self, workers: usize) -> Result<(), SetupError> {
        std::thread::sleep(Duration::from_millis(5));
        self.0.open(workers)
    }
    fn round(&mut self, spec: &RoundSpec) -> Result<Round, RoundError> {
        self.0.round(spec)
    }
    fn close(&mut self) {}
}

fn plan(subjects: &[&str], workload: Workload, tasks: u64) -> Plan {
    let spec = RoundSpec { workload, tasks, dispatch: Dispatch::Submit, port: 0 };
    Plan {
        subjects: subjects.iter().map(|&subject| subject.to_owned()).collect(),
        arms: (0..subjects.len()).map(|subject| Arm { subject, workers: 1, spec }).collect(),
        launches: 2,
        budget: None,
        rounds: 2,
        procedure: Procedure::Rounds,
        count_round_trips: false,
        round: Duration::from_millis(20),
        samples: Vec::new(),
        latency: Duration::ZERO,
        same_tasks: false,
        seed: 1,
    }
}

#[test]
fn a_budget_ends_the_launches_and_three_always_run() {
    let budget = Some(Duration::from_millis(1));
    let plan = Plan { launches: 50, budget, ..plan(&["pool"], Workload::Cpu(100), 10) };
    let mut start = starter();
    let measured = race(&plan, &mut |address| Ok(Box::new(Slow(start(address)?))));
    assert_eq!(measured.outings[0].counts(), (3, 6));
}

#[test]
fn rounds_are_sized_by_time() {
    let sizes =
        |plan: &Plan| -> Vec<u64> { race(plan, &mut starter()).outings.iter().map(|outing| outing.tasks).collect() };
    // Empty tasks, which take 10.1 us and 10 ms here: as many as fill 20 ms.
    let empty = plan(&["pool", "heavy"], Workload::Empty, u64::MAX);
    let [light, heavy] = sizes(&empty)[..] else { panic!("two arms") };
    assert!((1_900..2_100).contains(&light) && (1..3).contains(&heavy), "{light} and {heavy}");
    let same = Plan { same_tasks: true, ..empty };
    assert_eq!(sizes(&same), [heavy, heavy]);
    // What needs samples has them if they fit into two seconds, and the least of them anyway: 10 ms each.
    let asking = |samples: &[u64]| {
        let asking = Plan { samples: samples.to_vec(), ..plan(&["heavy"], Workload::Empty, 500) };
        sizes(&asking)[0]
    };
    assert_eq!((asking(&[3, 50, 100]), asking(&[3, 50, 300]), asking(&[300, 400])), (100, 50, 300));
    // Tasks of 100 us: the nominal number, unless that takes much longer.
    assert_eq!(sizes(&plan(&["pool", "heavy"], Workload::Cpu(100), 200)), [200, heavy]);
}
