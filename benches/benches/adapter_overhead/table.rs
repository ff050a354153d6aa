//! The table of what the adapters cost, and the page that it stands on.

use crate::measure::{Cost, LAUNCHES, ROUNDS, Row};
use poolproof_executors::registry::catalogue;
use std::fs;

/// What stands above the table.
const HEAD: &str = "\
# What the adapters cost

`submit` and `result` of an empty task on one worker, through each adapter and through the crate's own interface by hand.
An adapter is to add at most 5 % of the crate's own time, or 20 ns where that is more. This command measures them all,
prints each line, and writes this page:

```sh
benches/over-builds --markdown docs/ADAPTER-OVERHEAD.md
```

`benches/over-builds NAME...` measures only these. `cargo bench -p poolproof-benches --features all-executors --bench
adapter_overhead` does the same with one build, which takes some minutes less. Three ways of doing the same:

* *apart*: many tasks are submitted while the worker stands at a gate; it runs them all; then their results are read. Nobody
  waits for anybody, so this is what the calls themselves cost, with the least noise. (`procspawn` has no worker in this process
  to stand at a gate.)
* *one by one*: each result is read before the next submit. Most of it is waking a thread, twice for each task.
* *together*: many tasks are submitted while the worker runs them, then their results are read. Who is a little slower than the
  other here falls asleep or contends for a lock more or less often, which costs microseconds: the figure is what a program
  sees that does just this, and no measure of the calls.

## What is compared

*By hand* is the loop that a careful user of the crate writes (`benches/benches/adapter_overhead/`): it submits with the
crate's own call, which stands in the loop itself, keeps what that returns, and waits for it as the crate means it to be waited for, by `block_on` of its
handle; where the crate has no handle, the job sends its result through a channel of the standard library with room for
one. *The adapter* is the trait `Executor` as the sweeps use it, compiled for this adapter, with no dynamic call. Both run
the same task, check the same answers, have memory for their handles before the clock starts, and let them go after
it has stopped.

What an adapter adds is what the crate's handle does not have: submits are refused after `shutdown`, which waits for
what is in flight; a future says whether its task is running; several threads may wait for it, with a time limit, and
more than once; a task's error and its panic are outcomes. Where the crate has no handle, the harness's own future stands
against the channel. Who waits for it sleeps at once, as on the channel: only the executors that are part of this project look
about for a moment before they sleep, and only who waits for them does so too. (Yielding first, threadpool took 10.5 us instead of
5.0 one by one: its worker was asleep at each submit, and woken under a lock for which it had to wait. rayon took 1.8 us, where it
takes 5 to 11 by hand.)

Where it goes in the mode *apart*, as a clock read between the phases of a round and the samples of a profiler said once of `bevy_tasks`,
when every result was asked for by `result`: of 14 ns, 2 are the submitter's (counted in, numbered), 3 the worker's (noted as started and
ended, counted out), and 9 the reader's, of which 6 are the one atomic operation that takes the lock of a future for which several
threads may wait. Who has the future alone asks by `result_alone`, as here, and is spared that one. What used to come on top were
copies: of a future, of a task, of an outcome, each read in pieces of sixteen bytes that had been written as two of eight a moment
before, which takes the processor 3 to 4 ns each time. So `submit` makes the future in the place where the caller wants it, a task
comes first in what carries it, and a failure is in a box until somebody asks for it.

A handle of `switchyard` must not be moved once it was polled. By hand it is used up by waiting; through the adapter it stays where it is
for who has the future alone and waits for the end, and is put in a box for everybody else. It is woken under the lock that a poll of it
takes, so that the worker itself tells several who wait, or `wait`, that the task has ended, before it completes the handle.

