//! From an address to what it names.

use super::native::{Family, Row};
use super::nearest::nearest;
use super::table::{LEFT_OUT, OUT_OF_REACH, ROWS};
use super::{OptionHelp, RegistryError};
use crate::address::Address;
use crate::driver;
use poolproof_harness::{Contender, SetupError, Subject};

/// Something that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its address.
    pub address: String,
    /// `reference`, `crate`, `python` (its standard library), `package` (of Python) or `java`.
    pub family: &'static str,
    /// One line on what it is.
    pub summary: String,
    /// The version of the code under test; empty if it is not here.
    pub version: String,
    /// The options that its address may carry, and what they mean.
    pub options: Vec<OptionHelp>,
}

/// The subject at `address`, for checks.
///
/// # Errors
///
/// [`RegistryError`] if the address names nothing, or nothing that can be set up here.
pub fn subject(address: &str) -> Result<Box<dyn Subject>, RegistryError> {
    let address = Address::parse(address)?;
    if driver::is_driven(&address) {
        return Ok(Box::new(driver::subject(&address)?));
    }
    (row(&address)?.subject)(&address)
}

/// The contender at `address`, for benchmarks.
///
/// # Errors
///
/// [`RegistryError`] if the address names nothing, or nothing that can be set up here.
pub fn contender(address: &str) -> Result<Box<dyn Contender>, RegistryError> {
    let address = Address::parse(address)?;
    if driver::is_driven(&address) {
        return Ok(Box::new(driver::contender(&address)?));
    }
    (row(&address)?.contender)(&address)
}

/// Everything that can be asked for here, and the crates that could be if they were built in.
#[must_use]
pub fn catalogue() -> Vec<Entry> {
    let native = ROWS.iter().map(|row| Entry {
        address: row.name.to_owned(),
        family: row.family.word(),
        summary: row.summary.to_owned(),
        version: row.version.to_owned(),
        options: row.options.to_vec(),
    });
    native.chain(LEFT_OUT.iter().map(|(name, _)| left_out(name))).chain(driver::catalogue()).collect()
}

/// The entry of a crate that this build leaves out.
fn left_out(name: &str) -> Entry {
    Entry {
        address: name.to_owned(),
        family: Family::Crate.word(),
        summary: "a crate that this build leaves out".to_owned(),
        version: String::new(),
        options: Vec::new(),
    }
}

/// What builds and runs the program with every crate.
const ALL: &str = "cargo run --release --features all-executors --";

/// The row that `address` names, if it knows all the options.
fn row(address: &Address) -> Result<&'static Row, RegistryError> {
    let Some(row) = ROWS.iter().find(|row| row.name == address.body()) else {
        return Err(absent(address));
    };
    for key in address.options().keys() {
        if !row.options.iter().any(|(known, _)| *known == key) {
            let known: Vec<_> = row.options.iter().map(|(known, _)| format!("`{known}`")).collect();
            let reason = if known.is_empty() {
                format!("`{}` has no options", row.name)
            } else {
                format!("`{}` knows {}", row.name, known.join(", "))
            };
            return Err(RegistryError::BadOption { address: address.to_string(), key: key.to_owned(), reason });
        }
    }
    Ok(row)
}

fn absent(address: &Address) -> RegistryError {
    if let Some((name, reason)) = OUT_OF_REACH.iter().find(|(name, _)| *name == address.body()) {
        return SetupError::failed(format!("`{name}` cannot be built in: {reason}")).into();
    }
    if let Some((name, feature)) = LEFT_OUT.iter().find(|(name, _)| *name == address.body()) {
        let what = format!("`{name}` (cargo feature `{feature}`)");
        return SetupError::LeftOut { what, command: ALL.to_owned() }.into();
    }
    let known = ROWS.iter().map(|row| row.name).chain(LEFT_OUT.iter().map(|(name, _)| *name));
    let schemes = ["python:thread", "python:process"];
    RegistryError::Unknown { address: address.to_string(), nearest: nearest(address.body(), known.chain(schemes)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(address: &str) -> String {
        let error = subject(address).expect_err(address);
        assert_eq!(contender(address).map(drop).unwrap_err(), error, "both ways in refuse alike");
        error.to_string()
    }

    #[test]
    fn every_entry_of_the_catalogue_can_be_asked_for() {
        let here = |entry: &Entry| !["python", "package", "java"].contains(&entry.family) && !entry.version.is_empty();
        let native = catalogue().into_iter().filter(here);
        for entry in native {
            let subject = match subject(&entry.address) {
                Err(RegistryError::BenchOnly { name, .. }) if name == entry.address => {
                    assert_eq!(contender(&entry.address).unwrap().address(), entry.address);
                    continue;
                }
                other => other.unwrap(),
            };
            let description = subject.describe().unwrap();
            assert_eq!((&description.address, &description.version), (&entry.address, &entry.version));
            assert_eq!(contender(&entry.address).unwrap().address(), entry.address);
            assert!(!entry.summary.is_empty() && entry.version.contains('.'), "{entry:?}");
        }
    }

    #[test]
    fn a_crate_that_was_left_out_is_in_the_catalogue_with_the_command_that_brings_it_in() {
        let entries = catalogue();
        for (name, feature) in LEFT_OUT {
            assert!(entries.iter().any(|entry| entry.address == *name), "{name}");
            let refusal = refusal(name);
            assert!(refusal.contains("--features all-executors") && refusal.contains(feature), "{refusal}");
        }
    }

    #[test]
    fn a_crate_that_cannot_be_built_in_is_answered_with_the_reason() {
        for (name, reason) in OUT_OF_REACH {
            assert!(refusal(name).contains(reason), "{name}");
        }
    }

    #[test]
    fn the_description_keeps_the_address_as_written() {
        let subject = subject("thread?queue=8").unwrap();
        assert_eq!(subject.describe().unwrap().address, "thread?queue=8");
    }

    #[test]
    fn an_unknown_name_is_answered_with_its_neighbours() {
        assert_eq!(refusal("thred"), "unknown subject `thred`: did you mean `thread`?");
        assert!(refusal("quite-another-thing").contains("`poolproof subjects` lists"));
    }

    #[test]
    fn unknown_options_and_values_are_named() {
        assert_eq!(
            refusal("thread?size=3"),
            "bad option `size` in address `thread?size=3`: `thread` knows `queue`, `full`"
        );
        assert!(refusal("thread?queue=many").contains("`many` is not a whole number of at least 1"));
        assert!(refusal("serial?queue=1").contains("`serial` has no options"));
        assert!(refusal("thread?queue").contains("key=value"));
    }
}
