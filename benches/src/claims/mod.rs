//! The claims of the notes, measured again on the reader's machine.
//!
//! [`measure`] runs what is still missing, [`judge`] concludes from cells alone: a report that is
//! rendered again from its records concludes the same.
//!
//! One claim needs no figures: futures are made by the executor, not by the user. This must not
//! compile:
//!
//! ```compile_fail,E0451
//! fn by_hand(future: poolproof_harness::CellFuture<u32>) -> poolproof_harness::CellFuture<u32> {
//!     poolproof_harness::CellFuture { ..future }
//! }
//! ```
//!
//! ```compile_fail,E0599
//! let future = poolproof_harness::CellFuture::<u32>::new();
//! ```

mod claim;
mod experiment_cells;
mod findings;
mod judge;
mod measure;

pub use claim::{Claim, ClaimVerdict};
pub use judge::judge;
pub use measure::{ResolveSubject, SUBJECTS, measure};
