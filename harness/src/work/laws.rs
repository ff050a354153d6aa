//! Laws of durations: computing tasks that take unequally long, with the given mean.
//!
//! The durations of a round are the same in every round and for every subject: each law is read at
//! evenly spread places, in an order that looks like chance and needs none.

use super::Work;
use super::cpu;
use super::kind::{Kind, of_time};
use std::io;

const fn law(name: &'static str, law: fn(u64, u64) -> f64) -> Kind {
    Kind { name, unit: "us", example: 100, nominal_micros: of_time, computes: 1.0, law: Some(law) }
}

/// A place in (0, 1) for each number: multiples of the golden ratio spread evenly over any run of numbers.
fn spread(number: u64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    ((number as f64 + 0.5) * GOLDEN).fract().clamp(1e-9, 1.0 - 1e-9)
}

macro_rules! laws {
    ($($module:ident: $name:literal, $factor:expr;)*) => {
        $(
            pub(super) mod $module {
                pub(in crate::work) const KIND: super::Kind = super::law($name, $factor);
                pub(in crate::work) use super::run;
            }
        )*
    };
}

laws! {
    exponential: "exponential", |number, _| -(1.0 - super::spread(number)).ln();
    bimodal: "bimodal", |number, _| if super::spread(number) < 0.9 { 0.5 } else { 5.5 };
    pareto: "pareto", |number, _| (1.0 - super::spread(number)).powf(-1.0 / 1.5) / 3.0;
    ascending: "ascending", |number, of| 2.0 * (number as f64 + 0.5) / of as f64;
    descending: "descending", |number, of| 2.0 * (of as f64 - number as f64 - 0.5) / of as f64;
    cyclic: "cyclic", |number, _| ((number % 10) as f64 + 0.5) / 5.0;
}

pub(super) fn run(work: &Work, micros: u64) -> io::Result<()> {
    cpu::run(work, micros)
}

#[cfg(test)]
mod tests {
    use crate::Workload;

    #[test]
    fn laws_keep_the_mean_and_have_their_form() {
        const TASKS: u64 = 2_000;
        let durations =
            |workload: Workload| (0..TASKS).map(|number| workload.micros(number, TASKS)).collect::<Vec<_>>();
        let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
        let most = |all: &[f64]| all.iter().copied().fold(0.0, f64::max);
        for (workload, within, longest) in [
            (Workload::Cpu(100), 1e-9, 100.0),
            (Workload::Exponential(100), 0.01, 760.0),
            (Workload::Bimodal(100), 0.01, 550.0),
            // Its mean is far out in its tail, of which a run sees little.
            (Workload::Pareto(100), 0.2, 9_000.0),
            (Workload::Ascending(100), 1e-9, 200.0),
            (Workload::Descending(100), 1e-9, 200.0),
            (Workload::Cyclic(100), 1e-9, 190.0),
        ] {
            let all = durations(workload);
            assert!((mean(&all) / 100.0 - 1.0).abs() <= within, "{workload}: mean {}", mean(&all));
            assert!((most(&all) / longest - 1.0).abs() < 0.5, "{workload}: longest {}", most(&all));
            assert!(all.iter().all(|&micros| micros > 0.0), "{workload}");
        }
        assert!(durations(Workload::Ascending(9)).is_sorted());
        assert!(durations(Workload::Descending(9)).iter().rev().is_sorted());
    }
}
