//! What the service says, in each language: dates, times, plural forms, names of sectors, sentences, calendar events.
//!
//! The one place of each sentence that is told in more than one place (a mail, a page, the API, a calendar); the mails
//! around them are templates (`mail/templates`). Pure functions of a language and a fact. A language is a variant of
//! `domain::language::Language`: the compiler then asks for everything that is missing here.

mod certificate;
mod dates;
mod events;
mod impact;
mod names;
mod plural;
mod told;

pub use certificate::{Facts as CertificateFacts, certificate};
pub use dates::{date, on_date, times};
pub use events::{Event, EventWords, event, feed_name};
pub use impact::{Facts as ImpactFacts, impact};
pub use names::{role, sector, yes};
pub use plural::{Plural, choose_plural};
pub use told::{in_english, told};
