//! Whatever a driver sends: nothing panics, nobody waits for ever, and memory stays bounded.

use super::answers::{Answers, Over};
use super::lines::Lines;
use std::io::Write;
use std::os::unix::net::UnixStream;

/// Three callers wait for answers 0, 1 and 2 while `sent` arrives, and then the driver is gone. What
/// each of them got, and what the driver did wrong.
fn answered(sent: &[u8]) -> (Vec<Option<bool>>, Option<String>) {
    let answers = Answers::new("under test".to_owned());
    let waiting: Vec<_> = (0..3).map(|id| answers.expect(id).expect("the driver is there")).collect();
    let (ours, theirs) = UnixStream::pair().expect("the machine has sockets");
    let wrong = std::thread::scope(|scope| {
        // It may be hung up on before everything is sent.
        scope.spawn(move || (&theirs).write_all(sent));
        let wrong = answers.read(&ours);
        drop(ours);
        wrong
    });
    answers.end(Over::Broke(wrong.clone().unwrap_or_default()));
    // A caller who is still waited for would hang here.
    let got = waiting.into_iter().map(|answer| answer.recv().ok().map(|answer| answer.is_ok())).collect();
    (got, wrong)
}

/// A driver that sends these bytes, and is gone.
///
/// # Panics
///
/// If a caller is stranded, or what is said of the driver would not stay on its line.
pub fn a_driver_sends(sent: &[u8]) {
    let (got, wrong) = answered(sent);
    assert_eq!(got.len(), 3);
    assert!(wrong.is_none_or(|wrong| !wrong.chars().any(char::is_control)));
}

/// The lines of what was sent, of at most `longest` bytes each.
///
/// # Panics
///
/// If one is longer, or there is more than was sent.
pub fn lines_are_bounded(sent: &[u8], longest: usize) {
    let mut lines = Lines::new(sent, longest);
    let mut seen = 0;
    while let Ok(Some(line)) = lines.next() {
        assert!(line.len() < longest && !line.contains(&b'\n'));
        seen += line.len() + 1;
        assert!(seen <= sent.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
            Just(json!("timed_out")),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-z_]{1,8}", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// Lines that look like answers: each key may be there, with any value.
    fn any_answer() -> impl Strategy<Value = Value> {
        let id = prop_oneof![3 => (0..4_u64).prop_map(Value::from), 1 => any_json()];
        let key = || prop::option::of(any_json());
        (prop::option::weighted(0.9, id), key(), key()).prop_map(|(id, ok, fault)| {
            let parts = [("id", id), ("ok", ok), ("fault", fault)];
            let parts = parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
            Value::Object(parts.collect())
        })
    }

    proptest! {
        #[test]
        fn no_bytes_of_a_driver_strand_a_caller(sent in prop::collection::vec(any::<u8>(), 0..2_000)) {
            a_driver_sends(&sent);
        }

        #[test]
        fn what_looks_like_an_answer_is_one_or_is_named(lines in prop::collection::vec(any_answer(), 0..6)) {
            let sent: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let (got, wrong) = answered(sent.as_bytes());
            let served = got.iter().flatten().count();
            // Every line is an answer to somebody, or the first that is none ends the conversation.
            prop_assert!(served == lines.len() || wrong.is_some(), "{served} of {lines:?}");
            prop_assert!(wrong.is_none_or(|wrong| !wrong.contains('\n')));
        }

        #[test]
        fn no_line_is_longer_than_allowed(sent in prop::collection::vec(prop_oneof![3 => any::<u8>(), 1 => Just(b'\n')], 0..400), longest in 1..40_usize) {
            lines_are_bounded(&sent, longest);
        }
    }
}
