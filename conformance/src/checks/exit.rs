//! Decides EXIT: the end of the program.

use crate::checks::seen::starts;
use crate::trial::{CheckResult, Trial, expect, expect_eq, violated};
use poolproof_harness::{Patience, Shutdown};

/// Long enough for a program to get to where it waits for its tasks.
const A_WHILE: Patience = Patience::ticks(5);

pub(crate) fn exit_001(trial: &mut Trial<'_>) -> CheckResult {
    // One worker: nobody else comes past who could take what was submitted late.
    let executor = trial.single()?;
    let gate = trial.gate();
    let late = trial.probe();
    let label = late.label();
    let _kept = executor.submit(trial.probe().pass(&gate).submit(&executor, late))?;
    trial.await_arrivals(&gate, 1)?;
    let end = trial.aside("the end of the program", move || executor.end_program());
    end.stays("the program must not end while a task runs", A_WHILE)?;
    gate.open();
    expect_eq("the exit code of the program", &end.returns()??, &0)?;
    let (submitted, refused) = (format!("submitted {label}"), format!("refused {label}: "));
    let notes = trial.notes();
    match notes.iter().find(|note| **note == submitted || note.starts_with(&refused)) {
        Some(note) if *note == submitted => expect(
            starts(trial, label) == 1,
            &format!("task {label} was accepted, and never ran before the program ended"),
        ),
        Some(_) => Ok(()),
        None => violated("a task that ran when the program ended must come to its end"),
    }
}

/// The program ends with a task at a gate and others queued; all of them must have run then.
fn ends_with_work_left(trial: &mut Trial<'_>, shut_down_before: bool) -> CheckResult {
    trial.needs_room(3)?;
    let executor = trial.single()?;
    let gate = trial.gate();
    let held = trial.probe().pass(&gate);
    let mut labels = vec![held.label()];
    let _held = executor.submit(held)?;
    trial.await_arrivals(&gate, 1)?;
    let queued = trial.probes(3);
    labels.extend(queued.iter().map(crate::trial::ProbeBuilder::label));
    let _queued = executor.submit_all(queued)?;
    if shut_down_before {
        executor.shutdown(Shutdown::NO_WAIT)?;
    }
    let end = trial.aside("the end of the program", move || executor.end_program());
    end.stays("the program must not end while a task runs", A_WHILE)?;
    gate.open();
    expect_eq("the exit code of the program", &end.returns()??, &0)?;
    labels.into_iter().try_for_each(|label| {
        let message = format!("task {label} was accepted, and must have run when the program has ended");
        expect(starts(trial, label) == 1, &message)
    })
}

pub(crate) fn exit_002(trial: &mut Trial<'_>) -> CheckResult {
    ends_with_work_left(trial, false)
}

pub(crate) fn exit_003(trial: &mut Trial<'_>) -> CheckResult {
    ends_with_work_left(trial, true)
}
