//! The self-test: proves the checks with executors whose defects are known.
//!
//! Every broken executor must be caught by a requirement that it breaks; a sound one must not be
//! accused of anything. The checks run as they do for any subject, in child processes, so the
//! program must call [`serve_if_child`](crate::serve_if_child) at the top of its `main`, with
//! [`broken::subject`](crate::broken::subject) for the addresses that start with `broken:`.

mod matrix;
mod mutants;
mod soak;

pub use matrix::kill_matrix_markdown;
pub use mutants::{Mutant, MutantsResult, Mutation, mutants, mutants_markdown};
pub use soak::{SoakResult, Soaked, soak, soakable};

use crate::broken::{self, Broken, Difficulty, Sound};
use crate::requirement::Requirement;
use crate::runner::{Calibration, Held, Options, Runner};
use crate::{Ledger, find, requirements};
use poolproof_harness::record::{KillRecord, SCHEMA, VerdictRecord};
use poolproof_harness::{Description, Level, SetupError, Verdict};
use std::collections::{BTreeSet, VecDeque};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What the self-test found.
#[derive(Clone, Debug, Default)]
pub struct SelfTestResult {
    /// One record for each broken executor, in the order of the catalogue.
    pub kills: Vec<KillRecord>,
    /// The broken executors that no requirement they break caught.
    pub missed: Vec<String>,
    /// The broken executors that were not caught, but for which some checks do not exist yet.
    pub undecided: Vec<String>,
    /// The requirements that caught nothing.
    pub idle: Vec<String>,
    /// What sound executors were accused of: each record is a MUST that does not conform.
    pub false_alarms: Vec<VerdictRecord>,
    /// Executors that could not be checked at all, and why.
    pub errors: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl SelfTestResult {
    /// Whether every defect was caught and nobody was accused wrongly.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.missed.is_empty() && self.false_alarms.is_empty() && self.errors.is_empty()
    }
}

/// Checks every broken executor that is not rare against the requirements that it breaks, and every sound
/// one against all of them.
///
/// Records are passed on in the order in which they are reached; the result holds them in the
/// order of the catalogue.
pub fn self_test(options: &Options, on_kill: &mut dyn FnMut(KillRecord)) -> SelfTestResult {
    run(options, &expected_of, on_kill)
}

/// The same, with every broken executor against every requirement: for the whole kill matrix.
pub fn full_self_test(options: &Options, on_kill: &mut dyn FnMut(KillRecord)) -> SelfTestResult {
    run(options, &|_| requirements().to_vec(), on_kill)
}

/// The broken executors that must be caught; what is rare is left to the [`soak`].
pub fn self_tested() -> impl Iterator<Item = &'static Broken> {
    broken::all().iter().filter(|broken| broken.difficulty != Difficulty::Rare)
}

/// The requirements that must catch it.
fn expected_of(broken: &Broken) -> Vec<&'static Requirement> {
    broken.expected.iter().filter_map(|id| find(id)).collect()
}

