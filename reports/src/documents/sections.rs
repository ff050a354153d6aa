//! The sections of a report, whatever it is rendered as.

use crate::plots::{self, Figure};
use crate::run::Run;
use crate::tables::{self, Standing, Standings, Table};

/// Tables and plots that answer one question.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its anchor on the page.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// The question it answers.
    pub question: &'static str,
    /// Its tables.
    pub tables: Vec<Table>,
    /// Its plots.
    pub figures: Vec<Figure>,
}

/// The sections of the report on `run` that have something to show.
#[must_use]
pub fn sections(run: &Run, standings: &Standings<'_>) -> Vec<Section> {
    let (timelines, curves): (Vec<_>, Vec<_>) =
        plots::figures(run, standings).into_iter().partition(|figure| figure.table.columns[0].title == "worker");
    let section = |id, title, question, tables: Vec<Table>, figures| Section {
        id,
        title,
        question,
        tables: tables.into_iter().filter(|table| !table.is_empty()).collect(),
        figures,
    };
    let conformance = vec![tables::matrix(standings), tables::counts(standings), tables::failures(run)];
    let mut speed = vec![tables::against(run, standings)];
    speed.extend(tables::sweeps(run, standings, None));
    // What a wrong chunksize costs follows what was measured of chunksizes.
    let place = speed.iter().rposition(|table| table.id.starts_with("chunksize-")).map_or(speed.len(), |last| last + 1);
    speed.splice(place..place, tables::regrets(run, standings));
    let all = vec![
        section(
            "scores",
            "Scorecard",
            "Who keeps its promises, and what does it cost?",
            vec![tables::scorecard(run, standings)],
            Vec::new(),
        ),
        section("promises", "Promises", "Who keeps which promises?", conformance, Vec::new()),
        section(
            "policies",
            "Profiles",
            "What do executors do where they may differ, and is it what they declare?",
            policies(run),
            Vec::new(),
        ),
        section("speed", "Speed", "What does it cost, point by point?", speed, curves),
        section(
            "notes",
            "The notes",
            "Does what the notes say hold on this machine?",
            vec![tables::claims(&run.claims), tables::experiments(&run.experiments)],
            timelines,
        ),
        section(
            "comparison",
            "Comparison",
            "Which of two is faster, and is the difference real?",
            vec![tables::comparisons(&run.comparisons, standings)],
            Vec::new(),
        ),
        section(
            "kills",
            "The instrument",
            "Do the checks catch what they should?",
            vec![tables::kill_matrix(&run.kills)],
            Vec::new(),
        ),
        section(
            "trust",
            "Can this run be trusted?",
            "On what machine, with what versions, and with what missing?",
            vec![
                tables::calibration(run),
                tables::floors(run),
                tables::subjects(&run.subjects),
                tables::holes(&run.holes),
                tables::damage(&run.damage),
                tables::trust(run),
            ],
            Vec::new(),
        ),
    ];
    all.into_iter().filter(|section| !section.tables.is_empty() || !section.figures.is_empty()).collect()
}

/// The policies of all subjects at a glance, and each one beside what is declared.
fn policies(run: &Run) -> Vec<Table> {
    if run.policies.is_empty() {
        Vec::new()
    } else {
        vec![tables::profiles(&run.subjects, &run.policies), tables::profile(&run.policies)]
    }
}

