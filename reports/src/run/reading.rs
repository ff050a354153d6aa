//! Reads a run back; what is damaged is named, what is intact is used.

use super::halves::read_halves;
use super::{RunError, files};
use poolproof_harness::record::{
    CellRecord, ClaimRecord, ComparisonRecord, Damage, ExperimentRecord, HoleRecord, KillRecord, PolicyRecord, Record,
    RequirementRecord, RunRecord, SCHEMA, SubjectRecord, SummaryRecord, VerdictRecord,
};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Everything a run recorded, as reports need it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// Where it was read from.
    pub directory: PathBuf,
    /// The invocation and the machine; absent if `run.json` is.
    pub record: Option<RunRecord>,
    /// The subjects, in the order in which they were asked for.
    pub subjects: Vec<SubjectRecord>,
    /// The requirements that were checked, in the order of the contract.
    pub requirements: Vec<RequirementRecord>,
    /// The verdicts: one for each subject and requirement, the worst where there were more.
    pub verdicts: Vec<VerdictRecord>,
    /// The measurements.
    pub cells: Vec<CellRecord>,
    /// The comparisons.
    pub comparisons: Vec<ComparisonRecord>,
    /// The broken executors and what caught them.
    pub kills: Vec<KillRecord>,
    /// The policies, observed beside declared.
    pub policies: Vec<PolicyRecord>,
    /// The experiments of the notes.
    pub experiments: Vec<ExperimentRecord>,
    /// The claims of the notes.
    pub claims: Vec<ClaimRecord>,
    /// What could not be measured.
    pub holes: Vec<HoleRecord>,
    /// What it came to; absent while it runs or if it was killed.
    pub summary: Option<SummaryRecord>,
    /// The lines that could not be read.
    pub damage: Vec<Damage>,
}

impl Run {
    /// Reads the run in `directory`.
    ///
    /// # Errors
    ///
    /// If it is not a directory, holds no run, or a file of it cannot be read at all. Damaged lines
    /// are not errors: they are in [`Run::damage`].
    pub fn read(directory: &Path) -> Result<Self, RunError> {
        let metadata = fs::metadata(directory).map_err(|error| RunError::io(directory, "cannot be read", &error))?;
        if !metadata.is_dir() {
            return Err(RunError::new(directory, "is not a directory; name the directory of a run"));
        }
        let mut run = Self { directory: directory.to_owned(), ..Self::default() };
        let mut found = run.read_invocation()?;
        let mut places = Places::default();
        for name in files::LINES {
            let path = directory.join(name);
            match read_halves(&path) {
                Ok(halves) => {
                    found = true;
                    for half in halves {
                        run.damage.extend(half.damage);
                        run.extend(half.records, &mut places);
                    }
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(RunError::io(&path, "cannot be read", &error)),
            }
        }
        if found { Ok(run) } else { Err(RunError::new(directory, "holds no run: no run.json, no verdicts.jsonl")) }
    }

    /// A run of these records, as they come from a run that is not kept in a directory.
    #[must_use]
    pub fn of(records: Vec<Record>) -> Self {
        let mut run = Self::default();
        run.extend(records, &mut Places::default());
        run
    }

    fn read_invocation(&mut self) -> Result<bool, RunError> {
        let path = self.directory.join(files::RUN);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(RunError::io(&path, "cannot be read", &error)),
        };
        let (line, reason) = match serde_json::from_slice::<RunRecord>(&text) {
            Ok(record) if record.schema == SCHEMA => {
                self.record = Some(record);
                return Ok(true);
            }
            Ok(record) => {
                (1, format!("schema {} is unknown to this version, which reads schema {SCHEMA}", record.schema))
            }
            Err(error) => (error.line(), format!("not the record of a run: {error}")),
        };
        self.damage.push(Damage { file: path, line, reason });
        Ok(true)
    }

