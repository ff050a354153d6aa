//! Verdicts as JUnit XML: one suite for each subject, one case for each requirement.

use super::failures::promise;
use crate::escape;
use crate::run::{Run, is_broken_must};
use crate::tables::Standings;
use poolproof_conformance::told;
use poolproof_harness::Verdict;
use poolproof_harness::record::VerdictRecord;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite, XmlString};
use std::time::Duration;

/// The verdicts of `run`. A broken MUST is a failure, a known one or a broken SHOULD is skipped
/// with a message, something inconclusive is an error.
#[must_use]
pub fn junit(run: &Run) -> String {
    junit_of(run, &Standings::of(run))
}

/// The same of a run whose verdicts are sorted already.
pub(super) fn junit_of(run: &Run, standings: &Standings<'_>) -> String {
    let mut report = Report::new("poolproof");
    // Text is searched for what XML cannot hold whenever it becomes part of the report: names only once.
    let name = |text: &str| XmlString::new(escape::line(text));
    let names: Vec<XmlString> = standings.promises().iter().map(|promise| name(promise.id)).collect();
    let unsupported = XmlString::new("unsupported: the subject does not offer it");
    for subject in standings.addresses() {
        let class = name(subject);
        let mut suite = TestSuite::new(class.clone());
        let mut elapsed = Duration::ZERO;
        for (number, verdict) in standings.verdicts(subject) {
            let took = Duration::try_from_secs_f64(verdict.elapsed_ms / 1e3).unwrap_or_default();
            elapsed = elapsed.saturating_add(took);
            let mut case = TestCase::new(names[*number].clone(), status(run, verdict, &unsupported));
            case.set_classname(class.clone()).set_time(took);
            if let Some(replay) = &verdict.evidence.replay {
                case.set_system_out(format!("replay: {}", escape::line(replay)));
            }
            suite.add_test_case(case);
        }
        for record in run.subjects.iter().filter(|record| record.subject == *subject && record.description.is_none()) {
            let mut status = if record.status == "not installed" {
                TestCaseStatus::skipped()
            } else {
                TestCaseStatus::non_success(NonSuccessKind::Error)
            };
            status.set_message(escape::line(record.message.as_deref().unwrap_or(&record.status)).as_ref());
            let mut case = TestCase::new("set-up", status);
            case.set_classname(class.clone());
            suite.add_test_case(case);
        }
        suite.set_time(elapsed);
        if !suite.test_cases.is_empty() {
            report.add_test_suite(suite);
        }
    }
    let xml = report.to_string().expect("memory can be written");
    // Systems that hold the file against its schema know this count of a suite, but not of them all.
    xml.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1)
}

fn status(run: &Run, record: &VerdictRecord, unsupported: &XmlString) -> TestCaseStatus {
    let message = || escape::line(record.message.as_deref().unwrap_or("no message was recorded")).into_owned();
    let word = record.verdict.word();
    let (mut status, message) = match record.verdict {
        Verdict::Conforms | Verdict::Supplied => return TestCaseStatus::success(),
        Verdict::Unsupported => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(unsupported.clone());
            return status;
        }
        Verdict::Inconclusive => (TestCaseStatus::non_success(NonSuccessKind::Error), message()),
        _ if record.known => {
            let reason = record.evidence.ledger.as_deref().unwrap_or("in the ledger of known failures");
            (TestCaseStatus::skipped(), format!("known failure ({}): {}", escape::line(reason), message()))
        }
        _ if is_broken_must(record) => (TestCaseStatus::non_success(NonSuccessKind::Failure), message()),
        _ => (TestCaseStatus::skipped(), format!("{} {word}: {}", record.level, message())),
    };
    if matches!(status, TestCaseStatus::NonSuccess { .. }) {
        status.set_type(word);
        status.set_description(told(record, promise(run, record)));
    }
    status.set_message(message);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::samples::{HOSTILE, hostile, records};

    #[test]
    fn junit_is_as_it_was() {
        golden::check("junit.xml", &junit(&Run::of(records())));
    }

    #[test]
    fn hostile_text_stays_text_in_xml() {
        for text in [HOSTILE, "]]>", &"\u{fffe}".repeat(1 << 19)] {
            let xml = junit(&Run::of(hostile(text)));
            assert!(!xml.contains("<script") && !xml.contains('\u{1b}') && !xml.contains('\0'), "{xml}");
            assert_eq!(xml.matches("<testcase ").count(), 2, "{xml}");
            assert_eq!(xml.matches('<').count(), xml.matches('>').count() - xml.matches("]]>").count(), "{xml}");
        }
    }

    /// The elements of a file that the xUnit plug-in of Jenkins accepts, the strictest reader that is in
    /// common use: the attributes that each may have, and the elements that it may lie in.
    const KNOWN: &[(&str, &str, &[&str])] = &[
        ("testsuites", "", &["name", "time", "tests", "failures", "errors"]),
        ("testsuite", "testsuites", &["name", "tests", "failures", "errors", "time", "skipped"]),
        ("testcase", "testsuite", &["name", "time", "classname"]),
        ("skipped", "testcase", &["type", "message"]),
        ("error", "testcase", &["type", "message"]),
        ("failure", "testcase", &["type", "message"]),
        ("system-out", "testcase", &[]),
    ];

    #[test]
    fn there_is_nothing_that_a_strict_reader_does_not_know() {
        let xml = junit(&Run::of(records()));
        let mut open: Vec<&str> = Vec::new();
        let tags = xml.split('<').skip(2).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag);
        for tag in tags {
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "{xml}");
                continue;
            }
            let (name, attributes) = tag.trim_end_matches('/').split_once(' ').unwrap_or((tag, ""));
            let (_, inside, known) = KNOWN.iter().find(|known| known.0 == name).unwrap_or_else(|| panic!("<{name}>"));
            assert_eq!(open.last().copied().unwrap_or_default(), *inside, "<{name}>");
            // Between the quotes of values stand the names.
            for attribute in attributes.split('"').step_by(2).map(|name| name.trim().trim_end_matches('=')) {
                assert!(attribute.is_empty() || known.contains(&attribute), "<{name} {attribute}>");
            }
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        assert!(open.is_empty() && xml.contains("<failure ") && xml.contains("<system-out>"), "{xml}");
    }
}
