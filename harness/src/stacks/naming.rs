//! From return addresses in another process to names.
//!
//! Where the other process runs this same program, or has a library loaded that this one has too,
//! an address is found again here and named with the symbols of this process.

use std::fs;

/// How many frames are told.
const TOLD: usize = 30;

/// One piece of a file in the memory of a process.
struct Piece {
    start: u64,
    end: u64,
    offset: u64,
    file: String,
}

/// What names the addresses of one process.
pub(super) struct Names {
    theirs: Vec<Piece>,
    ours: Vec<Piece>,
}

impl Names {
    /// For the addresses of `pid`.
    pub(super) fn of(pid: u32) -> Self {
        Self { theirs: pieces(&format!("/proc/{pid}/maps")), ours: pieces("/proc/self/maps") }
    }

    /// The frames of a stack, innermost first, without those of the question itself.
    pub(super) fn frames(&self, addresses: &[u64]) -> Vec<String> {
        let mut frames: Vec<String> = addresses.iter().flat_map(|&address| self.name(address)).collect();
        // The handler, and the frame that the system puts under it.
        if let Some(own) = frames.iter().position(|frame| is_of(frame, "leave_stack")) {
            frames.drain(..=own);
            if !frames.is_empty() {
                frames.remove(0);
            }
        }
        frames.truncate(TOLD);
        frames
    }

    /// What stands at an address: more than one function where one was built into another.
    fn name(&self, address: u64) -> Vec<String> {
        let Some(piece) = self.theirs.iter().find(|piece| (piece.start..piece.end).contains(&address)) else {
            return vec![format!("{address:#x}")];
        };
        let place = address - piece.start + piece.offset;
        let file = piece.file.rsplit('/').next().unwrap_or_default();
        let same = |ours: &&Piece| {
            ours.file == piece.file && (ours.offset..ours.offset + (ours.end - ours.start)).contains(&place)
        };
        let mut names = Vec::new();
        if let Some(ours) = self.ours.iter().find(same) {
            let here = ours.start + place - ours.offset;
            backtrace::resolve(here as *mut _, |symbol| {
                let Some(name) = symbol.name() else { return };
                let name = format!("{name:#}");
                names.push(match (symbol.filename(), symbol.lineno()) {
                    (Some(path), Some(line)) => format!("{name} at {}:{line}", short(&path.to_string_lossy())),
                    _ => format!("{name} ({file})"),
                });
            });
        }
        if names.is_empty() {
            names.push(format!("{file}+{place:#x}"));
        }
        names
    }
}

/// Whether this frame is one of `function`. In optimised code a function into which others were built has a name
/// without its modules.
fn is_of(frame: &str, function: &str) -> bool {
    let name = frame.split(' ').next().unwrap_or_default();
    name.strip_suffix(function).is_some_and(|modules| modules.is_empty() || modules.ends_with("::"))
}

/// The end of a path: enough to find the file.
fn short(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    parts[parts.len().saturating_sub(3)..].join("/")
}

fn pieces(maps: &str) -> Vec<Piece> {
    let maps = fs::read_to_string(maps).unwrap_or_default();
    maps.lines().filter_map(piece).collect()
}

/// One line: `start-end permissions offset device inode path`.
fn piece(line: &str) -> Option<Piece> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let offset = words.nth(1)?;
    let file = words.nth(2)?.to_owned();
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some(Piece { start: number(start)?, end: number(end)?, offset: number(offset)?, file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_known_with_its_modules_and_without() {
        for frame in
            ["poolproof_harness::stacks::leave_stack at src/stacks.rs:70", "leave_stack (program)", "leave_stack"]
        {
            assert!(is_of(frame, "leave_stack"), "{frame}");
        }
        for frame in ["leave_stacks at src/stacks.rs:1", "never_leave_stack at a.rs:1", "main at leave_stack", ""] {
            assert!(!is_of(frame, "leave_stack"), "{frame}");
        }
    }

    #[test]
    fn an_address_of_this_process_has_the_name_of_its_function() {
        let here = an_address_of_this_process_has_the_name_of_its_function as fn() as usize as u64;
        let frames = Names::of(std::process::id()).frames(&[here + 1, 1]);
        assert!(frames[0].contains("an_address_of_this_process"), "{frames:?}");
        assert_eq!(frames.last().map(String::as_str), Some("0x1"));
    }
}
