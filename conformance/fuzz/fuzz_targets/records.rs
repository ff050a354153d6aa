//! What is read from the files of a run.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poolproof_conformance::fuzz::records_are_read;

fuzz_target!(|content: &[u8]| {
    records_are_read(content);
});
