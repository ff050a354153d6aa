//! The `poolproof` command.

fn main() {}
