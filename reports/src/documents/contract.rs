//! The contract as a document.

use crate::escape;
use poolproof_conformance::{Area, Requirement, untestable};
use std::fmt::Write;

/// Every requirement of `selection`, by area, in Markdown.
#[must_use]
pub fn contract(selection: &[&Requirement]) -> String {
    let mut out = String::from(
        "# The contract\n\nWritten by `poolproof requirements --format markdown`; the text of each requirement stands in \
         `conformance/src/contract/`.\nA MUST binds every executor that has the capability, a SHOULD is what users expect, \
         a MAY is observed only.\n",
    );
    for area in Area::ALL {
        let of_area: Vec<_> = selection.iter().filter(|requirement| requirement.area == area).collect();
        if of_area.is_empty() {
            continue;
        }
        let _ = write!(out, "\n## {}: {}\n", area.code(), escape::markdown(area.title()));
        for requirement in of_area {
            one(&mut out, requirement);
        }
        if selection.len() > 1 {
            outside(&mut out, area);
        }
    }
    out
}

fn one(out: &mut String, requirement: &Requirement) {
    let capabilities: Vec<_> = requirement.capabilities().map(|capability| format!("`{capability}`")).collect();
    let _ = write!(out, "\n### {}\n\n**{}**, needs {}. ", requirement.id, requirement.level, capabilities.join(", "));
    let _ = writeln!(out, "{}\n", prose(requirement.text));
    for (head, text) in [
        ("Why", requirement.rationale),
        ("Provoked by", requirement.provoked),
        ("If it fails, look at", requirement.look_at),
    ] {
        if !text.is_empty() {
            let _ = writeln!(out, "* {head}: {}", prose(text));
        }
    }
    if !requirement.sources.is_empty() {
        let _ = writeln!(out, "* Sources: {}", joined(requirement.sources, prose));
    }
    if !requirement.cpython_tests.is_empty() {
        let _ = writeln!(out, "* CPython's tests: {}", joined(requirement.cpython_tests, escape::markdown_code));
    }
}

/// What belongs to the area and no check can decide.
fn outside(out: &mut String, area: Area) {
    let promises: Vec<_> = untestable().iter().filter(|promise| promise.area == area).collect();
    if promises.is_empty() {
        return;
    }
    out.push_str("\n### Not testable from outside\n\n");
    for promise in promises {
        let (text, because) = (prose(promise.text), prose(promise.because));
        let _ = writeln!(out, "* {text} Why not: {because} Source: {}.", prose(promise.source));
    }
}

fn joined(items: &[&str], render: fn(&str) -> String) -> String {
    items.iter().map(|item| render(item)).collect::<Vec<_>>().join("; ")
}

/// The contract's own words: backquotes in it are meant as code.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(n, part)| if n % 2 == 0 { escape::markdown(part) } else { format!("`{part}`") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_has_its_heading() {
        let text = contract(poolproof_conformance::requirements());
        for requirement in poolproof_conformance::requirements() {
            assert!(text.contains(&format!("\n### {}\n", requirement.id)), "{}", requirement.id);
        }
    }

    #[test]
    fn code_stays_code_and_keeps_its_distance() {
        assert_eq!(prose("a `map` of *x*"), "a `map` of \\*x\\*");
    }
}
