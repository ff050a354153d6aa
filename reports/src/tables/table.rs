//! A table that does not know how it will be shown.

use super::{Quantity, Trace};
use crate::escape;
use std::borrow::Cow;

/// Which side a column's cells lean to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// Which way a column's figures are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Neither, or no figure.
    Neither,
}

impl Better {
    /// As records write it.
    #[must_use]
    pub fn of(word: &str) -> Self {
        match word {
            "higher" => Self::Higher,
            "lower" => Self::Lower,
            _ => Self::Neither,
        }
    }

    /// The arrow in a column's head.
    #[must_use]
    pub fn arrow(self) -> &'static str {
        match self {
            Self::Higher => " ↑",
            Self::Lower => " ↓",
            Self::Neither => "",
        }
    }
}

/// What a cell says about its subject; shown as a colour where there are colours, and never only
/// as a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing particular.
    #[default]
    Plain,
    /// A promise kept.
    Good,
    /// A promise broken.
    Bad,
    /// Something to look at.
    Warn,
    /// Not applicable, or of no weight.
    Muted,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its head, without the arrow.
    pub title: String,
    /// Which side its cells lean to.
    pub align: Align,
    /// Which way its figures are better.
    pub better: Better,
    /// The subject it is about.
    pub subject: Option<String>,
    /// Whether its cells are lists, whose words may all stand below each other.
    pub lists: bool,
}

impl Column {
    /// A column of words.
    pub fn left(title: impl AsRef<str>) -> Self {
        let title = escape::line(title.as_ref()).into_owned();
        Self { title, align: Align::Left, better: Better::Neither, subject: None, lists: false }
    }

    /// A column of figures.
    pub fn right(title: impl AsRef<str>) -> Self {
        Self { align: Align::Right, ..Self::left(title) }
    }

    /// The same column with an arrow.
    #[must_use]
    pub fn better(self, better: Better) -> Self {
        Self { better, ..self }
    }

    /// Its head with the arrow.
    #[must_use]
    pub fn head(&self) -> String {
        format!("{}{}", self.title, self.better.arrow())
    }
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Words; already harmless.
    Text(String),
    /// Words in lines of their own; already harmless.
    Lines(Vec<String>),
    /// A name that the user can type: an address, an id, a command.
    Code(String),
    /// A count.
    Count(u64),
    /// A figure with its unit and interval.
    Quantity(Quantity),
    /// Nothing: there is no such thing.
    Nothing,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What it holds.
    pub content: Content,
    /// What stands behind the content: a dagger, a group.
    pub mark: Cow<'static, str>,
    /// What it says about its subject.
    pub tone: Tone,
    /// The anchor on the page that explains it.
    pub link: Option<String>,
    /// The records that it rests on.
    pub trace: Option<Box<Trace>>,
}

impl Cell {
    fn new(content: Content) -> Self {
        Self { content, mark: Cow::Borrowed(""), tone: Tone::Plain, link: None, trace: None }
    }

    /// Words.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::new(Content::Text(escape::line(text.as_ref()).into_owned()))
    }

    /// Words in lines of their own.
    pub fn lines<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> Self {
        Self::new(Content::Lines(lines.into_iter().map(|text| escape::line(text.as_ref()).into_owned()).collect()))
    }

    /// A name that the user can type.
    pub fn code(text: impl AsRef<str>) -> Self {
        Self::new(Content::Code(escape::line(text.as_ref()).into_owned()))
    }

    /// A count.
    #[must_use]
    pub fn count(count: u64) -> Self {
        Self::new(Content::Count(count))
    }

    /// A figure.
    #[must_use]
    pub fn quantity(quantity: Quantity) -> Self {
        Self::new(Content::Quantity(quantity))
    }

    /// Nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self { tone: Tone::Muted, ..Self::new(Content::Nothing) }
    }

    /// The same cell with a mark behind it.
    #[must_use]
    pub fn mark(self, mark: impl Into<Cow<'static, str>>) -> Self {
        Self { mark: mark.into(), ..self }
    }

    /// The same cell, resting on the records that `trace` names.
    #[must_use]
    pub fn trace(self, trace: Trace) -> Self {
        Self { trace: Some(Box::new(trace)), ..self }
    }

    /// The same cell in another tone.
    #[must_use]
    pub fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// The same cell, leading to an anchor of the page.
    #[must_use]
    pub fn link(self, anchor: impl Into<String>) -> Self {
        Self { link: Some(anchor.into()), ..self }
    }

    /// What the cell shows, without any escaping of a format; only [`Content::Lines`] has line breaks.
    #[must_use]
    pub fn plain(&self) -> String {
        let body = match &self.content {
            Content::Text(text) | Content::Code(text) => text.clone(),
            Content::Lines(lines) => lines.join("\n"),
            Content::Count(count) => count.to_string(),
            Content::Quantity(quantity) => quantity.short(),
            Content::Nothing => "–".to_owned(),
        };
        if self.mark.is_empty() { body } else { format!("{body} {}", self.mark) }
    }

    /// The number by which the cell is sorted, if it has one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match &self.content {
            Content::Count(count) => Some(*count as f64),
            Content::Quantity(quantity) => Some(quantity.value),
            _ => None,
        }
    }
}

/// One row, and what it can be filtered by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its cells, one for each column.
    pub cells: Vec<Cell>,
    /// Its own anchor on the page.
    pub anchor: Option<String>,
    /// The subject it is about.
    pub subject: Option<String>,
    /// The area of the contract it is about.
    pub area: Option<String>,
    /// The words of the verdicts it reports.
    pub verdicts: Vec<&'static str>,
    /// The records that those of its cells rest on that have none of their own.
    pub trace: Option<Box<Trace>>,
}

impl Row {
    /// A row of cells.
    #[must_use]
    pub fn new(cells: Vec<Cell>) -> Self {
        Self { cells, ..Self::default() }
    }

    /// The same row, resting on the records that `trace` names.
    #[must_use]
    pub fn trace(self, trace: Trace) -> Self {
        Self { trace: Some(Box::new(trace)), ..self }
    }

    /// The same row, about `subject`.
    #[must_use]
    pub fn subject(self, subject: &str) -> Self {
        Self { subject: Some(subject.to_owned()), ..self }
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its anchor on the page and its name in files.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// Its columns; the first names the row.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// What must be known to read it, one sentence each.
    pub notes: Vec<String>,
}

impl Table {
    /// A table without rows.
    pub fn new(id: impl Into<String>, title: impl AsRef<str>, columns: Vec<Column>) -> Self {
        Self {
            id: id.into(),
            title: escape::line(title.as_ref()).into_owned(),
            columns,
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a row.
    ///
    /// # Panics
    ///
    /// If it does not have one cell for each column.
    pub fn push(&mut self, row: Row) {
        assert_eq!(row.cells.len(), self.columns.len(), "a row of `{}` has one cell for each column", self.title);
        self.rows.push(row);
    }

    /// Adds a note, once.
    pub fn note(&mut self, note: impl AsRef<str>) {
        let note = escape::line(note.as_ref()).into_owned();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
