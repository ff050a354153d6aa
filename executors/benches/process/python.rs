//! The pools of CPython: each in an interpreter of its own, which measures itself when it is told to.

use poolproof_executors::driver::interpreter;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The version that the bars are about.
const PYTHON: &str = "python3.13";

/// One interpreter with one pool.
pub(crate) struct Python {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Python {
    /// Starts a pool, `executor` or `pool`; `None` with a line on standard error if that interpreter is not installed.
    pub(crate) fn start(kind: &str, workers: usize) -> Option<Self> {
        let python = interpreter(Some(PYTHON)).map_err(|error| eprintln!("  {error}")).ok()?;
        let mut child = Command::new(python.path)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/process/pools.py"))
            .args([kind, &workers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter has just answered");
        let (orders, answers) = (child.stdin.take(), BufReader::new(child.stdout.take().expect("it is piped")));
        Some(Self { child, orders, answers })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn ask(&mut self, order: &str) -> Vec<u64> {
        let orders = self.orders.as_mut().expect("it is open");
        writeln!(orders, "{order}").and_then(|()| orders.flush()).expect("the interpreter listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the interpreter answers");
        line.split_whitespace().map(|number| number.parse().expect("a number of nanoseconds")).collect()
    }

    /// Round trips of a task with so many bytes.
    pub(crate) fn trips(&mut self, bytes: usize, count: usize) -> Vec<u64> {
        self.ask(&format!("trips {bytes} {count}"))
    }

    /// A map of so many items; nanoseconds.
    pub(crate) fn map(&mut self, chunk: usize, items: u64) -> u64 {
        self.ask(&format!("map {chunk} {items}"))[0]
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.child.wait();
    }
}
