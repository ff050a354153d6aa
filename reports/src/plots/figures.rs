//! Which plots a run has.

use super::Figure;
use super::curves::curves;
use super::granularity::granularity;
use super::heat::heat_maps;
use super::kinds::kinds;
use super::metrics::metrics;
use super::performance::profile;
use super::spectrum::spectra;
use super::timelines::timeline;
use crate::run::Run;
use crate::tables::Standings;

/// All plots of a run, in the order in which they are shown.
#[must_use]
pub fn figures(run: &Run, standings: &Standings<'_>) -> Vec<Figure> {
    let order = standings.addresses();
    let mut figures = profile(run, order, standings);
    figures.extend(curves(run, order, "workers", "workers", "speed-up"));
    figures.extend(curves(run, order, "chunksize", "chunksize", "time-per-item"));
    figures.extend(heat_maps(run));
    figures.extend(kinds(run, order));
    figures.extend(granularity(run, order));
    figures.extend(spectra(run, order));
    // Wake-up latency and what is paid for it stand side by side.
    figures.extend(curves(run, order, "idle", "gap-us", ""));
    figures.extend(metrics(run, order, "lifecycle"));
    figures.extend(metrics(run, order, "memory"));
    figures.extend(run.experiments.iter().filter_map(timeline));
    figures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::samples::{HOSTILE, hostile, records};

    #[test]
    fn plots_are_as_they_were() {
        let run = Run::of(records());
        let figures = figures(&run, &Standings::of(&run));
        let ids: Vec<_> = figures.iter().map(|figure| figure.title.as_str()).collect();
        assert_eq!(
            ids,
            [
                "performance profile",
                "speed-up of cpu-100us by workers",
                "throughput of empty by chunksize",
                "throughput on I/O and on computing, with 2 workers",
                "round-trip of empty by percentile",
                "map-order on thread, by worker"
            ]
        );
        for (name, figure) in
            ["performance", "speed-up", "chunksize", "io-cpu", "latency", "timeline"].iter().zip(&figures)
        {
            golden::check(&format!("plot-{name}.svg"), &figure.file());
        }
    }

    #[test]
    fn hostile_text_stays_text_in_a_drawing() {
        for text in [HOSTILE, "", &"<".repeat(1 << 20)] {
            let run = Run::of(hostile(text));
            for figure in figures(&run, &Standings::of(&run)) {
                let file = figure.file();
                assert!(!file.contains("<script") && !file.contains('\u{1b}') && !file.contains('\u{202e}'), "{file}");
                assert_eq!(file.matches("</svg>").count(), 1);
                assert_eq!(file.matches('<').count(), file.matches('>').count(), "{file}");
                assert!(file.len() < 200_000, "{}", file.len());
            }
        }
    }

    #[test]
    fn figures_that_are_none_break_no_drawing() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
            let mut run = Run::of(records());
            for cell in &mut run.cells {
                (cell.value, cell.low, cell.high) = (value, value, value);
            }
            for figure in figures(&run, &Standings::of(&run)) {
                assert!(!figure.svg.contains("NaN") && !figure.svg.contains("\"inf"), "{}", figure.svg);
            }
        }
    }
}
