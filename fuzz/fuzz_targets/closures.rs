//! Any bytes as a calendar file of closures: see property.rs; and reading alone keeps within its memory.
#![no_main]

#[path = "../property.rs"]
#[allow(dead_code, reason = "each target uses its own part")]
mod property;

use libfuzzer_sys::fuzz_target;
use library_swap::import::closures_ics::read_closures;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fuzz_target!(|bytes: &[u8]| {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    drop(read_closures(bytes, chrono_tz::Europe::London, &property::dates()));
    assert!(MEMORY.peak_usage() - before <= property::most_memory(bytes.len()));
    property::closures(bytes);
});
