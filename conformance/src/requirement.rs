//! A requirement: one sentence of the contract, and how it is decided.

use crate::trial::{CheckResult, Trial};
use poolproof_harness::record::{RequirementRecord, SCHEMA};
use poolproof_harness::{Capability, Level};
use std::fmt;

/// A part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Accepting tasks.
    Submit,
    /// The states of a future.
    Future,
    /// Delivering results.
    Result,
    /// Delivering failures.
    Failure,
    /// Time limits.
    Time,
    /// Taking tasks back.
    Cancel,
    /// Calling back.
    Callback,
    /// Applying a task to every item of an input.
    Map,
    /// Yielding futures as they complete.
    Completed,
    /// Waiting for several futures.
    Wait,
    /// Stopping.
    Shutdown,
    /// Workers and their initialiser.
    Workers,
    /// Worker processes.
    Process,
    /// Releasing what tasks carried.
    Memory,
    /// Tasks that use their own executor.
    Nesting,
    /// The end of the program.
    Exit,
    /// Awaiting from asynchronous code.
    Async,
    /// Whole programs of calls.
    Program,
    /// What the profile declares.
    Profile,
}

impl Area {
    /// Every area, in the order of the contract.
    pub const ALL: [Self; 19] = [
        Self::Submit,
        Self::Future,
        Self::Result,
        Self::Failure,
        Self::Time,
        Self::Cancel,
        Self::Callback,
        Self::Map,
        Self::Completed,
        Self::Wait,
        Self::Shutdown,
        Self::Workers,
        Self::Process,
        Self::Memory,
        Self::Nesting,
        Self::Exit,
        Self::Async,
        Self::Program,
        Self::Profile,
    ];

    /// The first part of its requirements' ids.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Submit => "SUB",
            Self::Future => "FUT",
            Self::Result => "RES",
            Self::Failure => "FAIL",
            Self::Time => "TIME",
            Self::Cancel => "CANC",
            Self::Callback => "CALL",
            Self::Map => "MAP",
            Self::Completed => "COMP",
            Self::Wait => "WAIT",
            Self::Shutdown => "SHUT",
            Self::Workers => "WORK",
            Self::Process => "PROC",
            Self::Memory => "MEM",
            Self::Nesting => "NEST",
            Self::Exit => "EXIT",
            Self::Async => "ASYN",
            Self::Program => "PROG",
            Self::Profile => "PROF",
        }
    }

    /// What it is about.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Future => "future states",
            Self::Result => "results",
            Self::Failure => "failures",
            Self::Time => "timeouts",
            Self::Cancel => "cancel",
            Self::Callback => "callbacks",
            Self::Map => "map",
            Self::Completed => "as_completed",
            Self::Wait => "wait",
            Self::Shutdown => "shutdown",
            Self::Workers => "workers",
            Self::Process => "processes",
            Self::Memory => "memory",
            Self::Nesting => "nesting",
            Self::Exit => "program exit",
            Self::Async => "awaiting",
            Self::Program => "programs",
            Self::Profile => "profile",
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// Decides a requirement for one subject.
pub type Check = fn(&mut Trial<'_>) -> CheckResult;

/// One sentence of the contract. Its id is permanent: never renamed, never used again.
#[derive(Clone, Copy, Debug)]
pub struct Requirement {
    /// The permanent id, `AREA-NNN`.
    pub id: &'static str,
    /// The part of the contract it belongs to.
    pub area: Area,
    /// How binding it is.
    pub level: Level,
    /// The capability without which it does not apply.
    pub capability: Capability,
    /// Further capabilities that the check makes use of.
    pub also: &'static [Capability],
    /// The promise, in one sentence.
    pub text: &'static str,
    /// Why anybody relies on it.
    pub rationale: &'static str,
    /// How the check provokes it.
    pub provoked: &'static str,
    /// What to look at in an executor that fails.
    pub look_at: &'static str,
    /// Where the promise comes from.
    pub sources: &'static [&'static str],
    /// CPython's tests that assert the same, as `Class.method`.
    pub cpython_tests: &'static [&'static str],
    /// The code that decides it.
    pub check: Check,
}

impl Requirement {
    /// The requirement as a record.
    #[must_use]
    pub fn record(&self) -> RequirementRecord {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        RequirementRecord {
            schema: SCHEMA,
            id: self.id.to_owned(),
            area: self.area.code().to_owned(),
            level: self.level,
            text: self.text.to_owned(),
            capability: self.capability.word().to_owned(),
            sources: owned(self.sources),
            cpython_tests: owned(self.cpython_tests),
        }
    }

    /// The capabilities the check makes use of.
    pub fn capabilities(&self) -> impl Iterator<Item = Capability> + '_ {
        std::iter::once(self.capability).chain(self.also.iter().copied())
    }
}