    fn extend(&mut self, records: Vec<Record>, places: &mut Places) {
        for record in records {
            match record {
                Record::Verdict(verdict) => match places.of(&verdict, self.verdicts.len()) {
                    Some(place) => merge(&mut self.verdicts[place], verdict),
                    None => self.verdicts.push(verdict),
                },
                Record::Kill(kill) => self.kills.push(kill),
                Record::Cell(cell) => self.cells.push(cell),
                Record::Comparison(comparison) => self.comparisons.push(comparison),
                Record::Requirement(requirement) => {
                    if !self.requirements.iter().any(|known| known.id == requirement.id) {
                        self.requirements.push(requirement);
                    }
                }
                Record::Subject(subject) => match self.subjects.iter_mut().find(|s| s.subject == subject.subject) {
                    Some(known) => *known = subject,
                    None => self.subjects.push(subject),
                },
                Record::Experiment(experiment) => self.experiments.push(experiment),
                Record::Claim(claim) => self.claims.push(claim),
                Record::Hole(hole) => self.holes.push(hole),
                Record::Policy(policy) => self.policies.push(policy),
                Record::Summary(summary) => self.summary = Some(summary),
            }
        }
    }

    /// Everything but what the run came to, as records, in the order in which runs write them.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        records.extend(self.subjects.iter().cloned().map(Record::Subject));
        records.extend(self.requirements.iter().cloned().map(Record::Requirement));
        records.extend(self.verdicts.iter().cloned().map(Record::Verdict));
        records.extend(self.policies.iter().cloned().map(Record::Policy));
        records.extend(self.kills.iter().cloned().map(Record::Kill));
        records.extend(self.cells.iter().cloned().map(Record::Cell));
        records.extend(self.holes.iter().cloned().map(Record::Hole));
        records.extend(self.comparisons.iter().cloned().map(Record::Comparison));
        records.extend(self.experiments.iter().cloned().map(Record::Experiment));
        records.extend(self.claims.iter().cloned().map(Record::Claim));
        records
    }

    /// The addresses of all subjects that have a verdict or a figure, in the order of the run.
    #[must_use]
    pub fn addresses(&self) -> Vec<&str> {
        let named = self.subjects.iter().map(|subject| subject.subject.as_str());
        let checked = self.verdicts.iter().map(|verdict| verdict.subject.as_str());
        let observed = self.policies.iter().map(|policy| policy.subject.as_str());
        let measured = self.cells.iter().map(|cell| cell.subject.as_str());
        let (mut seen, mut found, mut last) = (std::collections::HashSet::new(), Vec::new(), None);
        for address in named.chain(checked).chain(observed).chain(measured) {
            // Runs mostly come subject by subject, so that most are known by the one before.
            if last != Some(address) && seen.insert(address) {
                found.push(address);
            }
            last = Some(address);
        }
        found
    }
}

/// Where the verdict on each subject and requirement is. Names have numbers, so that hundreds of thousands of verdicts do
/// not keep a copy of theirs.
#[derive(Debug, Default)]
struct Places {
    names: HashMap<String, u32>,
    verdicts: HashMap<(u32, u32), usize>,
    /// The subject of the verdict before: runs mostly come subject by subject.
    last: (String, u32),
}

impl Places {
    /// The place of a verdict on the same subject and requirement; if there is none, `next` is the place of this one.
    fn of(&mut self, verdict: &VerdictRecord, next: usize) -> Option<usize> {
        if self.names.is_empty() || self.last.0 != verdict.subject {
            self.last = (verdict.subject.clone(), self.number(&verdict.subject));
        }
        let key = (self.last.1, self.number(&verdict.requirement));
        match self.verdicts.entry(key) {
            Entry::Occupied(known) => Some(*known.get()),
            Entry::Vacant(free) => {
                free.insert(next);
                None
            }
        }
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.names.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).expect("memory holds fewer names");
        self.names.insert(name.to_owned(), number);
        number
    }
}

/// Of two runs of the same check, the worse one counts, and both are counted.
fn merge(known: &mut VerdictRecord, other: VerdictRecord) {
    let runs = known.runs.saturating_add(other.runs);
    let elapsed_ms = known.elapsed_ms + other.elapsed_ms;
    if (other.verdict, !other.known) > (known.verdict, !known.known) {
        *known = other;
    }
    known.runs = runs;
    known.elapsed_ms = elapsed_ms;
}

/// The anchor on the page under which the evidence of a verdict is found.
pub(crate) fn evidence_anchor(verdict: &VerdictRecord) -> String {
    crate::escape::slug(&format!("{}--{}", verdict.subject, verdict.requirement))
}
