//! Tables on the page: captions, row heads, sortable, filtered by subject, area and verdict.

use super::filter::Choices;
use crate::tables::{Align, Cell, Content, Table, Tone};
use maud::{Markup, html};

/// `table` as an accessible table that scrolls by itself when it is wider than the page.
pub(super) fn table(table: &Table, choices: &Choices<'_>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(table.title) {
            table id=(table.id) {
                caption { (table.title) }
                thead { tr {
                    @for column in &table.columns {
                        th scope="col" class=[(column.align == Align::Right).then_some("r")] data-s=[choices.subject(column.subject.as_deref())] { bdi { (column.head()) } }
                    }
                } }
                tbody {
                    @for row in &table.rows {
                        tr id=[row.anchor.as_deref()] data-s=[choices.subject(row.subject.as_deref())] data-a=[choices.area(row.area.as_deref())] data-v=[(!row.verdicts.is_empty()).then(|| words(&row.verdicts))] {
                            @for (number, (cell, column)) in row.cells.iter().zip(&table.columns).enumerate() {
                                @if number == 0 {
                                    th scope="row" class=[short(cell).then_some("n")] { (body(cell)) }
                                } @else {
                                    td class=[class(cell, column.align)] data-n=[cell.number()] { (body(cell)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if !table.notes.is_empty() {
            ul.notes { @for note in &table.notes { li { (sentence(note)) } } }
        }
    }
}

/// Each word once: a row of many subjects repeats the same few.
fn words(verdicts: &[&'static str]) -> String {
    let unique: std::collections::BTreeSet<&str> = verdicts.iter().copied().collect();
    unique.into_iter().collect::<Vec<_>>().join(" ")
}

fn class(cell: &Cell, align: Align) -> Option<&'static str> {
    match (cell.tone, align) {
        (Tone::Plain, Align::Left) => None,
        (Tone::Plain, Align::Right) => Some("r"),
        (Tone::Good, Align::Left) => Some("good"),
        (Tone::Good, Align::Right) => Some("r good"),
        (Tone::Bad, Align::Left) => Some("bad"),
        (Tone::Bad, Align::Right) => Some("r bad"),
        (Tone::Warn, Align::Left) => Some("warn"),
        (Tone::Warn, Align::Right) => Some("r warn"),
        (Tone::Muted, Align::Left) => Some("muted"),
        (Tone::Muted, Align::Right) => Some("r muted"),
    }
}

/// Whether nothing in `text` is written from right to left, so that it cannot reorder what is around it.
fn one_way(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii() || "✓†‡–µ×≤≥±…".contains(c))
}

/// Whether a row's name fits on one line, and so must not be broken at its hyphens.
fn short(cell: &Cell) -> bool {
    matches!(&cell.content, Content::Code(text) if text.chars().count() <= 32)
}

fn body(cell: &Cell) -> Markup {
    let text = html! {
        @match &cell.content {
            Content::Text(text) => { @if one_way(text) { (text) } @else { bdi { (text) } } },
            Content::Lines(lines) => { @for line in lines { div { bdi { (line) } } } },
            Content::Code(text) => code { bdi { (text) } },
            Content::Quantity(figure) => {
                (figure.figure())
                @if figure.low != figure.value || figure.high != figure.value { " " small { (figure.interval()) } }
            },
            Content::Count(_) | Content::Nothing => (Cell { mark: "".into(), ..cell.clone() }.plain()),
        }
        @if !cell.mark.is_empty() { " " b { (cell.mark) } }
    };
    match &cell.link {
        Some(anchor) => html! { a href=(format!("#{anchor}")) { (text) } },
        None => text,
    }
}

/// A sentence in which what stands between a pair of `` ` `` is code.
fn sentence(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1;
    html! {
        @if paired {
            @for (number, part) in parts.iter().enumerate() {
                @if number % 2 == 1 { code { (part) } } @else { (part) }
            }
        } @else { (text) }
    }
}