/// What the run came to, in a sentence or two.
#[must_use]
pub fn headline(run: &Run, standings: &Standings<'_>) -> String {
    let addresses = standings.addresses();
    let of = |wanted: Standing| addresses.iter().filter(move |subject| standings.standing(subject) == wanted).count();
    let (mut keep, breaks) = (of(Standing::Keeps), of(Standing::Breaks));
    let undecided = addresses.iter().filter(|subject| standings.is_undecided(subject)).count();
    keep -= undecided;
    let mut text = match (keep + breaks, undecided) {
        (0, 0) if standings.any() => "No promise was decided".to_owned(),
        (0, 0) => "No promise was checked".to_owned(),
        (0, _) => "No MUST is broken".to_owned(),
        (decided, _) => of_subjects(keep, decided + undecided),
    };
    if breaks > 0 {
        text.push_str(&format!("; {breaks} {} not", plural(breaks as u64, "does", "do")));
    }
    if undecided > 0 {
        let of = plural(undecided as u64, "subject", "subjects");
        text.push_str(&format!("; of {undecided} {of} at least one MUST could not be decided"));
    }
    text.push('.');
    let broken: u64 = addresses.iter().filter_map(|s| standings.tally(s)).map(|tally| tally.unknown_broken_musts).sum();
    if breaks > 0 && broken == 0 {
        text.push_str(" Every broken MUST is a known failure of its version.");
    } else if broken > 0 {
        text.push_str(&format!(
            " {broken} broken {} not in the ledger of known failures.",
            plural(broken, "MUST is", "MUSTs are")
        ));
    }
    let of_status = |is: fn(&str) -> bool| {
        run.subjects.iter().filter(|subject| subject.description.is_none() && is(&subject.status)).count() as u64
    };
    let (absent, failed) =
        (of_status(|status| status == "not installed"), of_status(|status| status != "not installed"));
    if failed > 0 {
        text.push_str(&format!(" {failed} {} not be set up.", plural(failed, "subject could", "subjects could")));
    }
    if absent > 0 {
        text.push_str(&format!(" {absent} {} not installed.", plural(absent, "subject is", "subjects are")));
    }
    if !run.holes.is_empty() {
        let holes = run.holes.len();
        text.push_str(&format!(" {holes} {} no figure.", plural(holes as u64, "measurement has", "measurements have")));
    }
    if !run.damage.is_empty() {
        let lines = run.damage.len();
        text.push_str(&format!(" {lines} damaged {} left out.", plural(lines as u64, "line was", "lines were")));
    }
    // Runs of `suite!` have neither invocation nor summary, and end with their tests.
    if run.summary.is_none() && run.record.is_some() {
        text.push_str(" The run did not end: this is what it had measured.");
    }
    text
}

fn of_subjects(keep: usize, all: usize) -> String {
    match (keep, all) {
        (1, 1) => "The subject keeps every MUST that applies to it".to_owned(),
        (keep, all) if keep == all => format!("All {all} subjects keep every MUST that applies to them"),
        (1, all) => format!("1 of {all} subjects keeps every MUST that applies to it"),
        (keep, all) => format!("{keep} of {all} subjects keep every MUST that applies to them"),
    }
}

fn plural(count: u64, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{invocation, records, verdict};
    use poolproof_harness::Verdict;
    use poolproof_harness::record::Record;

    #[test]
    fn the_headline_hides_nothing() {
        let run = Run::of(records());
        assert_eq!(
            headline(&run, &Standings::of(&run)),
            "1 of 3 subjects keeps every MUST that applies to it; 2 do not. 1 broken MUST is not in the ledger of known \
             failures. 1 subject is not installed. 1 measurement has no figure."
        );
        let conforms = |subject| Record::Verdict(verdict(subject, "MAP-001", Verdict::Conforms));
        let unclear = |subject| Record::Verdict(verdict(subject, "MAP-002", Verdict::Inconclusive));
        for (records, said) in [
            (vec![unclear("thread")], "No promise was decided."),
            (
                vec![conforms("thread"), unclear("thread")],
                "No MUST is broken; of 1 subject at least one MUST could not be decided.",
            ),
            (
                vec![conforms("thread"), conforms("serial"), unclear("serial")],
                "1 of 2 subjects keeps every MUST that applies to it; of 1 subject at least one MUST could not be decided.",
            ),
        ] {
            let run = Run::of(records);
            assert_eq!(headline(&run, &Standings::of(&run)), said);
        }
        let mut run = Run::of(vec![conforms("thread")]);
        let kept = "The subject keeps every MUST that applies to it.";
        assert_eq!(headline(&run, &Standings::of(&run)), kept);
        run.record = Some(invocation());
        let cut = format!("{kept} The run did not end: this is what it had measured.");
        assert_eq!(headline(&run, &Standings::of(&run)), cut);
    }

    #[test]
    fn a_run_without_anything_still_has_a_report() {
        let run = Run::default();
        assert_eq!(sections(&run, &Standings::of(&run)).len(), 1);
    }
}
