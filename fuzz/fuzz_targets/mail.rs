//! Any bytes as a mail: see property.rs; and reading alone keeps within its memory.
#![no_main]

#[path = "../property.rs"]
#[allow(dead_code, reason = "each target uses its own part")]
mod property;

use libfuzzer_sys::fuzz_target;
use library_swap::import::read_mail;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fuzz_target!(|bytes: &[u8]| {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    drop(read_mail(bytes, Some("mx.example")));
    assert!(MEMORY.peak_usage() - before <= property::most_memory(bytes.len()));
    property::mail(bytes);
});
