//! Shares of a run, for several machines.

use std::fmt;
use std::str::FromStr;

/// One of several shards: `2/8` does every eighth piece of the work, beginning with the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    number: usize,
    of: usize,
}

impl Partition {
    /// Whether the piece at `place`, counted from 0 in an order that is the same everywhere, is
    /// done in this shard.
    #[must_use]
    pub fn takes(self, place: usize) -> bool {
        place % self.of == self.number - 1
    }

    /// How many shards there are.
    #[must_use]
    pub fn of(self) -> usize {
        self.of
    }

    /// The shard that a recorded command line asked for.
    #[must_use]
    pub fn in_command(command: &[String]) -> Option<Self> {
        let place = command.iter().position(|word| word == "--partition" || word.starts_with("--partition="))?;
        let value = command[place].strip_prefix("--partition=").or(command.get(place + 1).map(String::as_str))?;
        value.parse().ok()
    }

    /// The shards that are missing beside `there` to make one run; an error if they do not belong
    /// together.
    ///
    /// # Errors
    ///
    /// One sentence: which shard does not fit.
    pub fn missing(there: &[Self]) -> Result<Vec<Self>, String> {
        let Some(first) = there.first() else { return Ok(Vec::new()) };
        if let Some(other) = there.iter().find(|other| other.of != first.of) {
            return Err(format!("{first} and {other} are shards of different runs"));
        }
        if let Some(twice) = there.iter().enumerate().find(|(place, shard)| there[..*place].contains(shard)) {
            return Err(format!("shard {} is named twice", twice.1));
        }
        let all = (1..=first.of).map(|number| Self { number, of: first.of });
        Ok(all.filter(|shard| !there.contains(shard)).collect())
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "write the number of the shard and how many there are, such as 2/8".to_owned();
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let (number, of) = (number.parse().map_err(|_| wrong())?, of.parse().map_err(|_| wrong())?);
        if number == 0 || number > of || of > 10_000 {
            return Err(wrong());
        }
        Ok(Self { number, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> Partition {
        text.parse().expect("it is a shard")
    }

    #[test]
    fn every_piece_is_done_in_exactly_one_shard() {
        for of in 1..9 {
            let shards: Vec<_> = (1..=of).map(|number| shard(&format!("{number}/{of}"))).collect();
            for place in 0..50 {
                assert_eq!(shards.iter().filter(|shard| shard.takes(place)).count(), 1);
            }
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for wrong in ["", "1", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3", "1/99999999999999999999"] {
            assert!(wrong.parse::<Partition>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn shards_that_are_missing_or_do_not_fit_are_named() {
        assert_eq!(Partition::missing(&[shard("1/3"), shard("3/3")]), Ok(vec![shard("2/3")]));
        assert_eq!(Partition::missing(&[shard("2/2"), shard("1/2")]), Ok(vec![]));
        assert!(Partition::missing(&[shard("1/2"), shard("1/3")]).is_err());
        assert!(Partition::missing(&[shard("1/2"), shard("1/2")]).is_err());
    }

    #[test]
    fn a_command_tells_its_shard() {
        let command = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        assert_eq!(Partition::in_command(&command("poolproof check thread --partition 2/3")), Some(shard("2/3")));
        assert_eq!(Partition::in_command(&command("poolproof check --partition=1/3 thread")), Some(shard("1/3")));
        assert_eq!(Partition::in_command(&command("poolproof check thread --partition")), None);
    }
}
