//! The messages of a driver, line by line.

use super::finding::{Finding, Found};
use super::stage::Checked;
use crate::address::Address;
use crate::driver::{self, Conversation, PROTOCOL};
use crate::registry::RegistryError;
use poolproof_harness::{Canary, Capability, Gatehouse, Kind, Patience, Probe, Profile, SetupError, Step};
use serde_json::{Value, json};

/// How long a driver may take to end after `bye`: what the protocol gives it.
const GRACE: Patience = Patience::ticks(500);

type Body = fn(&Conversation) -> Checked;

const STEPS: &[(&str, &str, Body)] = &[
    ("hello", "is answered with every key; keys that are unknown are ignored", hello),
    ("an unknown call", "is answered with the fault `driver`, and the conversation goes on", unknown_call),
    ("a handle that is not held", "is answered with the fault `driver`; dropping it is allowed", unheld),
    ("the order of a lane", "calls of one lane are made, and answered, in their order", order),
    ("lanes", "a call that blocks delays no call of another lane", lanes),
    ("bye", "is answered, and then the driver ends by itself", bye),
];

/// Holds a conversation with the driver of `address` and appends what was found.
///
/// # Errors
///
/// If what the driver needs is not installed.
pub(super) fn hold(address: &Address, patience: Patience, findings: &mut Vec<Finding>) -> Result<(), RegistryError> {
    let conversation = match driver::converse(address, patience) {
        Ok(conversation) => Ok(conversation),
        Err(RegistryError::Setup(SetupError::Failed(reason))) => Err(reason),
        Err(other) => return Err(other),
    };
    let mut over = conversation.as_ref().err().cloned();
    for (place, &(method, must, body)) in STEPS.iter().enumerate() {
        let found = match (&conversation, &over) {
            (Err(reason), _) if place == 0 => Found::Wrong(reason.clone()),
            (Ok(conversation), None) => match body(conversation) {
                Ok(()) if method == "lanes" && !parks(conversation) => Found::NotDeclared,
                Ok(()) => Found::Right,
                Err(reason) => {
                    // What was asked for may still come, and be taken for the answer to something else.
                    over = Some(reason.clone());
                    Found::Wrong(reason)
                }
            },
            _ => Found::NotReached,
        };
        if let Found::Wrong(reason) = &found
            && let Some(missing) = reason.strip_prefix(NOT_INSTALLED)
        {
            return Err(SetupError::failed(missing).into());
        }
        findings.push(Finding { method, must, found });
    }
    Ok(())
}

/// How the sentence begins that is no finding about the driver.
const NOT_INSTALLED: &str = "not installed: ";

/// Asks one thing and hears the answer to it: `Ok` or the fault.
fn ask(conversation: &Conversation, id: u64, call: &str, fields: Value) -> Result<Result<Value, Value>, String> {
    conversation.say(&request(id, call, fields))?;
    answer(conversation, id, call)
}

fn request(id: u64, call: &str, mut fields: Value) -> Value {
    fields["id"] = json!(id);
    fields["lane"] = json!(0);
    fields["call"] = json!(call);
    fields
}

fn answer(conversation: &Conversation, id: u64, call: &str) -> Result<Result<Value, Value>, String> {
    let said = conversation.hear(call)?;
    let answered = said.get("id").cloned().unwrap_or_default();
    if answered != json!(id) {
        return Err(format!(
            "request {id} (`{call}`) must be answered next, but the driver answered {answered}: {said}"
        ));
    }
    match (said.get("ok"), said.get("fault")) {
        (Some(ok), None) => Ok(Ok(ok.clone())),
        (None, Some(fault)) => Ok(Err(fault.clone())),
        _ => Err(format!("an answer must hold either `ok` or `fault`, but `{call}` is answered with {said}")),
    }
}

fn hello(conversation: &Conversation) -> Checked {
    let (subject, options) = &conversation.hello;
    let fields = json!({"protocol": PROTOCOL, "subject": subject, "options": options, "no-such-key": [1, null]});
    let said = match ask(conversation, 1, "hello", fields)? {
        Ok(said) => said,
        Err(fault) if fault.get("not_installed").is_some() => {
            let what = &fault["not_installed"];
            return Err(format!(
                "{NOT_INSTALLED}{} is not installed; install it with: {}",
                what["what"].as_str().unwrap_or_default(),
                what["install"].as_str().unwrap_or_default()
            ));
        }
        Err(fault) => return Err(format!("`hello` is answered with the fault {fault}")),
    };
    if said["protocol"] != json!(PROTOCOL) {
        return Err(format!("`protocol` in the answer to `hello` must be {PROTOCOL}, but is {}", said["protocol"]));
    }
    for key in ["language", "version", "versions"] {
        if !said[key].is_string() {
            return Err(format!("`{key}` in the answer to `hello` must be a text, but is {}", said[key]));
        }
    }
    let seconds = &said["check_seconds"];
    if !(seconds.is_null() || seconds.as_u64().is_some_and(|seconds| u32::try_from(seconds).is_ok())) {
        return Err(format!("`check_seconds` in the answer to `hello` must be a whole number, but is {seconds}"));
    }
    let profile = serde_json::from_value(said["profile"].clone())
        .map_err(|error| format!("`profile` in the answer to `hello` cannot be read: {error}"))?;
    // A driver that is greeted twice answers the same.
    let _ = conversation.profile.set(profile);
    Ok(())
}

