//! Makes text that comes from subjects harmless, whatever it holds.
//!
//! Names, messages and output of subjects are hostile until proven otherwise. Every text that
//! enters a table, a page or a document passes [`line()`] or [`block()`]: no control sequence, no
//! mark that reorders what is around it, no invisible character and no endless line is left.
//! What a format itself gives a meaning to is then escaped by that format: [`markdown`],
//! [`markdown_code`], [`csv()`], [`xml`], and HTML by `maud`.

mod formats;

pub use formats::{csv, markdown, markdown_code, slug, xml};
pub use poolproof_harness::visible::{block, line, shorten};
