//! What the runner, its wardens and the child process of a check tell each other.
//!
//! The runner sends a warden one [`Order`] a line and gets one [`Watched`](super::watched::Watched)
//! for each, before which it may say that the check is [`ASLEEP`]. The child that the warden makes for it answers with one [`Report`] a line, over a socket
//! of its own, so that nothing the subject prints can be mistaken for an answer.
//!
//! The subject runs in the same process, and may write to any descriptor by its number. So each
//! report begins with a [`Secret`] that the warden made for this one child and that passed by the
//! fork alone: what somebody writes who does not know it ends the check, and is quoted. A copy of the
//! child that the subject forks reports nothing. Not defended against is a subject that searches the
//! memory of its own process for the secret: it could as well change the check.

use super::limits::Limits;
use crate::observe::Seen;
use crate::trial::{Assertions, Judged, Stop};
use poolproof_harness::{Event, Profile, Verdict, visible};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};

/// The environment variable that makes a process a warden.
pub(crate) const WARDEN: &str = "POOLPROOF_WARDEN";

/// The environment variable whose value tells the processes below one warden from all others.
pub(crate) const FAMILY: &str = "POOLPROOF_FAMILY";

/// What a warden says before anything else.
pub(crate) const HELLO: &str = "warden 1";

/// What a warden says, once at most, before its answer: everything in the check sleeps.
pub(crate) const ASLEEP: &str = "asleep";

/// What each report of one child begins with.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Another one than anybody had before.
    ///
    /// # Errors
    ///
    /// If the system gives no random bytes.
    pub(crate) fn new() -> io::Result<Self> {
        let mut bytes = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// A report as it is sent.
    pub(crate) fn seal(&self, report: &Report) -> serde_json::Result<Vec<u8>> {
        let mut line = self.0.clone().into_bytes();
        serde_json::to_writer(&mut line, report)?;
        line.push(b'\n');
        Ok(line)
    }

    /// What a line without its end says; the error says what is wrong with it.
    pub(crate) fn open(&self, line: &[u8]) -> Result<Report, String> {
        let Some(report) = line.strip_prefix(self.0.as_bytes()) else {
            let said: String = String::from_utf8_lossy(line).chars().take(QUOTED).collect();
            return Err(format!(
                "something wrote on the descriptor on which the check reports: `{}`",
                visible::line(&said)
            ));
        };
        serde_json::from_slice(report)
            .map_err(|error| format!("it sent a damaged report ({})", visible::line(&error.to_string())))
    }
}

/// How many characters of what is no report are quoted.
const QUOTED: usize = 80;

/// The longest report that is read: a flood of something else is no report.
pub(crate) const LONGEST_REPORT: usize = 1 << 20;

/// One check for a warden.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// What the child is asked to do.
    pub(crate) assignment: Assignment,
    /// What the runner knows already, as an environment variable and its value.
    pub(crate) facts: (String, String),
    /// What the processes of the check may take.
    pub(crate) limits: Limits,
    /// When it is ended whatever it does, in nanoseconds on the monotonic clock.
    pub(crate) until_ns: Option<u64>,
}

/// What a child is asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// The subject's address.
    pub(crate) subject: String,
    /// The requirement's id.
    pub(crate) requirement: String,
    /// How many workers executors have.
    pub(crate) workers: usize,
    /// The seed of random choices.
    pub(crate) seed: u64,
    /// How many ticks something that must happen is waited for.
    pub(crate) ticks: u32,
    /// The same for the start of the subject's program and for the opening of an executor.
    pub(crate) opening: u32,
    /// Whether what the check leaves behind is to be found; not for a subject that cannot even live
    /// one life without tasks of its own.
    pub(crate) audit: bool,
    /// Whether the schedule is disturbed, by the seed.
    pub(crate) disturbed: bool,
    /// What is done with the assertions of the check.
    pub(crate) assertions: Assertions,
    /// What is known of the subject beyond what it declares; nothing if that is all.
    #[serde(default)]
    pub(crate) profile: Option<Profile>,
    /// What its reports begin with. The warden makes it where it makes the child; it never travels.
    #[serde(skip)]
    pub(crate) secret: Secret,
}

/// What the child is doing; a hang is attributed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// Finding the subject.
    Setup,
    /// One life of an executor, so that libraries set themselves up before anything is counted.
    #[serde(rename = "warm-up")]
    WarmUp,
    /// The check itself.
    Check,
    /// Whether all workers are still there.
    Capacity,
    /// Shutting down what the check left open.
    Teardown,
}

/// One line of a child's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    /// Something happened.
    Event(Event),
    /// An assertion was judged; only said when asked.
    Assertion(Judged),
    /// From here on the child does this.
    Phase(Phase),
    /// The subject cannot be set up.
    SetupFailed(String),
    /// What the check came to.
    Verdict(Verdict, Option<String>),
    /// What the subject declares.
    Declared(Profile),
    /// What an experiment saw.
    Seen(Seen),
    /// What the clean-up after the check found about another requirement.
    Finding(String, Verdict, String),
    /// Nothing more follows; whether everything of the check should be gone by now.
    End(bool),
}

impl Stop {
    /// The verdict and its message.
    pub(crate) fn verdict(self) -> (Verdict, String) {
        match self {
            Self::Violates(message) => (Verdict::Violates, message),
            Self::Hangs(message) => (Verdict::Hangs, message),
            Self::Crashes(message) => (Verdict::Crashes, message),
            Self::Unsupported(message) => (Verdict::Unsupported, message),
            Self::Overclaims(message) => (Verdict::Overclaims, message),
            Self::Inconclusive(message) => (Verdict::Inconclusive, message),
        }
    }
}
