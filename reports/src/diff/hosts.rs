//! Whether two runs were made on machines whose figures can be compared.

use crate::run::Run;

/// The facts that decide: with another value of one of them, figures differ for no fault of an
/// executor. Load is not among them; it shows in the intervals.
const DECISIVE: [&str; 9] =
    ["cpu", "architecture", "cores", "affinity", "parallelism", "cgroup quota", "governor", "clock source", "kernel"];

/// In what the hosts of two runs differ, one phrase each; empty if they can be compared.
#[must_use]
pub fn differences(before: &Run, after: &Run) -> Vec<String> {
    let (before, after) = match (&before.record, &after.record) {
        (Some(before), Some(after)) => (&before.host, &after.host),
        (None, _) => {
            return vec!["nothing is known about the host of the baseline: its run.json is missing".to_owned()];
        }
        (_, None) => return vec!["nothing is known about the host of the run: its run.json is missing".to_owned()],
    };
    let mut found = Vec::new();
    for fact in DECISIVE {
        let of = |host: &std::collections::BTreeMap<String, String>| {
            host.get(fact).map_or_else(|| "unknown".to_owned(), Clone::clone)
        };
        let (old, new) = (of(before), of(after));
        if old != new {
            found.push(format!("{fact} was `{}` and is `{}`", crate::escape::line(&old), crate::escape::line(&new)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::invocation;

    fn run(facts: &[(&str, &str)]) -> Run {
        let mut record = invocation();
        for (fact, value) in facts {
            record.host.insert((*fact).to_owned(), (*value).to_owned());
        }
        Run { record: Some(record), ..Run::default() }
    }

    #[test]
    fn hosts_are_told_apart_by_what_matters() {
        assert!(differences(&run(&[("load", "0.1")]), &run(&[("load", "9.9")])).is_empty());
        let found = differences(&run(&[]), &run(&[("cores", "0-7"), ("governor", "powersave")]));
        assert_eq!(found, ["cores was `0-1` and is `0-7`", "governor was `unknown` and is `powersave`"]);
        assert!(differences(&Run::default(), &run(&[]))[0].contains("baseline"));
    }
}
