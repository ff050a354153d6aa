//! What is read from others is fuzzed, on bytes and on structure: no panic, no unbounded memory.

use super::listen::Inbox;
use super::protocol::Secret;
use super::watched::Watched;
use poolproof_harness::record::{Record, read_lines};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A file of records with this content.
///
/// # Panics
///
/// If there is more than was written, or what was read is not what is written again.
pub fn records_are_read(content: &[u8]) {
    let reading = read_lines(Path::new("fuzzed.jsonl"), content).expect("memory can be read");
    let count = content.split(|&byte| byte == b'\n').count();
    assert!(reading.records.len() + reading.damage.len() <= count);
    for record in reading.records {
        let again = serde_json::to_string(&record).expect("it is text");
        let again: Record = serde_json::from_str(&again).expect("it is a record");
        assert_eq!(again, record);
    }
}

/// What a warden makes of `sent` by a child with that secret.
fn watched(secret: &Secret, sent: &[u8]) -> Watched {
    let (mut child, warden) = UnixStream::pair().expect("sockets can be made");
    child.set_nonblocking(true).expect("it is a socket");
    let (output, _open) = std::io::pipe().expect("a pipe can be made");
    let mut watched = Watched::default();
    let mut inbox = Inbox::new(&warden, &output, secret);
    for piece in sent.chunks(8 * 1024) {
        // A warden that heard enough reads no more.
        if child.write_all(piece).is_ok() {
            inbox.take_reports(&mut watched, 4);
        }
    }
    drop(child);
    inbox.take_reports(&mut watched, 64);
    watched
}

/// A child that sends these bytes to its warden, and is gone.
///
/// # Panics
///
/// If it is believed without the secret, or more is kept of it than is needed.
pub fn a_child_sends(sent: &[u8]) {
    // Everybody knows a secret that is empty.
    let heard = watched(&Secret::default(), sent);
    let _ = (heard.waiting(), heard.pending_call());
    assert!(heard.history.len() <= 60);
    let secret = Secret::new().expect("the system has random bytes");
    let heard = watched(&secret, sent);
    let believed = (heard.verdict, heard.ended, heard.events, heard.findings.len());
    assert_eq!(believed, (None, None, 0, 0));
}

#[cfg(test)]
mod tests {
    use super::super::protocol::{LONGEST_REPORT, Report};
    use super::*;
    use poolproof_harness::{Actor, Event, Moment, Verdict};
    use proptest::prelude::*;

    /// Bytes that look more or less like lines of JSON.
    fn lines() -> impl Strategy<Value = Vec<u8>> {
        let word = prop_oneof![
            Just(b"{".to_vec()),
            Just(b"}".to_vec()),
            Just(b"[[[[[[[[".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\"kind\":\"verdict\",".to_vec()),
            Just(b"\"schema\":1,".to_vec()),
            Just(b"\"event\":".to_vec()),
            Just(b"{\"end\":true}\n".to_vec()),
            Just(b"{\"verdict\":[\"conforms\",null]}\n".to_vec()),
            Just(b"1e999,".to_vec()),
            prop::collection::vec(any::<u8>(), 0..40),
        ];
        prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
    }

    fn reports() -> impl Strategy<Value = Report> {
        let actor = prop_oneof![Just(Actor::Check), any::<u32>().prop_map(Actor::Task)];
        let moment = prop_oneof![
            ".*".prop_map(Moment::Called),
            ".*".prop_map(Moment::Returned),
            any::<u32>().prop_map(Moment::Arrived),
            any::<u32>().prop_map(Moment::Passed),
            Just(Moment::Started),
        ];
        let event = (any::<u64>(), actor, moment, any::<u32>(), any::<u64>())
            .prop_map(|(at_ns, actor, moment, pid, tid)| Event { at_ns, actor, moment, pid, tid });
        prop_oneof![
            event.prop_map(Report::Event),
            ".*".prop_map(Report::SetupFailed),
            proptest::option::of(".*").prop_map(|message| Report::Verdict(Verdict::Violates, message)),
            any::<bool>().prop_map(Report::End),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_records_or_damage(bytes in lines()) {
            records_are_read(&bytes);
        }

        #[test]
        fn any_bytes_are_reports_or_a_death(bytes in lines()) {
            a_child_sends(&bytes);
        }

        #[test]
        fn nothing_is_believed_of_who_does_not_know_the_secret(bytes in lines()) {
            let secret = Secret::new().expect("the system has random bytes");
            let watched = watched(&secret, &bytes);
            prop_assert_eq!(watched.death.is_some(), bytes.contains(&b'\n'));
            let believed = (watched.verdict, watched.ended, watched.events, watched.findings.len());
            prop_assert_eq!(believed, (None, None, 0, 0));
        }

        #[test]
        fn reports_arrive_as_they_were_sent(reports in prop::collection::vec(reports(), 0..80)) {
            let secret = Secret::new().expect("the system has random bytes");
            let sent: Vec<_> = reports.iter().flat_map(|report| secret.seal(report).expect("it is text")).collect();
            let watched = watched(&secret, &sent);
            prop_assert_eq!(watched.death, None);
            prop_assert_eq!(watched.events, reports.iter().filter(|report| matches!(report, Report::Event(_))).count() as u64);
            prop_assert!(watched.history.len() <= 60);
        }
    }

    #[test]
    fn a_report_without_end_is_cut_off() {
        let watched = watched(&Secret::default(), &vec![b'x'; 3 * LONGEST_REPORT]);
        assert!(watched.death.is_some_and(|death| death.contains("more than")));
    }
}
