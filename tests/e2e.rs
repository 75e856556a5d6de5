//! Whole programmes as people live them: through HTTP and mail alone, on both databases. Secrets come from delivered mails.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

#[path = "e2e/drop_out.rs"]
mod drop_out;
mod programme;
#[path = "e2e/round_trip.rs"]
mod round_trip;
mod support;