*Together*, the size of a task counts for `switchyard`. Its `spawn` has room for what it is given twice in one allocation, and
the 16 bytes that the adapter had added (the task's number, and where it is counted) made that 152 bytes instead of 120.
glibc frees up to 120 without a lock; beyond, the worker that frees meets the submitter that allocates, and that took +150 ns
[+139, +160], and nothing with the limit moved by `GLIBC_TUNABLES=glibc.malloc.mxfast=160`. Now both are one word, and the
task is no `async` block, whose state would be another.

## Where the memory is

What was allocated before may decide more than an adapter does, and had been taken for a cost of those of tokio, `tokio-blocking` and
affinitypool. So this is the same by hand and through the adapter:

* The memory for the handles is a block of 128 bytes for each task, whatever a handle takes. With blocks that just held them (and
  the allocator's thresholds fixed), tokio by hand took 16 ns [13, 20] more *apart* and 17 ns [12, 21] *together* when 8 bytes were kept
  beside each handle of 8, and 15 ns [12, 18] and 22 ns [20, 32] when 48 were: a matter of the block, not of what is in it.
  Nearly all of it was in `submit`, in the allocator. With blocks of one size, 8 bytes more took 8 ns [5, 10] and 0 ns [-3, +3], where
  the very same handles, measured as an adapter is, showed 7 ns [3, 12] and 2 ns [0, 4]. tokio's adapter had added 17 and
  15 ns, that of `tokio-blocking` 23 and -15.
* A pool is opened in a thread of its own, which allocates where nobody has allocated before, as the place of a pool in the lines of the cache
  is part of what it costs. affinitypool's queue begins with the count of who shares it, which each submit changes, and goes on with what its
  worker reads at each search. Where the count stood in the last 16 bytes of a line, a task took 158 to 167 ns *together*; where
  it shared its line with the rest, 195 to 222, by hand as through the adapter. The first was what the crate found by hand, the
  second what it found through the adapter, or by hand under a shorter name: +42 ns [+37, +46], of which 5 [3, 7] stayed when both
  were opened in a thread of their own, in one build.
* The address of an adapter is as long as that of its crate by hand here: it is the first that is allocated, and its length had moved that queue.
* `blocking` has one pool for the process, which no executor limits. It may start one thread, as all pools here; with the 500 that it may
  start otherwise, a task took 7554 ns *apart*, give or take 5 %. *Together*, its worker and the submitter meet at one lock for each
  task, and each submit calls the system: seven runs of one day, most of one build, said that the adapter adds 6 to 34 ns.

## Why several builds

The compiler divides a crate into units, by what stands in it, and what is called from one place of its unit becomes part of that
place. So a line more anywhere decides whether `poll` of a crate's handle is a call of its own, which copies its answer, or part
of the loop that calls it. Of one source, built with 1, 2, 5, 12, 16, 23, 40 and 100 units, tokio's adapter added 35, 21, 28, 36,
19, 25, 25 and 24 ns *apart* (8 launches of 10 rounds each, before the memory was the same for both), as much as the limit from one to the other: the variance between the
builds was 8 times what launches alone would make, for tokio-blocking 7, async-executor 9 and switchyard 9 times. The order of the
functions in the program is not it: between eight programs of one build whose linker had shuffled them, that was 1.3 times for
tokio, and 0.6 to 1.3 times for four others.

`benches/over-builds` therefore makes builds that differ in the number of units alone, the launches take turns with them, and
each build is one sample: the interval says what the next build would show. Two launches of one build differ as well, by a standard
deviation of 1 to 7 ns, which more rounds of one launch do not make smaller: so there are many launches of few rounds.

What the samples of a profiler said of the build in which tokio's adapters cost most could be taken out. tokio's `poll` answers with
a word that says whether it is ready, and then with what the task gave: two stores, of which each function that passes the answer on
reads the seam at once, and waits. What the task gives in the adapters of tokio now has room for that word
(`executors/src/adapters/roomy.rs`), and the answer is looked at where it was put. The lock of a future is a whole word: the seven
bytes beside one of a single byte were copied with it, in two pieces that overlap. And a value is not handed on with the room of a
failure, which was copied as well.

## The columns

* *by hand*: nanoseconds for each task with the crate alone, the median of all rounds.
* *the adapter adds*: from the ratio of the two in the same round, with the 95 % interval of that ratio over the builds (of one build:
  over its launches).
* *floor*: how far the crate by hand, started twice, differs from itself in the same rounds. Nothing smaller can be seen.
* *holds* and *missed*: the whole interval is within, or beyond, what is allowed; *unclear*: the limit lies in the interval.

`chili` is fork and join and has no `submit`. `rayon-par-iter` submits as `rayon` does: what is its own is `map`.
";

/// One line for the terminal.
pub(crate) fn line(row: &Row) -> String {
    let costs = [row.apart.as_ref(), Some(&row.together), Some(&row.one_by_one)].map(|cost| match cost {
        Some(Ok(cost)) => {
            format!("{} {} allowed {} floor {}: {}", by_hand(cost), added(cost), allowed(cost), floor(cost), word(cost))
        }
        Some(Err(reason)) => reason.clone(),
        None => "–".to_owned(),
    });
    format!("{:24} | {}", row.name, costs.join(" | "))
}

/// The whole page.
pub(crate) fn document(rows: &[Row], builds: usize) -> String {
    let of = match builds {
        1 => "one build: another one may show something else".to_owned(),
        builds => format!("{builds} builds"),
    };
    let mut page = format!(
        "{HEAD}\nMeasured in {LAUNCHES} launches of {ROUNDS} rounds each, of {of}, on {}; load at the end: {}.\n",
        machine(),
        load()
    );
    for (title, cost) in [
        ("Apart", (|row| row.apart.as_ref()) as fn(&Row) -> Option<&Result<Cost, String>>),
        ("One by one", |row| Some(&row.one_by_one)),
        ("Together", |row| Some(&row.together)),
    ] {
        page.push_str(&format!("\n## {title}\n\n"));
        page.push_str("| adapter | version | by hand | the adapter adds | allowed | floor | |\n");
        page.push_str("| --- | --- | ---: | ---: | ---: | ---: | --- |\n");
        for row in rows {
            let Some(cost) = cost(row) else { continue };
            let cells = match cost {
                Ok(cost) => [by_hand(cost), added(cost), allowed(cost), floor(cost), word(cost).to_owned()].join(" | "),
                Err(reason) => format!("– | – | – | – | {}", reason.replace('|', "/")),
            };
            page.push_str(&format!("| `{}` | {} | {cells} |\n", row.name, version(row.name)));
        }
    }
    page
}

fn by_hand(cost: &Cost) -> String {
    format!("{:.0} ns", cost.by_hand_ns)
}

fn added(cost: &Cost) -> String {
    let ns = |ratio: f64| (ratio - 1.0) * cost.by_hand_ns;
    let ratio = cost.ratio.at_95;
    let share = (ratio.value() - 1.0) * 100.0;
    format!("{:+.0} ns [{:+.0}, {:+.0}], {share:+.1} %", ns(ratio.value()), ns(ratio.low()), ns(ratio.high()))
}

fn allowed(cost: &Cost) -> String {
    format!("{:.0} ns", cost.allowed() * cost.by_hand_ns)
}

fn floor(cost: &Cost) -> String {
    format!("{:.1} %", cost.floor * 100.0)
}

fn word(cost: &Cost) -> &'static str {
    let most = 1.0 + cost.allowed();
    if cost.ratio.at_95.high() <= most {
        "holds"
    } else if cost.ratio.at_95.low() > most {
        "missed"
    } else {
        "unclear"
    }
}

/// The version of the crate that an address stands for.
fn version(address: &str) -> String {
    let name = address.split('?').next().unwrap_or(address);
    let found = catalogue().into_iter().find(|entry| entry.address == name);
    found.map(|entry| entry.version).unwrap_or_default()
}

fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{cores} cores of {}", model.unwrap_or("an unknown processor"))
}

fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}
