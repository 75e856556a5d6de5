//! Any bytes as a profile of columns: see property.rs.
#![no_main]

#[path = "../property.rs"]
#[allow(dead_code, reason = "each target uses its own part")]
mod property;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| property::profile(bytes));
