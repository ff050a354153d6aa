//! `gil` in the registry.

use super::{Gil, GilExecutor};
use crate::address::{BadOption, Options};
use crate::registry::{Family, Native, OptionHelp};
use crate::thread::{ThreadNative, profile};
use poolproof_harness::{Config, OpenError, Profile, QueuePolicy};
use std::time::Duration;

/// `gil` in the registry.
#[derive(Debug)]
pub struct GilNative {
    interval: Duration,
}

impl Native for GilNative {
    type Executor = GilExecutor;
    const NAME: &'static str = "gil";
    const FAMILY: Family = Family::Reference;
    const SUMMARY: &'static str = "threads under a global interpreter lock with CPython's rules";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const OPTIONS: &'static [OptionHelp] =
        &[("switch-interval-us", "microseconds after which a waiter asks for the lock (default: 5000)")];

    fn configure(options: &Options) -> Result<Self, BadOption> {
        let interval = match options.positive("switch-interval-us")? {
            None => Gil::SWITCH_INTERVAL,
            Some(micros) => Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)),
        };
        Ok(Self { interval })
    }

    fn profile(&self) -> Profile {
        profile(QueuePolicy::Unbounded)
    }

    fn open(&self, config: &Config) -> Result<GilExecutor, OpenError> {
        GilExecutor::around(ThreadNative::builder(config)?, Gil::new(self.interval))
    }
}
