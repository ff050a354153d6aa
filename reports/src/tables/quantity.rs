//! A figure with its unit and its interval, in the scale people read.

use poolproof_harness::record::CellRecord;

/// A figure with its unit and its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// The estimate.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// The unit all three are in.
    pub unit: String,
}

impl From<&CellRecord> for Quantity {
    fn from(cell: &CellRecord) -> Self {
        let unit = crate::escape::line(&cell.unit).into_owned();
        Self { value: cell.value, low: cell.low, high: cell.high, unit }
    }
}

impl Quantity {
    /// The estimate with its unit, and the wider side of the interval as a share: `2.41 µs ±4%`.
    ///
    /// ```
    /// use poolproof_reports::tables::Quantity;
    /// let quantity = Quantity { value: 2.41e-6, low: 2.32e-6, high: 2.5e-6, unit: "s".into() };
    /// assert_eq!(quantity.short(), "2.41 µs ±4%");
    /// ```
    #[must_use]
    pub fn short(&self) -> String {
        let figure = self.figure();
        if self.low == self.value && self.high == self.value {
            return figure;
        }
        let side = (self.high - self.value).max(self.value - self.low) / self.value.abs();
        match (side * 100.0).round() {
            _ if self.is_count() || !side.is_finite() || side >= 1.0 => format!("{figure} {}", self.interval()),
            percent if percent < 1.0 => format!("{figure} ±{:.1}%", (side * 1000.0).ceil() / 10.0),
            percent => format!("{figure} ±{percent}%"),
        }
    }

    /// The estimate with its unit.
    #[must_use]
    pub fn figure(&self) -> String {
        let (factor, unit) = scale(self.value, &self.unit);
        format!("{}{unit}", self.digits(self.value * factor))
    }

    /// The interval, in the scale of the estimate: `[2.32, 2.50]`.
    #[must_use]
    pub fn interval(&self) -> String {
        let (factor, _) = scale(self.value, &self.unit);
        format!("[{}, {}]", self.digits(self.low * factor), self.digits(self.high * factor))
    }

    /// Whole items are counted, everything else is measured.
    fn digits(&self, value: f64) -> String {
        if self.is_count() && value.fract() == 0.0 && value.abs() < 1e9 { format!("{value}") } else { digits(value) }
    }

    fn is_count(&self) -> bool {
        self.unit == "items"
    }

    /// Whether the intervals of two figures overlap.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// The factor and the unit in which `value` is shown.
fn scale(value: f64, unit: &str) -> (f64, String) {
    let seconds = match unit {
        "s" => Some(1.0),
        "ms" => Some(1e-3),
        "us" | "µs" => Some(1e-6),
        "ns" => Some(1e-9),
        _ => None,
    };
    if let Some(seconds) = seconds {
        let size = (value * seconds).abs();
        return match size {
            size if size >= 1.0 || size == 0.0 => (seconds, " s".into()),
            size if size >= 1e-3 => (seconds * 1e3, " ms".into()),
            size if size >= 1e-6 => (seconds * 1e6, " µs".into()),
            _ => (seconds * 1e9, " ns".into()),
        };
    }
    match unit {
        "" | "1" | "ratio" => (1.0, String::new()),
        "x" | "×" | "times" => (1.0, "×".into()),
        "%" => (1.0, " %".into()),
        "share" => (100.0, " %".into()),
        "B" | "bytes" => match value.abs() {
            size if size >= 1e9 => (1e-9, " GB".into()),
            size if size >= 1e6 => (1e-6, " MB".into()),
            size if size >= 1e3 => (1e-3, " kB".into()),
            _ => (1.0, " B".into()),
        },
        _ if unit.ends_with("/s") => {
            let per = if unit == "tasks/s" { "/s" } else { unit };
            match value.abs() {
                size if size >= 1e9 => (1e-9, format!(" G{per}")),
                size if size >= 1e6 => (1e-6, format!(" M{per}")),
                size if size >= 1e3 => (1e-3, format!(" k{per}")),
                _ => (1.0, per.replace("/s", " /s")),
            }
        }
        _ => (1.0, format!(" {unit}")),
    }
}

/// Three significant digits, never in exponents between a thousandth and a billion.
fn digits(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if !value.is_finite() => "?".into(),
        0.0 => "0".into(),
        size if !(1e-4..1e9).contains(&size) => format!("{value:.2e}"),
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        size if size >= 0.9995 => format!("{value:.2}"),
        size if size >= 0.09995 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(value: f64, low: f64, high: f64, unit: &str) -> Quantity {
        Quantity { value, low, high, unit: unit.into() }
    }

    #[test]
    fn figures_are_shown_in_the_scale_people_read() {
        for (value, unit, shown) in [
            (3_214_000.0, "tasks/s", "3.21 M/s"),
            (950.0, "tasks/s", "950 /s"),
            (1_500.0, "rounds/s", "1.50 krounds/s"),
            (1_234_567.0, "ns", "1.23 ms"),
            (0.0, "s", "0 s"),
            (3.0034, "s", "3.00 s"),
            (1.937, "x", "1.94×"),
            (0.125, "share", "12.5 %"),
            (2_048.0, "B", "2.05 kB"),
            (7.0, "trips", "7.00 trips"),
            (f64::NAN, "x", "?×"),
        ] {
            assert_eq!(quantity(value, value, value, unit).figure(), shown);
        }
    }

    #[test]
    fn intervals_show_their_wider_side() {
        assert_eq!(quantity(100.0, 98.0, 107.0, "x").short(), "100× ±7%");
        assert_eq!(quantity(100.0, 99.9, 100.05, "x").short(), "100× ±0.1%");
        assert_eq!(quantity(1.0, -1.0, 2.0, "x").short(), "1.00× [-1.00, 2.00]");
        assert_eq!(quantity(0.0, 0.0, 1.0, "s").short(), "0 s [0, 1.00]");
        assert_eq!(quantity(4.0, 4.0, 4.0, "trips").short(), "4.00 trips");
        assert_eq!(quantity(16.0, 1.0, 64.0, "items").short(), "16 items [1, 64]");
        assert_eq!(quantity(2.41e-6, 2.32e-6, 2.5e-6, "s").interval(), "[2.32, 2.50]");
    }
}
