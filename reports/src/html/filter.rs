//! What the page can be filtered by.

use crate::tables::Standings;
use maud::{Markup, html};
use poolproof_harness::Verdict;
use std::collections::HashMap;

/// The subjects and areas of a run, by number: names may be long, hostile, or both.
#[derive(Debug)]
pub(super) struct Choices<'a> {
    subjects: Vec<&'a str>,
    areas: Vec<&'a str>,
    subject_numbers: HashMap<&'a str, usize>,
    area_numbers: HashMap<&'a str, usize>,
}

impl<'a> Choices<'a> {
    pub(super) fn of(standings: &Standings<'a>) -> Self {
        let (subjects, areas) = (standings.addresses().to_vec(), standings.areas().to_vec());
        Self {
            subject_numbers: subjects.iter().copied().zip(0..).collect(),
            area_numbers: areas.iter().copied().zip(0..).collect(),
            subjects,
            areas,
        }
    }

    pub(super) fn subject(&self, name: Option<&str>) -> Option<usize> {
        self.subject_numbers.get(name?).copied()
    }

    pub(super) fn area(&self, name: Option<&str>) -> Option<usize> {
        self.area_numbers.get(name?).copied()
    }

    /// The form; the script shows it, because without the script it would do nothing.
    pub(super) fn form(&self) -> Markup {
        html! {
            form #filter hidden aria-label="Filter" {
                (select("s", "subject", self.subjects.iter().copied().enumerate().map(|(n, name)| (n.to_string(), name))))
                (select("a", "area", self.areas.iter().copied().enumerate().map(|(n, name)| (n.to_string(), name))))
                (select("v", "verdict", Verdict::ALL.iter().map(|verdict| (verdict.word().to_owned(), verdict.word()))))
                button type="reset" { "Show all" }
                output #shown aria-live="polite" {}
            }
        }
    }
}

fn select<'a>(name: &str, title: &str, choices: impl Iterator<Item = (String, &'a str)>) -> Markup {
    html! {
        label { (title) " "
            select name=(name) {
                option value="" { "all" }
                @for (value, text) in choices { option value=(value) { (crate::escape::line(text)) } }
            }
        }
    }
}
