//! What the self-check makes of overheads, over contenders whose times are made up.

use poolproof_benches::SweepOptions;
use poolproof_benches::self_check::overheads_with;
use poolproof_harness::record::{CellRecord, Record};
use poolproof_harness::{Contender, Round, RoundError, RoundSpec, SetupError, Workload};

/// Takes a nominal time for each task, and `factor` times what its address says.
struct Modelled {
    address: String,
    factor: f64,
    rng: fastrand::Rng,
}

impl Contender for Modelled {
    fn address(&self) -> &str {
        &self.address
    }

    fn open(&mut self, _: usize) -> Result<(), SetupError> {
        Ok(())
    }

    fn round(&mut self, spec: &RoundSpec) -> Result<Round, RoundError> {
        let injected: f64 = self.address.rsplit('=').next().and_then(|ns| ns.parse().ok()).expect("an address has it");
        let nominal = if spec.workload == Workload::Empty { 100.0 } else { 100_000.0 };
        let each = nominal + injected * self.factor + 20.0 * (self.rng.f64() - 0.5);
        Ok(Round { elapsed_ns: (each * spec.tasks as f64) as u64, trips_ns: Vec::new(), stamps: Vec::new() })
    }

    fn close(&mut self) {}
}

/// The cells of an instrument that sees `factor` times what is there.
fn seen(factor: f64) -> Vec<CellRecord> {
    let mut seed = 0;
    let mut start = |address: &str| -> Result<Box<dyn Contender>, SetupError> {
        seed += 1;
        Ok(Box::new(Modelled { address: address.to_owned(), factor, rng: fastrand::Rng::with_seed(seed) }))
    };
    let mut cells = Vec::new();
    overheads_with(&mut start, &SweepOptions::quick(), &mut |record| match record {
        Record::Cell(cell) => cells.push(cell),
        other => panic!("everything is measured: {other:?}"),
    });
    cells
}

#[test]
fn what_was_injected_is_recovered() {
    let cells = seen(1.0);
    let injected: Vec<(&str, f64)> =
        cells.iter().map(|cell| (cell.workload.as_str(), cell.axes["injected-ns"])).collect();
    let of = |workload, list: &[f64]| list.iter().map(|&ns| (workload, ns)).collect::<Vec<_>>();
    let expected = [of("empty", &[200.0, 1e3, 5e3, 20e3]), of("cpu-100us", &[1e3, 3e3, 10e3])].concat();
    assert_eq!(injected, expected);
    for cell in &cells {
        assert!((cell.value - cell.axes["injected-ns"]).abs() < 15.0, "{cell:?}");
        assert!(cell.low <= cell.value && cell.value <= cell.high && cell.high - cell.low < 60.0, "{cell:?}");
    }
}

#[test]
fn an_instrument_that_sees_too_much_shows_it() {
    for cell in seen(1.5) {
        assert!(cell.low > cell.axes["injected-ns"], "{cell:?}");
    }
}

#[test]
fn what_cannot_start_is_a_hole_and_the_rest_is_measured() {
    let mut start = |address: &str| -> Result<Box<dyn Contender>, SetupError> {
        match address.ends_with("=5000") {
            true => Err(SetupError::failed("out of luck")),
            false => {
                Ok(Box::new(Modelled { address: address.to_owned(), factor: 1.0, rng: fastrand::Rng::with_seed(1) }))
            }
        }
    };
    let (mut cells, mut holes) = (0, Vec::new());
    overheads_with(&mut start, &SweepOptions::quick(), &mut |record| match record {
        Record::Cell(_) => cells += 1,
        Record::Hole(hole) => holes.push(hole.reason),
        other => panic!("{other:?}"),
    });
    assert_eq!(cells, 6);
    assert_eq!(holes[0], "out of luck");
}
