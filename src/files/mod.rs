//! Round, schedule and audit files, version 1, and the audit trail: reading with all faults at once, canonical writing, hash.
//! The file of a whole installation.
//!
//! The formats are public and versioned; `docs/files.md` describes them. Reading is strict: an unknown field, a
//! repeated key or an impossible date is a fault, and all faults of a file are reported together.

pub mod audit;
pub mod canonical;
pub mod installation;
mod read;
pub mod round;
pub mod rules;
pub mod schedule;
pub mod trail;

pub use audit::AuditFile;
pub use round::Round;
pub use rules::Rules;
pub use schedule::Schedule;
