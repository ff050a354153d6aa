//! The order in which the arms of a round run.

use fastrand::Rng;

/// Orders for round after round: a fresh shuffle, then the same backwards, then the next shuffle.
///
/// In each such pair every arm has the same mean position, so a drift that is linear over the pair
/// favours none.
#[derive(Debug)]
pub(crate) struct Orders {
    rng: Rng,
    current: Vec<usize>,
    mirrored: bool,
}

impl Orders {
    pub(crate) fn new(arms: usize, seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), current: (0..arms).collect(), mirrored: true }
    }

    /// The order of the next round.
    pub(crate) fn next_round(&mut self) -> &[usize] {
        if self.mirrored {
            self.rng.shuffle(&mut self.current);
        } else {
            self.current.reverse();
        }
        self.mirrored = !self.mirrored;
        &self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(arms: usize, seed: u64) -> Vec<Vec<usize>> {
        let mut orders = Orders::new(arms, seed);
        (0..6).map(|_| orders.next_round().to_vec()).collect()
    }

    #[test]
    fn each_pair_of_rounds_is_balanced() {
        for pair in rounds(7, 3).chunks(2) {
            for arm in 0..7 {
                let position = |round: &[usize]| round.iter().position(|&other| other == arm).expect("every arm runs");
                assert_eq!(position(&pair[0]) + position(&pair[1]), 6);
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(rounds(9, 1), rounds(9, 1));
        assert_ne!(rounds(9, 1), rounds(9, 2));
        let pairs = rounds(9, 1);
        assert_ne!(pairs[0], pairs[2], "each pair is drawn anew");
    }
}
