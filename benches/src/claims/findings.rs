//! What cells say of one subject.

use super::ClaimVerdict;
use poolproof_harness::record::CellRecord;

/// A ratio below this is no speed-up worth the name, one above it is.
pub(super) const SPEED_UP: f64 = 1.1;

/// What one subject contributes to a claim.
pub(super) struct Finding {
    pub(super) sentence: String,
    pub(super) verdict: ClaimVerdict,
    pub(super) cells: Vec<CellRecord>,
}

impl Finding {
    /// A finding about figures that do not decide the claim themselves.
    pub(super) fn remark(sentence: String, cells: Vec<CellRecord>) -> Self {
        Self { sentence, verdict: ClaimVerdict::NotMeasured, cells }
    }
}

/// The cells of one sweep, metric and kind of workload.
pub(super) fn select<'a>(
    cells: &'a [CellRecord],
    sweep: &'a str,
    metric: &'a str,
    workload: &'a str,
) -> impl Iterator<Item = &'a CellRecord> {
    cells.iter().filter(move |cell| cell.sweep == sweep && cell.metric == metric && cell.workload.starts_with(workload))
}

/// `1.98 [1.95, 2.01]`.
pub(super) fn figure(cell: &CellRecord) -> String {
    format!("{} [{}, {}]", short(cell.value), short(cell.low), short(cell.high))
}

/// Three significant digits, or all before the point.
pub(super) fn short(number: f64) -> String {
    let digits = if number == 0.0 { 1 } else { number.abs().log10().floor() as i32 + 1 };
    let places = usize::try_from(3 - digits).unwrap_or(0).min(6);
    format!("{number:.places$}")
}

/// Whether a ratio's interval shows a speed-up, shows none, or shows nothing.
pub(super) fn speeds_up(cell: &CellRecord) -> Option<bool> {
    if cell.low > SPEED_UP {
        Some(true)
    } else if cell.high < SPEED_UP {
        Some(false)
    } else {
        None
    }
}

/// The verdict of a claim that expects `expected`.
pub(super) fn expecting(expected: bool, found: Option<bool>) -> ClaimVerdict {
    match found {
        Some(found) if found == expected => ClaimVerdict::Holds,
        Some(_) => ClaimVerdict::DoesNotHold,
        None => ClaimVerdict::Unclear,
    }
}

/// The roles that subjects play in the claims, by address.
pub(super) fn is_thread(address: &str) -> bool {
    address == "thread" || is_python(address, ":thread")
}

pub(super) fn is_under_lock(address: &str) -> bool {
    body(address) == "gil" || is_python(address, ":thread")
}

pub(super) fn is_process(address: &str) -> bool {
    body(address) == "process" || is_python(address, ":process")
}

fn is_python(address: &str, ending: &str) -> bool {
    (address.starts_with("python:") || address.starts_with("python@")) && body(address).ends_with(ending)
}

/// The address without its options.
fn body(address: &str) -> &str {
    address.split('?').next().unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        let texts: Vec<String> = [1.0, 0.9871, 12.345, 1234.5, 0.004_567, 0.0].into_iter().map(short).collect();
        assert_eq!(texts, ["1.00", "0.987", "12.3", "1234", "0.00457", "0.00"]);
    }

    #[test]
    fn roles_follow_from_addresses() {
        assert!(is_under_lock("gil?switch=1ms") && is_under_lock("python@3.13:thread") && !is_under_lock("thread"));
        assert!(is_process("process?start=fork") && is_process("python:process") && !is_process("procspawn"));
        assert!(is_thread("thread") && is_thread("python:thread") && !is_thread("thread-per-task"));
    }
}
