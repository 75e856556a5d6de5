//! The vocabulary and the rules of the exchange: values that cannot be invalid, states and their transitions,
//! and who may do what. Never does I/O, never reads a clock, never draws a random number.

pub mod alternative;
pub mod application;
pub mod cover;
pub mod deadlines;
pub mod email;
pub mod employment;
pub mod fault;
pub mod history;
pub mod ids;
pub mod json;
pub mod letter;
pub mod link;
pub mod lock;
pub mod notice;
pub mod offer;
pub mod opening;
pub mod organisation;
pub mod party;
pub mod pattern;
pub mod permissions;
pub mod place;
pub mod placement;
pub mod refusal;
pub mod release;
pub mod round;
pub mod run;
pub mod schedule;
pub mod sector;
pub mod states;
pub mod steps;
pub mod tag;
pub mod text;
pub mod token;
pub mod vouching;
pub mod weekday;