/// One executor to be checked.
enum Case {
    Broken(usize, &'static Broken),
    Sound(&'static Sound),
}

/// What became of it.
enum Outcome {
    Kill(usize, KillRecord),
    Alarms(Vec<VerdictRecord>),
    Error(String),
}

type Select<'s> = &'s (dyn Fn(&Broken) -> Vec<&'static Requirement> + Sync);

/// The runner of every case, and its patience. Each case is checked by one thread, and as many threads as jobs
/// check cases.
fn ready(options: &Options) -> Result<(Runner, Calibration), SetupError> {
    let runner = Runner::new(Options { jobs: 1, ledger: Ledger::none(), ..options.clone() });
    let calibration = calibrate(&runner)?;
    Ok((runner, calibration))
}

fn run(options: &Options, select: Select<'_>, on_kill: &mut dyn FnMut(KillRecord)) -> SelfTestResult {
    let start = Instant::now();
    let mut result = SelfTestResult::default();
    let (runner, calibration) = match ready(options) {
        Ok(ready) => ready,
        Err(error) => {
            result.errors.push(error.to_string());
            return result;
        }
    };
    let broken = self_tested().enumerate().map(|(index, broken)| Case::Broken(index, broken));
    // The sound ones take longest: they begin.
    let cases: Mutex<VecDeque<Case>> = Mutex::new(broken::sound().iter().map(Case::Sound).chain(broken).collect());
    let (sender, receiver) = channel();
    let mut kills = Vec::new();
    thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            let (sender, cases, runner, calibration) = (sender.clone(), &cases, &runner, &calibration);
            scope.spawn(move || {
                loop {
                    let next = cases.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(case) = next else { return };
                    if sender.send(decide(runner, calibration, &case, select)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for outcome in receiver {
            match outcome {
                Outcome::Kill(index, record) => {
                    on_kill(record.clone());
                    kills.push((index, record));
                }
                Outcome::Alarms(alarms) => result.false_alarms.extend(alarms),
                Outcome::Error(reason) => result.errors.push(reason),
            }
        }
    });
    kills.sort_by_key(|(index, _)| *index);
    result.kills = kills.into_iter().map(|(_, record)| record).collect();
    for kill in result.kills.iter().filter(|kill| !kill.caught) {
        let decided = kill.expected.iter().all(|id| find(id).is_some());
        let list = if decided { &mut result.missed } else { &mut result.undecided };
        list.push(kill.broken.clone());
    }
    let busy: BTreeSet<&String> = result.kills.iter().flat_map(|kill| &kill.caught_by).collect();
    let ids = requirements().iter().map(|requirement| requirement.id.to_owned());
    result.idle = ids.filter(|id| !busy.contains(id)).collect();
    result.false_alarms.sort_by(|a, b| (&a.subject, &a.requirement).cmp(&(&b.subject, &b.requirement)));
    result.elapsed = start.elapsed();
    result
}

/// How long is waited, measured once, with the pool that all of them are made of.
fn calibrate(runner: &Runner) -> Result<Calibration, SetupError> {
    let plain = broken::subject("sound/plain").ok_or_else(|| SetupError::failed("the plain pool is missing"))?;
    runner.calibrate(&plain.describe()?)
}

fn decide(runner: &Runner, calibration: &Calibration, case: &Case, select: Select<'_>) -> Outcome {
    let (address, selection) = match case {
        Case::Broken(_, broken) => (broken.address(), select(broken)),
        Case::Sound(sound) => (sound.address(), requirements().to_vec()),
    };
    let subject = broken::subject(&address).ok_or_else(|| SetupError::failed("it has no subject"));
    let description = match subject.and_then(|subject| subject.describe()) {
        Ok(description) => description,
        Err(error) => return Outcome::Error(format!("{address} cannot be opened: {error}")),
    };
    let start = Instant::now();
    let mut records = Vec::new();
    let mut number = 0;
    loop {
        match round(runner, calibration, &description, &selection, number) {
            Ok(more) => records.extend(more),
            Err(error) => return Outcome::Error(format!("{address} cannot be checked: {error}")),
        }
        number += 1;
        match case {
            Case::Sound(_) => return Outcome::Alarms(records.into_iter().filter(is_alarm).collect()),
            Case::Broken(index, broken) => {
                let kill = kill(broken, &records);
                if kill.caught || !depends_on_luck(broken) || start.elapsed() > LUCK {
                    return Outcome::Kill(*index, kill);
                }
            }
        }
    }
}

/// The checks of `selection`, once each. What depends on luck gets another schedule in each round.
fn round(
    runner: &Runner,
    calibration: &Calibration,
    subject: &Description,
    selection: &[&'static Requirement],
    number: u64,
) -> Result<Vec<VerdictRecord>, SetupError> {
    let seed = runner.options().seed.wrapping_add(number);
    let options = Options { seed, disturbed: number > 0, ..runner.options().clone() };
    let mut records = Vec::new();
    let mut keep = |record| records.push(record);
    runner.with(options).check_calibrated(calibration, subject, selection, Held::default(), &mut keep)?;
    Ok(records)
}

/// For how long a defect that depends on the schedule is provoked again and again.
const LUCK: Duration = Duration::from_secs(60);

fn depends_on_luck(broken: &Broken) -> bool {
    matches!(broken.difficulty, Difficulty::Schedule | Difficulty::Rare)
}

/// Whether a verdict says that something is wrong with the subject.
fn accuses(record: &VerdictRecord) -> bool {
    record.verdict.is_failure() || record.verdict == Verdict::Overclaims
}

/// A sound executor must not be accused, and must not leave a MUST undecided either.
fn is_alarm(record: &VerdictRecord) -> bool {
    record.level == Level::Must && (accuses(record) || record.verdict == Verdict::Inconclusive)
}

fn kill(broken: &Broken, records: &[VerdictRecord]) -> KillRecord {
    let accusing: BTreeSet<&str> =
        records.iter().filter(|record| accuses(record)).map(|record| record.requirement.as_str()).collect();
    let in_order = requirements().iter().map(|requirement| requirement.id).filter(|id| accusing.contains(id));
    KillRecord {
        schema: SCHEMA,
        broken: broken.name.to_owned(),
        area: broken.area.code().to_owned(),
        difficulty: broken.difficulty.letter().to_owned(),
        expected: broken.expected.iter().map(|&id| id.to_owned()).collect(),
        caught_by: in_order.map(str::to_owned).collect(),
        caught: broken.expected.iter().any(|id| accusing.contains(id)),
        soak: None,
    }
}
