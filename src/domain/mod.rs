//! The vocabulary and the rules of the exchange: values that cannot be invalid, states and their transitions,
//! and who may do what. Never does I/O, never reads a clock, never draws a random number.

pub mod fault;
pub mod json;
