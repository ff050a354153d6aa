//! `completions` and `man`: the command line for shells and for readers.

use super::Failure;
use crate::console;
use crate::run::Exit;
use clap::Command;
use std::path::PathBuf;

/// Options of `completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  poolproof completions bash > ~/.local/share/bash-completion/completions/poolproof
  poolproof completions zsh > ~/.zfunc/_poolproof
  poolproof completions fish > ~/.config/fish/completions/poolproof.fish")]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  poolproof man | man -l -
  poolproof man --out ~/.local/share/man/man1")]
pub struct Man {
    /// Write a page for each command into this directory, instead of the first to standard output.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs `completions`.
///
/// # Errors
///
/// [`Failure`] if standard output cannot be written.
pub fn completions(options: &Completions, mut command: Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "poolproof", &mut script);
    console::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Conforms)
}

/// Runs `man`.
///
/// # Errors
///
/// [`Failure`] if the pages cannot be written.
pub fn man(options: &Man, command: Command) -> Result<Exit, Failure> {
    match &options.out {
        Some(directory) => {
            let wrong = |error: std::io::Error| {
                Failure::usage(format!("{}: the pages cannot be written: {error}", directory.display()))
            };
            std::fs::create_dir_all(directory).map_err(wrong)?;
            clap_mangen::generate_to(command, directory).map_err(wrong)?;
        }
        None => {
            let mut page = Vec::new();
            let wrong = |error: std::io::Error| Failure::usage(format!("the page cannot be written: {error}"));
            clap_mangen::Man::new(command).render(&mut page).map_err(wrong)?;
            console::print(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(Exit::Conforms)
}
