//! What an executor and its worker read from each other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poolproof_executors::process::fuzz::a_peer_sends;

fuzz_target!(|content: &[u8]| {
    a_peer_sends(content);
});
