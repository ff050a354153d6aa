//! The page as a whole.

use super::evidence::{evidence, plot};
use super::filter::Choices;
use super::table::table;
use crate::documents::{Section, headline, sections};
use crate::plots;
use crate::run::{Run, utc_stamp};
use crate::tables::{Standings, by_requirement};
use maud::{DOCTYPE, PreEscaped, html};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Nothing is loaded from anywhere, whatever slips through.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// The report on `run` as one self-contained page.
#[must_use]
pub fn page(run: &Run) -> String {
    let standings = Standings::of(run);
    page_of(run, &standings, &sections(run, &standings))
}

/// The same of sections that are there already.
pub(crate) fn page_of(run: &Run, standings: &Standings<'_>, sections: &[Section]) -> String {
    let choices = Choices::of(standings);
    let started = run.record.as_ref().map(|record| format!("{} UTC", utc_stamp(record.started_unix)));
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                title { "Poolproof report" @if let Some(started) = &started { ", " (started) } }
                style { (PreEscaped(STYLE)) (PreEscaped(plots::STYLE)) }
            }
            body {
                @if let Some(first) = sections.first() { a.skip href=(format!("#{}", first.id)) { "Skip to the results" } }
                header {
                    h1 { "Poolproof report" }
                    p.headline { (headline(run, standings)) }
                    @if let Some(started) = &started { p.soft { (started) } }
                    nav aria-label="Sections" {
                        @for section in sections { a href=(format!("#{}", section.id)) { (section.title) } " " }
                        @if !run.verdicts.is_empty() { a href="#by-requirement" { "Every verdict" } }
                    }
                    (choices.form())
                }
                main {
                    @for section in sections {
                        section id=(section.id) aria-labelledby=(format!("{}-h", section.id)) {
                            h2 id=(format!("{}-h", section.id)) { (section.title) }
                            p.question { (section.question) }
                            @if !section.figures.is_empty() { div.figures { @for figure in &section.figures { (plot(figure, &choices)) } } }
                            @for shown in &section.tables { (table(shown, &choices)) }
                            @if section.id == "promises" { (evidence(run, &choices)) }
                        }
                    }
                    @if !run.verdicts.is_empty() {
                        section aria-label="Every verdict" {
                            h2 { "Every verdict" }
                            p.question { "Link to a requirement with its id: #MAP-001." }
                            (table(&by_requirement(standings), &choices))
                        }
                    }
                }
                footer { p { "Written by Poolproof from the records beside this page." } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    markup.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::samples::{HOSTILE, hostile, invocation, records};

    #[test]
    fn the_page_is_as_it_was() {
        let mut run = Run::of(records());
        run.record = Some(invocation());
        golden::check("report.html", &page(&run).replace('>', ">\n"));
    }

    #[test]
    fn hostile_text_stays_text_on_the_page() {
        let harmless = page(&Run::of(hostile("harmless")));
        for text in [HOSTILE, "\"'><img src=x onerror=alert(1)>", "</script></style></svg>"] {
            let page = page(&Run::of(hostile(text)));
            for tag in ["<script", "<img", "</style>", "</svg>", "<h2", "<details", "onerror=\""] {
                assert_eq!(page.matches(tag).count(), harmless.matches(tag).count(), "{tag} in {page}");
            }
            assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}') && !page.contains('\0'));
        }
    }

    #[test]
    fn a_page_of_megabytes_stays_small() {
        assert!(page(&Run::of(hostile(&"&".repeat(1 << 20)))).len() < 1_000_000);
    }

    #[test]
    fn anchors_are_unique_and_links_lead_somewhere() {
        let page = page(&Run::of(records()));
        let all = |before: &str| -> Vec<String> {
            page.split(before).skip(1).filter_map(|rest| rest.split('"').next()).map(ToOwned::to_owned).collect()
        };
        let ids = all(" id=\"");
        let unique: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "an anchor is there twice");
        assert!(ids.contains(&"MAP-001".to_owned()));
        for link in all("href=\"#") {
            assert!(ids.contains(&link), "#{link} leads nowhere");
        }
    }

    #[test]
    fn nothing_is_loaded_from_anywhere() {
        let page = page(&Run::of(records()));
        for sign in ["src=\"http", "href=\"http", "@import", "url(http", "fetch(", "XMLHttpRequest"] {
            assert!(!page.contains(sign), "{sign}");
        }
    }
}
