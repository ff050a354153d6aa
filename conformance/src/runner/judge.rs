//! What a watched child amounts to.

use super::child::{CAPACITY, TEARDOWN};
use super::protocol::Phase;
use super::watched::Watched;
use poolproof_harness::Verdict;

/// The verdict on the check and its message. Trouble of the clean-up is added to the findings of
/// `watched`.
pub(super) fn judge(watched: &mut Watched) -> (Verdict, Option<String>) {
    let trouble = trouble(watched);
    let (verdict, message) = decide(watched, trouble);
    let Some(starved) = watched.starved else { return (verdict, message) };
    let findings = watched.findings.iter_mut().map(|(_, verdict, message)| (verdict, message));
    excuse((verdict, message), findings, &starved.told())
}

/// Why nothing is said where a subject may take only so long, and what to do.
pub(super) const TIME_IS_UP: &str =
    "the time for this subject was used up; give it more with --within, or check this requirement alone with --only";

/// Whether a verdict may come from having waited in vain. Nested waits that do not progress are overclaimed.
pub(super) fn may_be_late(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Hangs | Verdict::Overclaims)
}

/// The same for what the clean-up found; workers that are missing there are a violation.
pub(super) fn may_be_found_late(verdict: Verdict) -> bool {
    may_be_late(verdict) || verdict == Verdict::Violates
}

/// Takes back what was blamed for being late, because of `why`: the verdict and what the clean-up found.
pub(super) fn excuse<'a>(
    (verdict, message): (Verdict, Option<String>),
    findings: impl Iterator<Item = (&'a mut Verdict, &'a mut String)>,
    why: &str,
) -> (Verdict, Option<String>) {
    for (found, message) in findings.filter(|(found, _)| may_be_found_late(**found)) {
        *found = Verdict::Inconclusive;
        *message = format!("{message}; but {why}");
    }
    if !may_be_late(verdict) {
        return (verdict, message);
    }
    (Verdict::Inconclusive, Some(format!("{}; but {why}", message.as_deref().unwrap_or("it was late"))))
}

fn decide(watched: &mut Watched, trouble: Option<(Verdict, String)>) -> (Verdict, Option<String>) {
    match (&watched.verdict, trouble) {
        // The check was decided; trouble afterwards is said of the clean-up it happened in.
        (Some((verdict, message)), trouble) => {
            if let Some((trouble, text)) = trouble {
                let requirement = if watched.phase == Some(Phase::Capacity) { CAPACITY } else { TEARDOWN };
                watched.findings.push((requirement.to_owned(), trouble, text));
            }
            (*verdict, message.clone())
        }
        (None, Some((verdict, text))) => (verdict, Some(text)),
        (None, None) if watched.cut => (Verdict::Inconclusive, Some(format!("it was not decided: {TIME_IS_UP}"))),
        (None, None) => (Verdict::Inconclusive, Some("the child of the check ended without a verdict".to_owned())),
    }
}

fn trouble(watched: &Watched) -> Option<(Verdict, String)> {
    let during = watched.pending_call().map_or_else(String::new, |call| format!(" during {call}"));
    if let Some(hang) = &watched.hang {
        if let Some(endless) = &hang.endless {
            return Some((Verdict::Hangs, format!("{endless}{during}")));
        }
        if hang.elapsed > hang.nominal * STARVED {
            let (nominal, elapsed) = (hang.nominal, hang.elapsed);
            let text = format!("the machine delivered {nominal:?} of waiting in {elapsed:?}; it is too busy to judge");
            return Some((Verdict::Inconclusive, text));
        }
        return Some((Verdict::Hangs, format!("no sign of life for {:.1?}{during}", hang.elapsed)));
    }
    let death = watched.death.as_ref()?;
    let mut text = format!("{death}{during}");
    if let Some(last) = watched.history.back() {
        text.push_str(&format!("; the last event: {} {}", last.actor, last.moment));
    }
    if let Some(words) = last_words(&watched.output) {
        text.push_str(&format!("; the last output: {words}"));
    }
    Some((Verdict::Crashes, text))
}

/// A wait that lasted more than this many times its nominal length says nothing.
const STARVED: u32 = 4;

/// The last line that was printed, cut to a length that a sentence can bear.
fn last_words(output: &[u8]) -> Option<String> {
    const LONGEST: usize = 200;
    let output = String::from_utf8_lossy(output);
    let line = output.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(line.chars().take(LONGEST).collect())
}
