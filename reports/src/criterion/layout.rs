//! The files of one benchmark, in each layout that criterion has had.

use super::Entry;
use crate::tables::Quantity;
use serde_json::Value;
use std::path::Path;

/// Reads `estimates.json` of one state. `fallback` is the id that its directory spells.
pub(super) fn entry(directory: &Path, state: &str, fallback: &str) -> Result<Entry, String> {
    let estimates = json(&directory.join("estimates.json"))?.ok_or("it is not there")?;
    let median = field(&estimates, "median").ok_or("it has no median")?;
    let interval = median.get("confidence_interval").ok_or("its median has no interval")?;
    let number = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_f64).ok_or_else(|| format!("its median has no number `{name}`"))
    };
    let value = number(median, "point_estimate")?;
    let (low, high) = (number(interval, "lower_bound")?, number(interval, "upper_bound")?);
    let mut entry = Entry {
        group: String::new(),
        function: String::new(),
        value: String::new(),
        id: fallback.to_owned(),
        state: state.to_owned(),
        median: Quantity { value, low, high, unit: "ns".into() },
        confidence: interval.get("confidence_level").and_then(Value::as_f64).unwrap_or(0.95),
        samples: samples(directory).unwrap_or(0),
        throughput: None,
        written: directory.join("estimates.json").metadata().and_then(|data| data.modified()).ok(),
        stale: false,
    };
    match json(&directory.join("benchmark.json"))? {
        Some(benchmark) => name(&mut entry, &benchmark),
        None => name_by_directory(&mut entry, fallback),
    }
    Ok(entry)
}

/// The id as criterion wrote it. The older layout has no `full_id`; it is made of the parts.
fn name(entry: &mut Entry, benchmark: &Value) {
    let text = |key: &str| benchmark.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    (entry.group, entry.function, entry.value) = (text("group_id"), text("function_id"), text("value_str"));
    let parts = [&entry.group, &entry.function, &entry.value];
    let joined = parts.iter().filter(|part| !part.is_empty()).map(|part| part.as_str()).collect::<Vec<_>>().join("/");
    entry.id = match text("full_id") {
        id if id.is_empty() => joined,
        id => id,
    };
    entry.throughput = benchmark.get("throughput").and_then(throughput);
}

/// The oldest layout: the directories are all there is.
fn name_by_directory(entry: &mut Entry, path: &str) {
    let mut parts = path.splitn(3, '/').map(ToOwned::to_owned);
    entry.group = parts.next().unwrap_or_default();
    entry.function = parts.next().unwrap_or_default();
    entry.value = parts.next().unwrap_or_default();
}

fn throughput(value: &Value) -> Option<(f64, &'static str)> {
    let number = |key: &str| value.get(key).and_then(Value::as_f64);
    let of = |keys: &[&str], unit| keys.iter().find_map(|key| number(key)).map(|amount| (amount, unit));
    of(&["Elements"], "elements/s")
        .or_else(|| of(&["Bytes", "BytesDecimal"], "B/s"))
        .or_else(|| of(&["Bits"], "bits/s"))
        .or_else(|| value.get("ElementsAndBytes")?.get("elements")?.as_f64().map(|amount| (amount, "elements/s")))
}

/// How many samples `sample.json` has: an object with `iters`, or, in the older layout, a pair of
/// lists.
fn samples(directory: &Path) -> Option<u32> {
    let sample = json(&directory.join("sample.json")).ok()??;
    let list = sample.get("iters").or_else(|| sample.get(0))?;
    u32::try_from(list.as_array()?.len()).ok()
}

/// A member under its current name or its capitalised older one.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let older = name[..1].to_uppercase() + &name[1..];
    value.get(name).or_else(|| value.get(&older))
}

fn json(path: &Path) -> Result<Option<Value>, String> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| format!("is not JSON: {error}"))
}
