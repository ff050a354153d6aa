//! What a verdict rests on, in one fixed order: promise, expected and observed, script, timeline, stacks, output,
//! replay.

use super::filter::Choices;
use super::table::table;
use crate::escape;
use crate::plots::{self, Figure};
use crate::run::{KNOWN, Run, evidence_anchor};
use crate::tables::{area_of, unkept};
use maud::{Markup, PreEscaped, html};
use poolproof_conformance::tell;
use poolproof_harness::record::VerdictRecord;

/// The last events say most; more of them would only make the page heavy.
const EVENTS: usize = 120;

/// One `details` for each promise that is not kept.
pub(super) fn evidence(run: &Run, choices: &Choices<'_>) -> Markup {
    html! {
        @for record in unkept(run) {
            details.evidence id=(evidence_anchor(record)) data-s=[choices.subject(Some(&record.subject))] data-a=[choices.area(Some(area_of(&record.requirement)))] data-v=(record.verdict.word()) {
                summary {
                    code { bdi { (escape::line(&record.subject)) } } " "
                    strong { (escape::line(&record.requirement)) } " "
                    span.tag.bad[!record.known].warn[record.known] { (record.verdict.word()) @if record.known { " (" (KNOWN) ")" } } " "
                    bdi { (escape::line(record.message.as_deref().unwrap_or(""))) }
                }
                (body(run, record, choices))
            }
        }
    }
}

fn body(run: &Run, record: &VerdictRecord, choices: &Choices<'_>) -> Markup {
    let requirement = run.requirements.iter().find(|known| known.id == record.requirement);
    let anchor = evidence_anchor(record);
    let skipped = record.evidence.history.len().saturating_sub(EVENTS);
    let timeline = plots::history(&format!("{anchor}--history"), &record.evidence.history[skipped..]);
    html! {
        dl {
            dt { "Promise" }
            dd {
                a href=(format!("#{}", escape::slug(&record.requirement))) { (escape::line(&record.requirement)) }
                ", " (record.level)
                @if let Some(requirement) = requirement { ": " bdi { (escape::line(&requirement.text)) } }
            }
            @for part in tell(record, "") {
                @if let Some(head) = words(part.head) {
                    dt { (head) }
                    dd { @for line in &part.lines { bdi { (escape::block(line)) } } }
                }
            }
            @if let Some(reason) = &record.evidence.ledger { dt { "Known because" } dd { bdi { (escape::block(reason)) } } }

            dt { "Runs" }
            dd { (record.runs) ", " (format!("{:.1}", record.elapsed_ms)) " ms, seed " (record.seed) }
        }
        @if let Some(figure) = timeline {
            @if skipped > 0 { p.note { "The first " (skipped) " events are in the records only." } }
            (plot(&figure, choices))
        }
        @if let Some(stacks) = &record.evidence.stacks { h4 { "Stacks" } pre { (escape::block(stacks)) } }
        @if let Some(output) = &record.evidence.output { h4 { "Last output" } pre { (escape::block(output)) } }
        @if let Some(replay) = &record.evidence.replay { h4 { "Replay" } pre { code { (escape::line(replay)) } } }
    }
}

/// The heading of what is told in words; the rest is drawn, or printed as it is, below.
fn words(head: &str) -> Option<&'static str> {
    match head {
        "expected" => Some("Expected"),
        "observed" => Some("Observed"),
        "script" => Some("Script"),
        _ => None,
    }
}

/// A plot with its figures as a table.
pub(super) fn plot(figure: &Figure, choices: &Choices<'_>) -> Markup {
    html! {
        figure id=(figure.id) {
            figcaption { bdi { (escape::line(&figure.title)) } }
            (PreEscaped(&figure.svg))
            details { summary { "The same as a table" } (table(&figure.table, choices)) }
        }
    }
}
