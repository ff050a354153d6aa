//! `process` in the registry.

use super::{Builder, ProcessExecutor, StartMethod};
use crate::address::{BadOption, Options};
use crate::registry::{Family, Native, OptionHelp};
use poolproof_harness::{Config, OpenError, Profile};

/// `process` in the registry.
#[derive(Debug)]
pub struct ProcessNative {
    start: StartMethod,
}

impl Native for ProcessNative {
    type Executor = ProcessExecutor;
    const NAME: &'static str = "process";
    const FAMILY: Family = Family::Reference;
    const SUMMARY: &'static str = "worker processes of this program, one message a task";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const OPTIONS: &'static [OptionHelp] = &[("start", "how workers come to be: spawn (default)")];

    fn configure(options: &Options) -> Result<Self, BadOption> {
        let start = options.get("start").map(str::parse).transpose();
        Ok(Self { start: start.map_err(|reason: String| BadOption::new("start", reason))?.unwrap_or_default() })
    }

    fn profile(&self) -> Profile {
        ProcessExecutor::declared_profile()
    }

    fn open(&self, config: &Config) -> Result<ProcessExecutor, OpenError> {
        Builder::from(config).start_method(self.start).open()
    }
}
