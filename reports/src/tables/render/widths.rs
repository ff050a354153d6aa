//! How wide columns may be, and which of them stand side by side.

use tabled::grid::util::string::{get_char_width, get_text_width};

/// What a column costs beyond its text: a space on each side and a border.
const CHROME: usize = 3;

/// Columns that are shown side by side, each with its width.
pub(super) type Block = Vec<(usize, usize)>;

/// Splits columns of these natural widths into blocks that fit into `width`; each block begins
/// with the first `names` columns, which say whose the row is. No column is made narrower than its
/// `least` width.
pub(super) fn blocks(natural: &[usize], least: &[usize], names: usize, width: usize) -> Vec<Block> {
    let least: Vec<usize> = natural.iter().zip(least).map(|(&natural, &least)| natural.min(least)).collect();
    let cost = |columns: &[usize], of: &[usize]| 1 + columns.iter().map(|&c| of[c] + CHROME).sum::<usize>();
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for column in names..natural.len() {
        match blocks.last_mut() {
            Some(block) if cost(block, &least) + least[column] + CHROME <= width => block.push(column),
            _ => blocks.push((0..names).chain([column]).collect()),
        }
    }
    if blocks.is_empty() {
        blocks.push((0..natural.len()).collect());
    }
    blocks
        .into_iter()
        .map(|columns| {
            let mut widths = natural.to_vec();
            while cost(&columns, &widths) > width {
                let shrinkable = columns.iter().copied().filter(|&c| widths[c] > least[c]);
                let Some(widest) = shrinkable.max_by_key(|&c| widths[c]) else { break };
                widths[widest] -= 1;
            }
            columns.into_iter().map(|column| (column, widths[column])).collect()
        })
        .collect()
}

/// `text` in lines of at most `width` columns, broken between words where that is possible.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let size = get_text_width(word);
        if used > 0 && used + 1 + size > width {
            lines.push(String::new());
            used = 0;
        }
        if used > 0 {
            lines.last_mut().expect("there is always a line").push(' ');
            used += 1;
        }
        if size <= width {
            lines.last_mut().expect("there is always a line").push_str(word);
            used += size;
            continue;
        }
        for letter in word.chars() {
            let size = get_char_width(letter);
            if used + size > width && used > 0 {
                lines.push(String::new());
                used = 0;
            }
            lines.last_mut().expect("there is always a line").push(letter);
            used += size;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_never_wrapped_and_what_names_a_row_is_repeated() {
        let split = blocks(&[10, 20, 20, 20], &[10, 20, 20, 20], 1, 60);
        assert_eq!(split, [vec![(0, 10), (1, 20), (2, 20)], vec![(0, 10), (3, 20)]]);
        let split = blocks(&[10, 8, 20, 20], &[10, 8, 20, 20], 2, 50);
        assert_eq!(split, [vec![(0, 10), (1, 8), (2, 20)], vec![(0, 10), (1, 8), (3, 20)]]);
        assert_eq!(blocks(&[10, 8], &[10, 8], 2, 50), [vec![(0, 10), (1, 8)]]);
    }

    #[test]
    fn words_give_way_to_figures() {
        let blocks = blocks(&[10, 200, 8], &[10, 24, 8], 1, 80);
        assert_eq!(blocks, [vec![(0, 10), (1, 52), (2, 8)]]);
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two  three", 8), ["one two", "three"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("a muchlongerword b", 6), ["a", "muchlo", "ngerwo", "rd b"]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
    }
}
