//! The cost of a task split into what workers share and what they cannot.

use super::StatsError;

/// The time per task at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// How many workers there were.
    pub workers: f64,
    /// What a task takes without an executor, in nanoseconds.
    pub alone: f64,
    /// The time per task as measured, in nanoseconds.
    pub measured: f64,
}

/// The two costs of a task, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// What each worker bears for itself; if it does not show, the most that it can be without showing.
    pub worker: f64,
    /// What only one thread at a time does; if it does not show, the most that it can be without showing.
    pub serial: f64,
    /// Whether a time is bound by the workers.
    pub worker_shows: bool,
    /// Whether a time is bound by the serial part.
    pub serial_shows: bool,
}

/// The least and the most that either cost is looked for, in nanoseconds, and in how many steps.
const RANGE: (f64, f64) = (1.0, 1e7);
const STEPS: usize = 14;
const REFINEMENTS: u32 = 15;

/// The costs `h` and `d` for which `max((alone + h) / workers, d)` is nearest to the measured times: least squares of
/// logarithms, over a grid that is refined about its best place.
///
/// # Errors
///
/// [`StatsError`] if there are fewer than three points, or a time is not positive and finite.
pub fn split(points: &[Point]) -> Result<Costs, StatsError> {
    if points.len() < 3 {
        return Err(StatsError::TooFew { have: points.len(), need: 3 });
    }
    for point in points {
        if ![point.workers, point.alone, point.measured].iter().all(|figure| figure.is_finite()) {
            return Err(StatsError::NotFinite);
        }
        if point.workers <= 0.0 || point.alone <= 0.0 || point.measured <= 0.0 {
            return Err(StatsError::NotPositive);
        }
    }
    let error = |worker: f64, serial: f64| -> f64 {
        let of = |point: &Point| (by_workers(point, worker).max(serial) / point.measured).ln().powi(2);
        points.iter().map(of).sum()
    };
    let (mut worker, mut serial) = (RANGE.0, RANGE.0);
    let mut least = f64::INFINITY;
    let mut reach = (RANGE.1 / RANGE.0).ln() / 2.0;
    let (mut at_worker, mut at_serial) = ((RANGE.0 * RANGE.1).sqrt(), (RANGE.0 * RANGE.1).sqrt());
    for _ in 0..REFINEMENTS {
        let steps = |middle: f64| {
            (0..=STEPS).map(move |step| middle * ((2.0 * step as f64 / STEPS as f64 - 1.0) * reach).exp())
        };
        for tried_worker in steps(at_worker) {
            for tried_serial in steps(at_serial) {
                let found = error(tried_worker, tried_serial);
                if found < least {
                    (least, worker, serial) = (found, tried_worker, tried_serial);
                }
            }
        }
        (at_worker, at_serial) = (worker, serial);
        // Slowly: what is best on a coarse grid need not lie next to what is best.
        reach /= 2.0;
    }
    let serial_shows = points.iter().any(|point| serial > by_workers(point, worker));
    let worker_shows = points.iter().any(|point| by_workers(point, worker) > serial);
    if !serial_shows {
        // Any smaller one fits as well.
        serial = points.iter().map(|point| by_workers(point, worker)).fold(f64::INFINITY, f64::min);
    }
    if !worker_shows {
        worker = points.iter().map(|point| serial * point.workers - point.alone).fold(f64::INFINITY, f64::min);
    }
    Ok(Costs { worker, serial, worker_shows, serial_shows })
}

fn by_workers(point: &Point, worker: f64) -> f64 {
    (point.alone + worker) / point.workers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times of an executor with these costs, on one and on two workers.
    fn points(worker: f64, serial: f64) -> Vec<Point> {
        let sizes = [70.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0];
        let at = |workers: f64| {
            sizes.map(|alone| Point { workers, alone, measured: ((alone + worker) / workers).max(serial) })
        };
        [at(1.0), at(2.0)].concat()
    }

    #[test]
    fn costs_that_were_put_in_are_found() {
        for (worker, serial) in [(500.0, 400.0), (200.0, 3_000.0), (5_000.0, 4_000.0)] {
            let found = split(&points(worker, serial)).expect("twelve points");
            assert!((found.worker / worker - 1.0).abs() < 0.01, "{found:?} for {worker}");
            assert!((found.serial / serial - 1.0).abs() < 0.01, "{found:?} for {serial}");
            assert!(found.worker_shows && found.serial_shows, "{found:?}");
        }
    }

    #[test]
    fn a_serial_cost_that_never_binds_is_bounded() {
        let found = split(&points(500.0, 1.0)).expect("twelve points");
        assert!(!found.serial_shows && found.worker_shows, "{found:?}");
        // It could be as much as two workers take for an empty task.
        assert!((found.serial - 285.0).abs() < 5.0, "{found:?}");
    }

    #[test]
    fn a_worker_s_cost_that_never_binds_is_bounded() {
        let found = split(&points(10.0, 50_000.0)).expect("twelve points");
        assert!(found.serial_shows && !found.worker_shows, "{found:?}");
        assert!((found.serial / 50_000.0 - 1.0).abs() < 0.01, "{found:?}");
        // On one worker the longest task leaves so much.
        assert!((found.worker / 34_000.0 - 1.0).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn too_few_points_or_no_times_have_no_costs() {
        let many = points(1.0, 1.0);
        assert_eq!(split(&many[..2]), Err(StatsError::TooFew { have: 2, need: 3 }));
        assert_eq!(split(&[Point { measured: f64::NAN, ..many[0] }; 3]), Err(StatsError::NotFinite));
        assert_eq!(split(&[Point { measured: 0.0, ..many[0] }; 3]), Err(StatsError::NotPositive));
    }
}
