//! The lies, and which answer is one.

use crate::trial::remark;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

macro_rules! lies {
    ($($variant:ident $name:literal,)*) => {
        /// A kind of answer that is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Lie {
            $(#[doc = $name] $variant,)*
        }

        impl Lie {
            /// Every kind.
            pub(crate) const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Its name in addresses.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

lies! {
    OpenRejects "open-rejects",
    OpenTakesOneWorkerLess "open-takes-one-worker-less",
    SubmitLoses "submit-loses",
    SubmitSkips "submit-skips",
    SubmitRunsTwice "submit-runs-twice",
    SubmitSwaps "submit-swaps",
    SubmitRefuses "submit-refuses",
    SubmitFails "submit-fails",
    SubmitAccepts "submit-accepts",
    ResultIsAnother "result-is-another",
    ResultIsEarly "result-is-early",
    ResultFails "result-fails",
    ResultIsCancelled "result-is-cancelled",
    ResultIsBroken "result-is-broken",
    ResultTimesOut "result-times-out",
    ResultRaises "result-raises",
    ResultIgnoresItsLimit "result-ignores-its-limit",
    ExceptionIsAnother "exception-is-another",
    ExceptionTimesOut "exception-times-out",
    ExceptionRaises "exception-raises",
    StateIsPending "state-is-pending",
    StateIsRunning "state-is-running",
    StateIsCancelled "state-is-cancelled",
    StateIsFinished "state-is-finished",
    CancelTurnsRound "cancel-turns-round",
    CancelDoesNothing "cancel-does-nothing",
    CancelRaises "cancel-raises",
    CallbackIsLost "callback-is-lost",
    CallbackIsCalledTwice "callback-is-called-twice",
    CallbackIsCalledAtOnce "callback-is-called-at-once",
    MapFails "map-fails",
    MapReadsEverything "map-reads-everything",
    MapAccepts "map-accepts",
    NextIsAnother "next-is-another",
    NextSkips "next-skips",
    NextEnds "next-ends",
    NextFails "next-fails",
    NextTimesOut "next-times-out",
    NextIsCancelled "next-is-cancelled",
    NextNeverEnds "next-never-ends",
    CompletedIsAnother "completed-is-another",
    CompletedEnds "completed-ends",
    CompletedTimesOut "completed-times-out",
    CompletedRepeats "completed-repeats",
    CompletedNeverEnds "completed-never-ends",
    WaitSaysDone "wait-says-done",
    WaitSaysNotDone "wait-says-not-done",
    WaitLosesOne "wait-loses-one",
    WaitDoesNotWait "wait-does-not-wait",
    WaitsForAll "wait-waits-for-all",
    ShutdownDoesNothing "shutdown-does-nothing",
    ShutdownDoesNotWait "shutdown-does-not-wait",
    ShutdownWaits "shutdown-waits",
    ShutdownCancels "shutdown-cancels",
    ShutdownKeeps "shutdown-keeps",
    ShutdownRaises "shutdown-raises",
    DropDoesNothing "drop-does-nothing",
    DropWaits "drop-waits",
    DropCancels "drop-cancels",
    DropDetaches "drop-detaches",
    AwaitIsAnother "await-is-another",
    AwaitFails "await-fails",
    CompleteAccepts "complete-accepts",
    CompleteTimesOut "complete-times-out",
    ErrorWeightGrows "error-weight-grows",
    MapRefuses "map-refuses",
    MapTimesOut "map-times-out",
    NextRaises "next-raises",
    WaitRaises "wait-raises",
    WaitInvents "wait-invents",
    CompletedRaises "completed-raises",
    ExitCodeIsAnother "exit-code-is-another",
    ExhaustDoesNothing "exhaust-does-nothing",
    InterruptedFails "submit-interrupted-fails",
    AsideHangs "aside-hangs",
}

/// The answer that is the lie, counted among those of its kind; the zeroth is never given.
static ARMED: OnceLock<(Lie, usize)> = OnceLock::new();
/// How many answers of each kind were given.
static GIVEN: [AtomicUsize; Lie::ALL.len()] = [const { AtomicUsize::new(0) }; Lie::ALL.len()];

impl Lie {
    /// Makes the `number`-th answer of this kind in this process the lie.
    pub(super) fn arm(self, number: usize) {
        let _ = ARMED.set((self, number));
    }

    /// Whether this answer is it. Who never lies tells the self-test how often it could have.
    pub(super) fn is_told(self) -> bool {
        let Some(&(armed, number)) = ARMED.get() else { return false };
        let given = GIVEN[self as usize].fetch_add(1, Ordering::SeqCst) + 1;
        if number == 0 {
            remark(self.name(), given);
        }
        armed == self && given == number
    }

    /// A call that a check made beside itself may be the one that never returns.
    pub(super) fn may_hang() {
        if thread::current().name() == Some("aside") && Self::AsideHangs.is_told() {
            loop {
                thread::park();
            }
        }
    }
}
