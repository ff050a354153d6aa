//! Decides PROC: worker processes.

mod border;
mod death;
mod quota;

pub(crate) use border::{proc_001, proc_003, proc_004, proc_006, proc_007, proc_008, proc_031, proc_032, proc_033};
pub(crate) use death::{proc_009, proc_010, proc_011, proc_012, proc_013};
pub(crate) use quota::{proc_018, proc_019};
