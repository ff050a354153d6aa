//! Without a subcommand: check everything that is installed, measure it, compare it, report.

use super::{Failure, bench, check, subjects};
use crate::cli::{LedgerOptions, Output, at_least_one};
use crate::documents;
use crate::progress::Progress;
use crate::resolve;
use crate::run::{Exit, Run, Tally, exit_of};
use crate::session::Session;
use crate::tables::{self, Standings, Table};
use poolproof_benches::self_check::SELF_CHECK;
use poolproof_benches::{Sweep, SweepOptions, claims, compare};
use poolproof_conformance::{self as conformance, requirements};
use poolproof_executors::registry::{Entry, catalogue};
use poolproof_harness::Workload;
use poolproof_harness::record::{HoleRecord, Record, SCHEMA};
use std::time::{Duration, Instant};

/// The executors whose promises decide the exit code.
const REFERENCE: [&str; 4] = ["serial", "thread", "process", "gil"];

/// Reference executors and what their users would take instead.
const PEERS: [(&str, &str); 4] =
    [("thread", "rayon"), ("thread", "tokio-blocking"), ("thread", "python:thread"), ("process", "python:process")];

/// After this the main job starts nothing new: on a machine that is busy with other things it says
/// what it left out instead of keeping its user waiting.
const ENOUGH: Duration = Duration::from_secs(95);

/// For so many subjects: those of the default build, and CPython's. More of them get more time.
const EVERYDAY: u32 = 9;

fn enough(subjects: usize) -> Duration {
    ENOUGH * u32::try_from(subjects).unwrap_or(u32::MAX).max(EVERYDAY) / EVERYDAY
}

/// Options of the main job.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The seed of every random choice.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How many checks run at once [default: two for each core].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    jobs: Option<usize>,
    #[command(flatten)]
    ledger: LedgerOptions,
    #[command(flatten)]
    output: Output,
}

/// Runs the main job.
///
/// # Errors
///
/// [`Failure`] if an option is wrong or the run cannot be kept.
pub fn run(options: &Options) -> Result<Exit, Failure> {
    let started = Instant::now();
    let ledger = check::ledger(&options.ledger)?;
    let mut session = Session::open(&options.output, options.seed)?;
    let mut here = Vec::new();
    // Packages and other languages are asked for by name: with all of them it would take far longer.
    let everyday = |entry: &Entry| !["package", "java"].contains(&entry.family);
    for entry in catalogue().into_iter().filter(everyday) {
        let record = subjects::record(&entry);
        here.extend(record.description.clone());
        session.add(Record::Subject(record));
    }
    let runner = conformance::Options {
        seed: options.seed,
        jobs: options.jobs.unwrap_or_else(check::two_for_each_core),
        ledger,
        ..conformance::Options::default()
    };
    check::check(&mut session, &runner, &here, requirements(), None)?;

    let addresses: Vec<_> = here.into_iter().map(|description| description.address).collect();
    let settings = SweepOptions { seed: options.seed, ..SweepOptions::quick() };
    let enough = enough(addresses.len());
    for sweep in Sweep::QUICK {
        if in_time(&mut session, started, enough, sweep.name()) {
            bench::measure(&mut session, &[sweep], &addresses, &settings)?;
        }
    }
    if in_time(&mut session, started, enough, SELF_CHECK) {
        bench::check_the_instrument(&mut session, &settings)?;
    }
    if in_time(&mut session, started, enough, "claims") {
        measure_claims(&mut session, &addresses, &settings)?;
    }
    if in_time(&mut session, started, enough, "compare") {
        compare_peers(&mut session, &addresses, &settings)?;
    }

    let exit = exit_of_reference(&session.run());
    session.close(exit, shown, |run| tables::cells(&run.cells))
}

/// Whether there is time for one more part of the job; if not, that is recorded.
fn in_time(session: &mut Session, started: Instant, enough: Duration, part: &str) -> bool {
    let taken = started.elapsed();
    if taken < enough {
        return true;
    }
    session.add(Record::Hole(HoleRecord {
        schema: SCHEMA,
        subject: "all".to_owned(),
        sweep: part.to_owned(),
        point: "all".to_owned(),
        reason: format!(
            "left out, because this busy machine took {:.0} s for what came before: `poolproof bench`, `compare` and \
             `demo` measure it",
            taken.as_secs_f64()
        ),
    }));
    false
}

