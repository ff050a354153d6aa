//! What a run's directory holds for people and for machines: the report in Markdown, JUnit for
//! continuous integration, and the sections that all reports share.

mod badge;
mod contract;
mod failures;
mod files;
mod junit;
mod markdown;
mod sections;
mod summary;

pub use badge::badge;
pub use contract::contract;
pub use failures::failures_in_full;
pub use files::write_reports;
pub(crate) use files::write_sections;
pub use junit::junit;
pub use markdown::markdown;
pub use sections::{Section, headline, sections};
pub use summary::summary;
