//! The report as one page: self-contained, without network, readable by everybody.

mod evidence;
mod filter;
mod page;
mod table;

pub use page::page;
pub(crate) use page::page_of;