/// Paired comparisons of those peers that are both here; one that fails is a hole.
fn compare_peers(session: &mut Session, addresses: &[String], settings: &SweepOptions) -> Result<(), Failure> {
    let here = |address: &str| addresses.iter().any(|known| known == address);
    let peers: Vec<_> = PEERS.into_iter().filter(|(a, b)| here(a) && here(b)).collect();
    let progress = Progress::new("comparisons", peers.len());
    for (a, b) in peers {
        progress.say(&format!("{a} / {b}"));
        let mut sink = |record| progress.suspend(|| session.add(record));
        if let Err(error) = compare(a, b, Workload::Cpu(100), settings, &mut sink) {
            let hole = HoleRecord {
                schema: SCHEMA,
                subject: a.to_owned(),
                sweep: "compare".to_owned(),
                point: format!("{a} / {b}"),
                reason: error.to_string(),
            };
            session.add(Record::Hole(hole));
        }
        progress.step(a);
        session.check()?;
    }
    Ok(())
}

/// The notes' experiments and claims, on those subjects that all sweeps of the claims have measured:
/// what a sweep lacks would be measured here once more.
fn measure_claims(session: &mut Session, addresses: &[String], settings: &SweepOptions) -> Result<(), Failure> {
    let known = session.run().cells;
    let measured = |address: &str| {
        let has = |sweep: &str| known.iter().any(|cell| cell.sweep == sweep && cell.subject == address);
        [Sweep::Workers, Sweep::Chunksize, Sweep::IoCpu].iter().all(|sweep| has(sweep.name()))
    };
    let subjects: Vec<_> = claims::SUBJECTS
        .iter()
        .map(|&address| address.to_owned())
        .filter(|address| addresses.contains(address) && measured(address))
        .collect();
    let progress = Progress::new("claims", 1);
    let mut sink = |record| progress.suspend(|| session.add(record));
    let (_, holes) = claims::measure(&subjects, &known, settings, &resolve::subject_or_reason, &mut sink);
    holes.into_iter().for_each(|hole| progress.suspend(|| session.add(Record::Hole(hole))));
    session.check()
}

/// The main job answers for the reference executors only, whatever third parties do.
fn exit_of_reference(run: &Run) -> Exit {
    let own = |address: &str| REFERENCE.contains(&address);
    let tally = Tally::of(run.verdicts.iter().filter(|verdict| own(&verdict.subject)));
    let lacking = REFERENCE
        .iter()
        .any(|address| !run.subjects.iter().any(|record| record.subject == *address && record.description.is_some()));
    exit_of(&tally, lacking)
}

/// What people see: everything but the facts that the headline sums up and the page has in full.
fn shown(run: &Run) -> Vec<Table> {
    let standings = Standings::of(run);
    let tables = documents::sections(run, &standings).into_iter().flat_map(|section| section.tables);
    let mut shown: Vec<Table> = tables.filter(|table| !["subjects", "run"].contains(&table.id.as_str())).collect();
    // A terminal shows the end of what was printed: there the scorecard is read first.
    if let Some(place) = shown.iter().position(|table| table.id == "scorecard") {
        shown[place..].rotate_left(1);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{subject, verdict};
    use poolproof_harness::Verdict;

    fn records(verdict_of: impl Fn(&str) -> Verdict) -> Vec<Record> {
        let all = REFERENCE.iter().chain(&["rayon"]);
        all.flat_map(|address| {
            [
                Record::Subject(subject(address, "installed", None)),
                Record::Verdict(verdict(address, "MAP-001", verdict_of(address))),
            ]
        })
        .collect()
    }

    #[test]
    fn many_subjects_get_more_time_and_few_get_no_less() {
        assert_eq!(enough(2), ENOUGH);
        assert_eq!(enough(9), ENOUGH);
        assert_eq!(enough(27), 3 * ENOUGH);
    }

    #[test]
    fn third_parties_do_not_decide_the_exit_code() {
        let broken =
            |who: &'static str| move |address: &str| if address == who { Verdict::Violates } else { Verdict::Conforms };
        assert_eq!(exit_of_reference(&Run::of(records(broken("rayon")))), Exit::Conforms);
        assert_eq!(exit_of_reference(&Run::of(records(broken("gil")))), Exit::Fails);
        let mut without = records(|_| Verdict::Conforms);
        without.retain(|record| !matches!(record, Record::Subject(subject) if subject.subject == "process"));
        assert_eq!(exit_of_reference(&Run::of(without)), Exit::Usage);
    }
}
