//! A small thread pool that keeps every promise, cut into steps.
//!
//! The pool does nothing by itself: whatever it does, it asks its [`Steps`] to do. The defaults of
//! [`Steps`] are the correct pool; a broken executor overrides one step and is wrong there alone.

mod awaiting;
mod combine;
mod future;
mod line;
mod map;
mod shutdown;
mod steps;
mod subject;
mod worker;

pub(super) use combine::{Board, Completing, Noted};
pub(super) use future::{Phase, PoolFuture, call_back, predicates};
pub(super) use line::{Job, Line, Pool, needs_worker, no_worker};
pub(super) use map::Mapping;
pub(super) use steps::Steps;
pub(super) use subject::PoolSubject;
pub(super) use worker::Worker;
