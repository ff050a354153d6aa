//! Which formats a command can write.

use super::Failure;
use crate::cli::Format;
use clap::ValueEnum;

/// Refuses a format in which `command` has nothing to say.
pub(super) fn require(command: &str, format: Format, known: &[Format]) -> Result<(), Failure> {
    if known.contains(&format) {
        return Ok(());
    }
    let name =
        |format: &Format| format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
    let names: Vec<_> = known.iter().map(name).collect();
    Err(Failure::usage(format!("`{command}` cannot be written as {}: use {}", name(&format), names.join(", "))))
}
