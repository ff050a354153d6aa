//! What a warden reads from the child of a check.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poolproof_conformance::fuzz::a_child_sends;

fuzz_target!(|sent: &[u8]| {
    a_child_sends(sent);
});
