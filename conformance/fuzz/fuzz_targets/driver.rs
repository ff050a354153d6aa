//! What is read from a driver.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poolproof_executors::driver::fuzz::{a_driver_sends, lines_are_bounded};

fuzz_target!(|sent: &[u8]| {
    a_driver_sends(sent);
    lines_are_bounded(sent, 16);
});
