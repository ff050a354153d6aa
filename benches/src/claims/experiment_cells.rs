//! The experiments of the notes as cells, and back to findings.

use super::ClaimVerdict;
use super::findings::{Finding, figure};
use crate::experiments::Experiment;
use crate::stats::{Bootstrap, Interval, StatsError, estimate, share};
use poolproof_harness::record::{CellRecord, SCHEMA};
use std::collections::BTreeMap;

/// The sweep under whose name the cells go.
pub(super) const SWEEP: &str = "claims";

const CONFIDENCE: f64 = 0.95;

/// The cells of one experiment repeated on one subject.
pub(super) fn cells(runs: &[Experiment], scale: f64, seed: u64) -> Result<Vec<CellRecord>, StatsError> {
    let Some(first) = runs.first() else { return Err(StatsError::TooFew { have: 0, need: 2 }) };
    let count = runs.len() as u64;
    let hits = |holds: fn(&Experiment) -> bool| runs.iter().filter(|run| holds(run)).count() as u64;
    let series = |of: fn(&Experiment) -> f64| vec![runs.iter().map(of).collect::<Vec<f64>>()];
    let how = Bootstrap { confidence: CONFIDENCE, ..Bootstrap::seeded(seed) };
    let cell = |metric: &str, unit: &str, better: &str, interval: Interval| CellRecord {
        schema: SCHEMA,
        subject: first.subject.clone(),
        sweep: SWEEP.to_owned(),
        workload: first.name.to_owned(),
        axes: BTreeMap::from([("scale".to_owned(), scale)]),
        metric: metric.to_owned(),
        unit: unit.to_owned(),
        better: better.to_owned(),
        value: interval.value(),
        low: interval.low(),
        high: interval.high(),
        confidence: CONFIDENCE,
        launches: 1,
        samples: u32::try_from(count).unwrap_or(u32::MAX),
        taint: None,
    };
    Ok(vec![
        cell("in-promised-order", "share", "higher", share(hits(|run| run.in_promised_order), count, CONFIDENCE)?),
        cell("returned-at-once", "share", "higher", share(hits(|run| run.returned_at_once), count, CONFIDENCE)?),
        cell("call", "us", "lower", estimate(&series(|run| run.call_ns as f64 / 1e3), &how)?),
        cell("total", "ms", "lower", estimate(&series(|run| run.total_ns as f64 / 1e6), &how)?),
        cell(
            "over-ideal",
            "x",
            "lower",
            estimate(&series(|run| run.total_ns as f64 / run.ideal_ns.max(1) as f64), &how)?,
        ),
    ])
}

/// What the cells of the experiment `name` say, subject by subject.
pub(super) fn findings(cells: &[CellRecord], name: &str) -> Vec<Finding> {
    let of_experiment = || cells.iter().filter(|cell| cell.sweep == SWEEP && cell.workload == name);
    let orders = of_experiment().filter(|cell| cell.metric == "in-promised-order");
    orders
        .filter_map(|order| {
            let own =
                |metric: &str| of_experiment().find(|cell| cell.subject == order.subject && cell.metric == metric);
            let at_once = own("returned-at-once")?;
            let (call, over) = (own("call")?, own("over-ideal")?);
            let runs = f64::from(order.samples);
            let always = |share: &CellRecord| (share.value - 1.0).abs() < f64::EPSILON;
            // One counterexample refutes a promise; any number of examples only supports it.
            let as_completed = name == "as_completed";
            let verdict = if always(order) && (as_completed || always(at_once)) {
                ClaimVerdict::Holds
            } else {
                ClaimVerdict::DoesNotHold
            };
            let sentence = format!(
                "{}: the promised results in {} of {runs} runs, the call back before any task had ended in {}, \
                 after {} us, {} times the ideal time",
                order.subject,
                (order.value * runs).round(),
                (at_once.value * runs).round(),
                figure(call),
                figure(over),
            );
            let cells = of_experiment().filter(|cell| cell.subject == order.subject).cloned().collect();
            Some(Finding { sentence, verdict, cells })
        })
        .collect()
}
