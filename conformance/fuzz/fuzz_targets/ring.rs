//! What an executor or its worker finds in the memory that they share.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poolproof_executors::process::fuzz::a_peer_counts;

fuzz_target!(|found: (Vec<u64>, Vec<u8>)| {
    a_peer_counts(&found.0, &found.1);
});
