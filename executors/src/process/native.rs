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
    const OPTIONS: &'static [OptionHelp] = &[("start", "how workers come to be: spawn (default) or forkserver")];

    fn configure(options: &Options) -> Result<Self, BadOption> {
        let start = options.get("start").map(str::parse).transpose();
        let start = start.map_err(|reason: String| BadOption::new("start", reason))?.unwrap_or_default();
        if start == StartMethod::Fork {
            let reason = "`fork` needs a program with one thread, and whatever checks or measures has more: use \
                          `spawn` or `forkserver`, or `Builder::start_method` in a program of your own";
            return Err(BadOption::new("start", reason));
        }
        Ok(Self { start })
    }

    fn profile(&self) -> Profile {
        ProcessExecutor::declared_profile()
    }

    fn open(&self, config: &Config) -> Result<ProcessExecutor, OpenError> {
        Builder::from(config).start_method(self.start).open()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::registry;

    #[test]
    fn what_no_check_can_set_up_is_refused_with_its_address() {
        assert!(registry::subject("process?start=forkserver").is_ok());
        let error = registry::subject("process?start=fork").map(drop).unwrap_err().to_string();
        assert!(error.contains("process?start=fork") && error.contains("a program with one thread"), "{error}");
    }
}
