//! The readers of mails and calendar files, which stand on nothing but the domain.

#[path = "../src/import/closures_ics.rs"]
pub mod closures_ics;
#[path = "../src/import/mail.rs"]
mod mail;
#[path = "../src/import/mail_report.rs"]
mod mail_report;
#[path = "../src/import/mail_results.rs"]
mod mail_results;

pub use mail::{MOST_MAIL_BYTES, read_mail};