/// Whether the answer is the fault `driver`.
fn is_driver_fault(call: &str, answer: Result<Value, Value>) -> Checked {
    match answer {
        Err(fault) if fault["driver"].is_string() => Ok(()),
        other => Err(format!("{call} must be answered with the fault {{\"driver\":\"...\"}}, but: {other:?}")),
    }
}

fn unknown_call(conversation: &Conversation) -> Checked {
    is_driver_fault("a call that does not exist", ask(conversation, 3, "no_such_call", json!({}))?)
}

fn unheld(conversation: &Conversation) -> Checked {
    is_driver_fault("`state` of a future that is not held", ask(conversation, 5, "state", json!({"future": 4}))?)?;
    match ask(conversation, 6, "drop", json!({"handle": 4}))? {
        Ok(Value::Null) => Ok(()),
        other => Err(format!("`drop` of a handle that holds nothing must be answered with null, but: {other:?}")),
    }
}

fn order(conversation: &Conversation) -> Checked {
    let house = json!({"pid": std::process::id(), "key": 0, "path": ""});
    let open = json!({"executor": 10, "house": house, "number": 1, "workers": 1,
        "initialiser": null, "max_tasks_per_worker": null});
    let mut requests = vec![("open", open)];
    for future in 11..14 {
        let probe = json!({"label": future, "house": house, "executor": 1, "steps": [], "value": {"int": future},
            "canary": false});
        requests.push(("submit", json!({"executor": 10, "future": future, "probe": probe})));
    }
    for future in 11..14 {
        requests.push(("result", json!({"future": future, "timeout_us": null})));
    }
    requests.extend((10..14).rev().map(|handle| ("drop", json!({"handle": handle}))));
    for (id, (call, fields)) in (20..).zip(&requests) {
        conversation.say(&request(id, call, fields.clone()))?;
    }
    for (id, (call, fields)) in (20..).zip(&requests) {
        let wanted = if *call == "result" { json!({"Ok": {"int": fields["future"]}}) } else { Value::Null };
        match answer(conversation, id, call)? {
            Ok(said) if said == wanted => {}
            Ok(said) => return Err(format!("`{call}` must be answered with {wanted}, but is with {said}")),
            Err(fault) => return Err(format!("`{call}` must succeed, but is answered with the fault {fault}")),
        }
    }
    Ok(())
}

/// Whether a task of the subject can stand at a gate while its submitter goes on.
fn parks(conversation: &Conversation) -> bool {
    let parks = |profile: &Profile| profile.kind != Kind::Inline && profile.has(Capability::Concurrency);
    conversation.profile.get().is_some_and(parks)
}

/// The requests leave in this order through one stream, so that a driver with one lane for all of
/// them surely stands in `result` when it should answer `state`. The task stands at its gate before
/// they leave, or `result` could be answered at once, and first.
fn lanes(conversation: &Conversation) -> Checked {
    if !parks(conversation) {
        return Ok(());
    }
    let house = Gatehouse::new();
    house.listen().map_err(|error| error.to_string())?;
    let (gate, address) = (house.gate(), house.local_address());
    let open = json!({"executor": 40, "house": address, "number": 1, "workers": 1,
        "initialiser": null, "max_tasks_per_worker": null});
    let steps = vec![Step::Pass(gate.id())];
    let value = poolproof_harness::Value::Int(1);
    let probe = Probe { label: 1, house: address, executor: 1, steps, value, canary: Canary::default() };
    let submit = json!({"executor": 40, "future": 41, "probe": probe});
    for (id, call, fields) in [(40, "open", open), (41, "submit", submit)] {
        if let Err(fault) = ask(conversation, id, call, fields)? {
            return Err(format!("`{call}` must succeed, but is answered with the fault {fault}"));
        }
    }
    if !gate.await_arrivals(1, conversation.patience()) {
        return Err("the task whose `result` is waited for must arrive at its gate, but never did".to_owned());
    }
    let mut result = request(42, "result", json!({"future": 41, "timeout_us": null}));
    result["lane"] = json!(1);
    conversation.say(&result)?;
    let mut state = request(43, "state", json!({"future": 41}));
    state["lane"] = json!(2);
    conversation.say(&state)?;
    let during = "state, while another lane waits for a `result`,";
    if let Err(fault) = answer(conversation, 43, during)? {
        return Err(format!("`{during}` must succeed, but is answered with the fault {fault}"));
    }
    gate.open();
    match answer(conversation, 42, "result")? {
        Ok(said) if said == json!({"Ok": {"int": 1}}) => {}
        other => return Err(format!("`result` must be answered with the value of the task, but: {other:?}")),
    }
    for (id, handle) in [(44, 41), (45, 40)] {
        ask(conversation, id, "drop", json!({"handle": handle}))?
            .map_err(|fault| format!("`drop` must succeed, but is answered with the fault {fault}"))?;
    }
    Ok(())
}

fn bye(conversation: &Conversation) -> Checked {
    match ask(conversation, 90, "bye", json!({}))? {
        Ok(Value::Null) => {}
        other => return Err(format!("`bye` must be answered with null, but: {other:?}")),
    }
    if conversation.ends_within(GRACE) {
        Ok(())
    } else {
        Err("after `bye` the driver must end by itself, but is there after 5 s".to_owned())
    }
}
