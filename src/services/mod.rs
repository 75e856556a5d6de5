//! Use cases: **one public function is one permission check and one transaction**. Each decides, saves, writes its
//! audit entry and enqueues its notices through the same transaction.
//!
//! Never knows diesel, actix or lettre; never sends; reads the clock and draws ids before the transaction begins,
//! because a write closure may be repeated.

pub mod alternatives;
mod answer_time;
pub mod app;
pub mod applications;
pub mod attendance;
pub mod audit;
pub mod calendars;
pub mod changes;
pub mod clock;
pub mod comparison;
pub mod day;
pub mod deadlines;
pub mod deliveries;
mod discretion;
pub mod edits;
pub mod employers;
pub mod error;
mod event_place;
pub mod explanations;
pub mod feedback;
pub mod feeds;
pub mod grants;
pub mod held_mails;
mod host_changes;
pub mod ideas;
pub mod idempotency;
pub mod imports;
pub mod inbound;
mod judge;
mod letters;
pub mod libraries;
pub mod links;
mod load;
pub mod locks;
mod mandates;
pub mod mending;
pub mod notices;
pub mod offers;
pub mod opening;
pub mod opt_outs;
pub mod outbox;
pub mod outlook;
pub mod packs;
pub mod page;
pub mod placements;
pub mod preview;
pub mod proofs;
pub mod publication;
pub mod refills;
mod rehearsal;
pub mod releases;
pub mod repairs;
pub mod round_dates;
pub mod round_file;
pub mod round_transfer;
pub mod rounds;
pub mod runs;
pub mod schedule;
pub mod sessions;
pub mod sign_in;
pub mod sign_up;
pub mod snapshot;
pub mod solving;
pub mod successors;
pub mod swaps;
pub mod tasks;
pub mod tokens;
pub mod traces;
pub mod withdrawal;

pub use app::{App, Settings};
pub use error::AppError;
