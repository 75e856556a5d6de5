//! The file readers, what writes tables, and what they stand on, under the name of the service's library.
#![allow(dead_code, reason = "the rest of the vocabulary is the service's")]

#[path = "../src/domain/mod.rs"]
pub mod domain;
#[path = "export.rs"]
pub mod export;
#[path = "../src/files/mod.rs"]
pub mod files;
#[path = "import.rs"]
pub mod import;
