//! Privacy on each database: access needs and who reads them, what is known of people, how long, and what stays.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skips"
)]

#[macro_use]
mod loud;

#[path = "privacy/commands.rs"]
mod commands;
#[path = "privacy/needs.rs"]
mod needs;
#[path = "privacy/persons.rs"]
mod persons;
mod programme;
mod support;
#[path = "api/world.rs"]
#[allow(dead_code, reason = "the API's tests use the rest")]
mod world;
