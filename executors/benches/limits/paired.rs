//! Interleaved rounds and what follows from them: medians of paired ratios.

/// The figures of several arms, one of each arm in each round.
#[derive(Default)]
pub(crate) struct Paired {
    names: Vec<String>,
    rounds: Vec<Vec<f64>>,
}

/// A median with the interval that holds the true one in 95 of 100 cases.
#[derive(Clone, Copy)]
pub(crate) struct Median {
    pub(crate) value: f64,
    low: f64,
    high: f64,
}

impl Median {
    /// A figure that was counted and has no interval.
    pub(crate) fn exactly(value: f64) -> Self {
        Self { value, low: value, high: value }
    }
}

impl std::fmt::Display for Median {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.low == self.high {
            return write!(f, "{:.4}", self.value);
        }
        let digits = if self.value < 0.1 {
            4
        } else if self.value < 10.0 {
            2
        } else {
            0
        };
        write!(f, "{:.digits$} [{:.digits$}, {:.digits$}]", self.value, self.low, self.high)
    }
}

/// The median of `figures`, and its interval from the order statistics.
pub(crate) fn median(mut figures: Vec<f64>) -> Median {
    figures.sort_by(f64::total_cmp);
    let count = figures.len();
    // The ranks n/2 -+ 0.98 sqrt(n): the binomial distribution, in its normal approximation.
    let half = 0.98 * (count as f64).sqrt();
    let rank = |at: f64| figures[(at.max(0.0) as usize).min(count - 1)];
    let middle = count as f64 / 2.0;
    let value =
        if count.is_multiple_of(2) { (figures[count / 2 - 1] + figures[count / 2]) / 2.0 } else { figures[count / 2] };
    Median { value, low: rank(middle - half), high: rank((middle + half).ceil() - 1.0) }
}

/// The figure below which `share` of all are.
pub(crate) fn quantile(figures: &[u64], share: f64) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_unstable();
    figures[((figures.len() as f64 * share) as usize).min(figures.len() - 1)] as f64
}

/// A row: kept if the figure is at most the bar.
pub(crate) fn line(what: &str, against: &str, ratio: Median, bar: f64) {
    if bar.is_infinite() {
        return println!("| {what} | {against} | {ratio} | – | – |");
    }
    row(what, against, ratio, bar, [ratio.value <= bar, ratio.low <= bar, ratio.high <= bar]);
}

/// A row: kept if the figure is at least the bar.
pub(crate) fn at_least(what: &str, against: &str, ratio: Median, bar: f64) {
    row(what, against, ratio, bar, [ratio.value >= bar, ratio.low >= bar, ratio.high >= bar]);
}

/// A row: kept if the figure is so near to 1.
pub(crate) fn within(what: &str, against: &str, ratio: Median, bar: f64) {
    let near = |value: f64| (value - 1.0).abs() <= bar;
    // Between two ends that are both near, everything is.
    let ends = [near(ratio.low), near(ratio.high)];
    let kept = match (near(ratio.value), ends) {
        (true, [true, true]) => "yes",
        (true, _) => "unclear (yes)",
        (false, [false, false]) if (ratio.low > 1.0) == (ratio.high > 1.0) => "no",
        (false, _) => "unclear (no)",
    };
    println!("| {what} | {against} | {ratio} | 1 ± {bar} | {kept} |");
}

fn row(what: &str, against: &str, ratio: Median, bar: f64, kept: [bool; 3]) {
    let kept = match kept {
        [true, true, true] => "yes",
        [false, false, false] => "no",
        // The interval holds the bar.
        [true, ..] => "unclear (yes)",
        [false, ..] => "unclear (no)",
    };
    println!("| {what} | {against} | {ratio} | {bar} | {kept} |");
}

impl Paired {
    /// Runs every arm once in each of `rounds` rounds, in an order that moves on from round to
    /// round; a first round is thrown away.
    pub(crate) fn run(names: Vec<String>, rounds: usize, mut measure: impl FnMut(usize) -> f64) -> Self {
        let mut paired = Self { rounds: Vec::new(), names };
        let count = paired.names.len();
        for round in 0..=rounds {
            let mut figures = vec![0.0; count];
            for step in 0..count {
                let arm = (step * 5 + round * 7) % count;
                let arm = if count.is_multiple_of(5) { (step + round * 7) % count } else { arm };
                figures[arm] = measure(arm);
            }
            if round > 0 {
                paired.rounds.push(figures);
            }
        }
        paired
    }

    fn of(&self, arm: usize) -> Vec<f64> {
        self.rounds.iter().map(|round| round[arm]).collect()
    }

    /// The arm with the lowest median among those that `among` accepts.
    pub(crate) fn best(&self, among: impl Fn(&str) -> bool) -> usize {
        let medians = (0..self.names.len()).filter(|&arm| among(&self.names[arm]));
        medians.min_by(|&a, &b| median(self.of(a)).value.total_cmp(&median(self.of(b)).value)).expect("an arm")
    }

    /// Where the arm of this name is, if there is one.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// Where the arm of this name is.
    pub(crate) fn arm(&self, name: &str) -> usize {
        self.find(name).expect("an arm of this name")
    }

    pub(crate) fn name(&self, arm: usize) -> &str {
        &self.names[arm]
    }

    pub(crate) fn median(&self, arm: usize) -> Median {
        median(self.of(arm))
    }

    /// The ratio of two arms in the same round.
    pub(crate) fn ratio(&self, above: usize, below: usize) -> Median {
        median(self.rounds.iter().map(|round| round[above] / round[below]).collect())
    }

    /// A figure of each round, from those of all arms.
    pub(crate) fn each(&self, figure: impl Fn(&[f64]) -> f64) -> Median {
        median(self.rounds.iter().map(|round| figure(round)).collect())
    }

    /// Every arm with its median, to the error stream.
    pub(crate) fn show(&self, title: &str, unit: f64) {
        eprintln!("  {title}");
        let mut arms: Vec<_> = (0..self.names.len()).collect();
        arms.sort_by(|&a, &b| self.median(a).value.total_cmp(&self.median(b).value));
        for arm in arms {
            let of = median(self.of(arm).into_iter().map(|figure| figure / unit).collect());
            eprintln!("    {:32} {of}", self.names[arm]);
        }
    }
}
