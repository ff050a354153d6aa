//! What each format gives a meaning to, escaped.

use super::{block, line};
use std::borrow::Cow;

/// `text` as plain text within a line of Markdown, a table's cell included.
///
/// ```
/// use poolproof_reports::escape::markdown;
/// assert_eq!(markdown("a|b <b>*c*</b>"), r"a\|b &lt;b&gt;\*c\*&lt;/b&gt;");
/// ```
#[must_use]
pub fn markdown(text: &str) -> String {
    let text = line(text);
    let mut out = String::with_capacity(text.len());
    let mut line_start = true;
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A comment that shows nothing keeps hosts from turning the text into a mention.
            '@' => out.push_str("@<!-- -->"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '#' | '-' | '+' | '=' | '!' if line_start => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
        line_start = false;
    }
    out
}

/// `text` as inline code within a line of Markdown, a table's cell included.
///
/// ```
/// use poolproof_reports::escape::markdown_code;
/// assert_eq!(markdown_code("thread"), "`thread`");
/// assert_eq!(markdown_code("a`|b"), r"``a`\|b``");
/// ```
#[must_use]
pub fn markdown_code(text: &str) -> String {
    let text = line(text).trim().replace('|', "\\|");
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// `text` as a field of CSV that no spreadsheet takes for a formula; quoting is the writer's.
#[must_use]
pub fn csv(text: &str) -> Cow<'_, str> {
    match line(text) {
        text if text.starts_with(['=', '+', '-', '@', '\'']) && text.parse::<f64>().is_err() => {
            Cow::Owned(format!("'{text}"))
        }
        text => text,
    }
}

/// `text` as text or attribute value of XML or SVG.
///
/// ```
/// assert_eq!(poolproof_reports::escape::xml("a<\"b\">&"), "a&lt;&quot;b&quot;&gt;&amp;");
/// ```
#[must_use]
pub fn xml(text: &str) -> String {
    let text = block(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// `text` as part of an anchor or a file's name: letters, digits, `-`, `.`; different texts that
/// would collide get a number from their content.
///
/// ```
/// use poolproof_reports::escape::slug;
/// assert_eq!(slug("MAP-001"), "MAP-001");
/// assert_ne!(slug("python:a/b"), slug("python:a b"));
/// ```
#[must_use]
pub fn slug(text: &str) -> String {
    let simple = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let mut out: String = text.chars().take(60).map(|c| if simple(c) { c } else { '-' }).collect();
    if text.len() > 60 || !text.chars().all(simple) || out.starts_with('.') || out.is_empty() {
        out = format!("{}-{:08x}", out.trim_matches(['-', '.']), fnv(text));
    }
    out
}

fn longest_run(text: &str, of: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == of { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// FNV-1a: short, and the same in every version of this program, unlike the standard hasher.
fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_text_stays_one_cell_of_markdown() {
        let text = markdown("| x | <script>\n# head `code` @all \\");
        assert!(!text.contains('\n') && !text.contains('<') || text.contains("<!-- -->"), "{text}");
        assert_eq!(text.matches("\\|").count(), text.matches('|').count(), "every pipe is escaped: {text}");
        assert!(text.ends_with("\\\\"), "{text}");
    }

    #[test]
    fn code_survives_its_own_fences() {
        assert_eq!(markdown_code("``"), "``` `` ```");
        assert_eq!(markdown_code("`a"), "`` `a ``");
    }

    #[test]
    fn formulas_are_text_and_numbers_stay_numbers() {
        assert_eq!(csv("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(csv("-1.5"), "-1.5");
        assert_eq!(csv("@x"), "'@x");
    }

    #[test]
    fn slugs_are_safe_names() {
        for text in ["../../etc/passwd", "", ".", "..", "a\u{202e}b", "\"><script>", &"x".repeat(5_000)] {
            let slug = slug(text);
            assert!(!slug.is_empty() && slug.len() < 80 && !slug.starts_with('.'), "{slug}");
            assert!(slug.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.'), "{slug}");
        }
    }
}
