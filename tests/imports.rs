//! Lists taken over into real databases: idempotent, whole or not at all, and every damaged one refused for what it is.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests say what they need, and when they are skipped"
)]

#[macro_use]
mod loud;
mod support;

mod imports {
    pub mod damaged;
    pub mod dated;
    pub mod offers;
    pub mod staff;
    pub mod taken;
    pub mod world;
}
