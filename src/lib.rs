//! library-swap lets staff of public, academic, school and specialist libraries work one day in a library of
//! another sector. The layers and the way of the data are told in `src/ARCHITECTURE.md`.

pub mod calendar;
pub mod cli;
pub mod domain;
pub mod export;
pub mod files;
pub mod http;
pub mod import;
pub mod mail;
pub mod matching;
pub mod services;
pub mod store;
pub mod verify;
pub mod words;
pub mod worker;
