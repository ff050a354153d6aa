//! Liars: executors that are right in everything but one answer.
//!
//! A broken executor breaks a promise wherever it is asked for, so several assertions may catch it.
//! A liar breaks it once, at its n-th answer of one kind, so that often a single assertion of a check
//! can. They prove the assertions one by one, as the broken executors prove the checks; the mutants of
//! the self-test are their use.

mod executor;
mod future;
mod lie;

pub(crate) use lie::Lie;

use super::pool::PoolSubject;
use executor::LyingExecutor;
use poolproof_harness::{AnyExecutor, Config, Description, Gatehouse, OpenError, Raised, SetupError, Subject};
use std::sync::Arc;

/// What names of liars start with: `lies/SOUND/LIE/N` is the sound executor `SOUND` whose `N`-th
/// answer of the kind `LIE` is wrong.
pub(super) const LIES: &str = "lies/";

/// The liar of that name, the prefix removed.
pub(super) fn subject(name: &str) -> Option<Box<dyn Subject>> {
    let mut parts = name.splitn(3, '/');
    let (sound, lie, number) = (parts.next()?, parts.next()?, parts.next()?);
    let steps = super::sound().iter().find(|candidate| candidate.name == sound)?.steps;
    let lie = Lie::ALL.into_iter().find(|candidate| candidate.name() == lie)?;
    lie.arm(number.parse().ok()?);
    let address = format!("{}{LIES}{name}", super::PREFIX);
    Some(Box::new(Liar { truthful: PoolSubject::new(address, steps) }))
}

/// The address of a liar.
pub(crate) fn address(sound: &str, lie: Lie, number: usize) -> String {
    format!("{}{LIES}{sound}/{}/{number}", super::PREFIX, lie.name())
}

#[derive(Debug)]
struct Liar {
    truthful: PoolSubject,
}

impl Subject for Liar {
    fn address(&self) -> &str {
        self.truthful.address()
    }

    fn describe(&self) -> Result<Description, SetupError> {
        self.truthful.describe()
    }

    fn open(&self, config: &Config, house: &Gatehouse) -> Result<(Arc<dyn AnyExecutor>, u32), OpenError> {
        if Lie::OpenRejects.is_told() {
            return Err(OpenError::Rejected(Raised::new("ValueError", "a lie")));
        }
        let config = if Lie::OpenTakesOneWorkerLess.is_told() {
            Config { workers: config.workers.saturating_sub(1).max(1), ..config.clone() }
        } else {
            config.clone()
        };
        let (executor, number) = self.truthful.open(&config, house)?;
        Ok((Arc::new(LyingExecutor::new(executor)), number))
    }
}
