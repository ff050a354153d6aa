//! Control characters, reordering marks and endless text made visible and short.
//!
//! What a subject says is hostile until proven otherwise: wherever it is shown, it passes here first.

use std::borrow::Cow;
use std::fmt::Write;

/// The longest line that is shown; records keep the whole text.
const LINE_LIMIT: usize = 1_200;
/// The longest block that is shown.
const BLOCK_LIMIT: usize = 20_000;

/// `text` as one harmless line: line breaks become spaces, everything that is not visible becomes
/// its escape, and a long text is cut with a word about how long it was.
///
/// ```
/// use poolproof_harness::visible::line;
/// assert_eq!(line("two\nlines"), "two lines");
/// assert_eq!(line("\u{1b}[31mred"), "\\x1b[31mred");
/// assert_eq!(line("a\u{202e}b"), "a\\u{202e}b");
/// ```
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    if text.len() <= LINE_LIMIT && !text.chars().any(|c| is_break(c) || is_hidden(c)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(shorten(&visible(text, |c| is_break(c).then_some(' '), LINE_LIMIT * 2), text, LINE_LIMIT))
}

/// `text` as harmless lines: line breaks and tabs stay, everything else as in [`line()`].
#[must_use]
pub fn block(text: &str) -> Cow<'_, str> {
    if text.len() <= BLOCK_LIMIT && !text.chars().any(|c| is_hidden(c) && c != '\n' && c != '\t') {
        return Cow::Borrowed(text);
    }
    let keep = |c| matches!(c, '\n' | '\t').then_some(c);
    Cow::Owned(shorten(&visible(text, keep, BLOCK_LIMIT * 2), text, BLOCK_LIMIT))
}

/// The first `limit` characters of `shown`, with the length of `whole` if something was cut.
#[must_use]
pub fn shorten(shown: &str, whole: &str, limit: usize) -> String {
    match shown.char_indices().nth(limit) {
        None => shown.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes in all)", shown[..end].trim_end(), whole.len()),
    }
}

/// Rewrites until `limit` characters are there, so that a text of any length costs the same.
fn visible(text: &str, replace: impl Fn(char) -> Option<char>, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    for (count, c) in text.chars().enumerate() {
        if count > limit {
            break;
        }
        match replace(c) {
            Some(other) => out.push(other),
            None if is_hidden(c) && u32::from(c) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            None if is_hidden(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            None => out.push(c),
        }
    }
    out
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Controls, and the marks that hide, join or reorder what stands beside them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_and_marks_become_visible() {
        assert_eq!(line("\u{1b}]0;title\u{7}x\u{9b}2J"), "\\x1b]0;title\\x07x\\x9b2J");
        assert_eq!(line("\u{202e}\u{2066}\u{200f}\u{feff}\u{e0041}"), "\\u{202e}\\u{2066}\\u{200f}\\u{feff}\\u{e0041}");
        assert_eq!(block("one\n\ttwo\r\n"), "one\n\ttwo\\x0d\n");
    }

    #[test]
    fn letters_of_every_script_stay() {
        for text in ["żółw", "שלום", "日本語", "👍🏽", "µs ±4 %"] {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn a_megabyte_is_cut_and_says_so() {
        let long = "a".repeat(1 << 20);
        assert_eq!(line(&long).chars().count(), LINE_LIMIT + "… (1048576 bytes in all)".chars().count());
        let hidden = "\u{202e}".repeat(1 << 18);
        assert!(line(&hidden).len() < 3_000 && block(&hidden).len() < BLOCK_LIMIT + 100);
    }
}
