//! `thread` in the registry.

use super::executor::profile;
use super::{ThreadBuilder, ThreadExecutor};
use crate::address::{BadOption, Options};
use crate::arguments::no_recycling;
use crate::registry::{Family, Native, OptionHelp};
use poolproof_harness::{Config, OpenError, Profile, QueuePolicy, run_initialiser};

/// `thread` in the registry.
#[derive(Debug)]
pub struct ThreadNative {
    queue: QueuePolicy,
}

impl ThreadNative {
    /// The builder of an executor for `config`, with everything but what options add.
    pub(crate) fn builder(config: &Config) -> Result<ThreadBuilder, OpenError> {
        no_recycling(config)?;
        let builder = ThreadExecutor::builder(config.workers);
        Ok(match config.initialiser.clone() {
            None => builder,
            Some(probe) => builder.initialiser(move || run_initialiser(probe.clone())),
        })
    }
}

impl Native for ThreadNative {
    type Executor = ThreadExecutor;
    const NAME: &'static str = "thread";
    const FAMILY: Family = Family::Reference;
    const SUMMARY: &'static str = "threads of this process over one queue";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const OPTIONS: &'static [OptionHelp] = &[
        ("queue", "how many tasks may be pending (default: any number)"),
        ("full", "what submit does when the queue is full: block (default) or refuse"),
    ];

    fn configure(options: &Options) -> Result<Self, BadOption> {
        let full = options.one_of("full", &["block", "refuse"])?;
        let queue = match (options.positive("queue")?, full) {
            (None, None) => QueuePolicy::Unbounded,
            (None, Some(_)) => return Err(BadOption::new("full", "only a bounded queue can be full; add `queue=N`")),
            (Some(limit), Some("refuse")) => QueuePolicy::Refuses(limit),
            (Some(limit), _) => QueuePolicy::Blocks(limit),
        };
        Ok(Self { queue })
    }

    fn profile(&self) -> Profile {
        profile(self.queue)
    }

    fn open(&self, config: &Config) -> Result<ThreadExecutor, OpenError> {
        Self::builder(config)?.queue(self.queue).build()
    }
}
