//! Tables for the terminal, at its width.

use super::widths::{Block, blocks, wrap};
use crate::tables::{Align, Cell, Column, Table, Tone};
use std::collections::BTreeSet;
use std::io::IsTerminal;
use tabled::builder::Builder;
use tabled::grid::util::string::get_text_width;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::{Alignment, Color, Modify, Style};

/// What the text is shown on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Its width in columns.
    pub width: usize,
    /// Whether it shows colours.
    pub colour: bool,
}

impl Screen {
    /// Where nobody knows better.
    const WIDTH: usize = 100;
    /// No table can be read on less.
    const LEAST: usize = 40;

    /// A screen of this width without colours.
    #[must_use]
    pub fn plain(width: usize) -> Self {
        Self { width, colour: false }
    }

    /// Standard output: the terminal's width, or that in `COLUMNS`; colours only on a terminal, and
    /// not if `NO_COLOR` is set.
    #[must_use]
    pub fn stdout() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let told = || std::env::var("COLUMNS").ok()?.parse().ok();
        let width = if is_terminal { terminal_width() } else { None };
        Self {
            width: width.or_else(told).unwrap_or(Self::WIDTH).max(Self::LEAST),
            colour: is_terminal && !set("NO_COLOR") && !dumb,
        }
    }
}

fn terminal_width() -> Option<usize> {
    // SAFETY: winsize is plain data for which zeroes are valid, and it is writable during the call.
    #[allow(unsafe_code)]
    let (status, size) = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size), size)
    };
    (status == 0 && size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// `table` below its title, with its notes.
#[must_use]
pub fn terminal(table: &Table, screen: Screen) -> String {
    let mut out =
        if screen.colour { format!("\u{1b}[1m{}\u{1b}[0m\n", table.title) } else { format!("{}\n", table.title) };
    if table.is_empty() {
        out.push_str("  none\n");
    } else {
        let heads: Vec<String> = table.columns.iter().map(Column::head).collect();
        let cells: Vec<Vec<String>> =
            table.rows.iter().map(|row| row.cells.iter().map(Cell::plain).collect()).collect();
        let natural: Vec<usize> =
            (0..heads.len()).map(|column| widest(&cells, column).max(get_text_width(&heads[column]))).collect();
        let least: Vec<usize> = (0..heads.len())
            .map(|column| {
                let words = heads[column].split(' ').map(get_text_width).max().unwrap_or(0);
                let figures = widest(&cells, column).max(words);
                match table.columns[column].align {
                    Align::Left if figures > LEAST_WORDS && !table.columns[column].lists => LEAST_WORDS,
                    // A few words may stand below each other, so that a sentence beside them has its room.
                    Align::Left => longest_word(&cells, column).max(words),
                    Align::Right => figures,
                }
            })
            .collect();
        for block in blocks(&natural, &least, naming(table, &cells, &natural, screen.width), screen.width) {
            out.push_str(&draw(table, &heads, &cells, &block, screen));
            out.push('\n');
        }
    }
    for note in &table.notes {
        for (number, line) in wrap(note, screen.width.saturating_sub(4)).into_iter().enumerate() {
            out.push_str(if number == 0 { "  " } else { "    " });
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

/// Columns of words are wrapped to no less than this; figures are never wrapped, only their heads.
const LEAST_WORDS: usize = 24;

/// How many columns at the left name a row: the first, and the words behind it as long as two rows
/// would have the same name, unless they would take half of the screen.
fn naming(table: &Table, cells: &[Vec<String>], natural: &[usize], width: usize) -> usize {
    let alike = |names: usize| {
        let distinct: BTreeSet<&[String]> = cells.iter().map(|row| &row[..names]).collect();
        distinct.len() < cells.len()
    };
    let fits = |names: usize| natural[..names].iter().sum::<usize>() <= width / 2;
    let mut names = 1;
    while names < natural.len() && alike(names) && table.columns[names].align == Align::Left && fits(names + 1) {
        names += 1;
    }
    // Columns that do not tell the rows apart either are no name.
    if alike(names) { 1 } else { names }
}

fn longest_word(cells: &[Vec<String>], column: usize) -> usize {
    cells.iter().flat_map(|row| row[column].split_whitespace()).map(get_text_width).max().unwrap_or(0)
}

fn widest(cells: &[Vec<String>], column: usize) -> usize {
    cells.iter().map(|row| get_text_width(&row[column])).max().unwrap_or(0)
}

fn draw(table: &Table, heads: &[String], cells: &[Vec<String>], block: &Block, screen: Screen) -> String {
    let mut builder = Builder::default();
    let wrapped = |row: &[String]| -> Vec<String> {
        let lines =
            |text: &str, width| text.split('\n').flat_map(|line| wrap(line, width)).collect::<Vec<_>>().join("\n");
        block.iter().map(|(column, width)| lines(&row[*column], *width)).collect()
    };
    builder.push_record(wrapped(heads));
    for row in cells {
        builder.push_record(wrapped(row));
    }
    let mut drawn = builder.build();
    drawn.with(Style::rounded());
    for (place, (column, _)) in block.iter().enumerate() {
        if table.columns[*column].align == Align::Right {
            drawn.with(Modify::new(Columns::one(place)).with(Alignment::right()));
        }
    }
    if screen.colour {
        drawn.with(Modify::new(Rows::first()).with(Color::BOLD));
        for (number, row) in table.rows.iter().enumerate() {
            for (place, (column, _)) in block.iter().enumerate() {
                if let Some(colour) = colour(row.cells[*column].tone) {
                    drawn.with(Modify::new((number + 1, place)).with(colour));
                }
            }
        }
    }
    drawn.to_string()
}

fn colour(tone: Tone) -> Option<Color> {
    match tone {
        Tone::Plain => None,
        Tone::Good => Some(Color::FG_GREEN),
        Tone::Bad => Some(Color::FG_RED | Color::BOLD),
        Tone::Warn => Some(Color::FG_YELLOW),
        Tone::Muted => Some(Color::FG_BRIGHT_BLACK),
    }
}
