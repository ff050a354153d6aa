//! How the tasks of a round hang together, and who submits them.
//!
//! A shape is one file here and one line in the list below. It decides which task numbers are submitted first, and
//! what a worker submits when a task has ended; or, where nothing is submitted from a worker, it is a loop of its own.
//! A *bag* is [`Dispatch::Submit`](crate::Dispatch::Submit), *map* is [`Dispatch::Map`](crate::Dispatch::Map), and
//! *ping-pong*, one task at a time from outside, is [`Dispatch::OneByOne`](crate::Dispatch::OneByOne).

mod chain;
mod fan_in;
mod inside;
mod many;
mod plot;
mod stage;
mod tick;
mod tree;

use crate::{Executor, RoundError, Work};
use plot::Plot;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What the tasks of one shaped round are made of.
pub(crate) struct Material<'a, E, W> {
    pub(crate) executor: &'a Arc<E>,
    pub(crate) tasks: u64,
    pub(crate) work: W,
}

/// What a shaped round took.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    /// From before the first submit to after the last task; what is made ready before and verified after does not count.
    pub(crate) elapsed_ns: u64,
    /// Each time that the shape takes apart from that.
    pub(crate) trips_ns: Vec<u64>,
}

macro_rules! shapes {
    ($($(#[$documentation:meta])* $name:ident: $text:literal, $run:path $(, $plot:path)?;)*) => {
        /// How the tasks of a round hang together.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Shape {
            $($(#[$documentation])* $name,)*
        }

        impl Shape {
            /// Every shape.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What workers submit, for shapes whose tasks do.
            fn plot(self) -> Option<&'static dyn Plot> {
                match self {
                    $(Self::$name => shapes!(@plot $($plot)?),)*
                }
            }

            /// Runs a round.
            pub(crate) fn run<E: Executor>(
                self,
                material: &Material<'_, E, impl Fn(u64) -> Work + Copy + Send + Sync + 'static>,
            ) -> Result<Ran, RoundError> {
                match self {
                    $(Self::$name => $run(self, material),)*
                }
            }
        }
    };
    (@plot) => { None };
    (@plot $plot:path) => { Some(&$plot) };
}

shapes! {
    /// Each task submits the next one from its worker.
    Chain: "chain", stage::run, chain::Chain;
    /// A binary tree: each task submits two more from its worker, and the last one of a pair to end closes the parent.
    Tree: "tree", stage::run, tree::Tree;
    /// The same, but what is at most 16 nodes large is done in one task.
    TreeCutOff: "tree-cut-off", stage::run, tree::CutOff;
    /// Groups of eight: the last task of each to end submits the one that they lead to.
    FanIn: "fan-in", stage::run, fan_in::FanIn;
    /// One task submits all others from its worker.
    Inside: "from-inside", stage::run, inside::Inside;
    /// Four threads submit a quarter of the tasks each.
    Many: "many-producers", many::run;
    /// A control loop: four tasks and their results, then nothing for 200 us, and again. Times each turn.
    Tick: "tick", tick::run;
}

impl Shape {
    /// Whether the time of a round is that of a schedule, whatever the executor does.
    #[must_use]
    pub fn has_schedule(self) -> bool {
        self == Self::Tick
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests;
